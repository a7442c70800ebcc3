import { Readable } from 'node:stream';
import { Axios, AxiosHeaders, type AxiosResponse, getAdapter, type InternalAxiosRequestConfig } from 'axios';
import type { Exchange } from './exchange.js';
import { flattenHeaders } from './headers.js';

/** Carries the exchange of a backend through axios to the adapter; interceptors need not know of it. */
export const EXCHANGE: unique symbol = Symbol('exchange');

/** The gateway's own axios instance: `interceptors` and `defaults` as on every other. */
export type OwnAxios = InstanceType<typeof Axios>;

/** A bare axios instance whose calls go over the gateway's sockets: no default headers, no transforms. */
export function createAxios(): OwnAxios {
  return new Axios({ adapter: undiciAdapter });
}

/** True for an instance of `createAxios` whose adapter has not been replaced. */
export function isOwnAxios(axios: object): axios is OwnAxios {
  return axios instanceof Axios && axios.defaults.adapter === undiciAdapter;
}

/** True while axios would do nothing but pass a call through: no interceptor, no default, no spy. */
export function isUntouched(axios: OwnAxios): boolean {
  for (const key in axios.defaults) if (key !== 'adapter') return false;
  return (
    axios.defaults.adapter === undiciAdapter &&
    axios.request === Axios.prototype.request &&
    hasNone(axios.interceptors.request) &&
    hasNone(axios.interceptors.response)
  );
}

function hasNone(interceptors: object): boolean {
  return 'handlers' in interceptors && Array.isArray(interceptors.handlers) && interceptors.handlers.length === 0;
}

/** axios copies and normalises the headers of an answer three times unless they are of its class and say they are done. */
class NormalHeaders extends AxiosHeaders {
  override normalize(): this {
    return this;
  }
}

/** Over the gateway's sockets for the gateway's calls, over axios' own for whatever else the instance is used for. */
function undiciAdapter(
  config: InternalAxiosRequestConfig & { readonly [EXCHANGE]?: Exchange },
): Promise<AxiosResponse> {
  const exchange = config[EXCHANGE];
  if (exchange === undefined) return getAdapter('http')(config);
  const body: unknown = config.data;
  const isStream = body instanceof Readable;
  return exchange({
    method: (config.method ?? 'get').toUpperCase(),
    url: urlOf(config),
    headers: flattenHeaders(config.headers, isStream),
    body: isStream || Buffer.isBuffer(body) ? body : undefined,
    signal: config.signal as AbortSignal | undefined,
  }).then((response) => ({
    status: response.status,
    statusText: '',
    headers: new NormalHeaders(response.headers as Record<string, string | string[]>),
    data: response.body,
    config,
  }));
}

/** An interceptor may have set more than the URL. */
function urlOf(config: InternalAxiosRequestConfig): string {
  return config.baseURL || config.params ? new Axios().getUri(config) : (config.url ?? '');
}
