import { Readable } from 'node:stream';
import type { AxiosResponse } from 'axios';
import type { Held } from '../core/buffer-budget.js';
import { untilAborted } from '../core/race.js';
import { toAbortSignal } from '../core/signal.js';
import { lengthOfUpload } from '../core/upload.js';
import type { BackendRequest, Headers } from '../proxy.js';
import type { AddressKind } from './address-kind.js';
import { limitStream, readBody } from './body.js';
import type { Exchange, WireRequest } from './exchange.js';
import { abortError, cutUploadError, protocolError, redirectTargetError, sizeError, wireError } from './failure.js';
import { completeHeaders, flattenHeaders, type HeaderRules, normalizeHeaders } from './headers.js';
import { addressIn, createRedirectLookup, mayLeadTo, type RedirectLookup } from './redirect-target.js';
import type { BackendResponse, Transport } from './transport.js';
import { EXCHANGE, isOwnAxios, isUntouched, type OwnAxios } from './undici-adapter.js';
import { detach, isCutUpload, isSocketGone } from './upload.js';

export { createAxios, type OwnAxios } from './undici-adapter.js';

/** What the gateway asks of an axios instance; any axios 1.x has it. */
export interface AxiosLike {
  request(config: AxiosCall): Promise<{ readonly status: number; readonly headers: object; readonly data: unknown }>;
}

/** The configuration the gateway passes to `request`. */
export interface AxiosCall {
  readonly url: string;
  readonly method: string;
  /** `false` keeps axios from adding a header of its own. */
  readonly headers: Record<string, string | string[] | false>;
  readonly data: Readable | Buffer | undefined;
  readonly signal: AbortSignal;
  readonly responseType?: 'stream' | 'arraybuffer';
  readonly transformRequest?: ((data: unknown) => unknown)[];
  readonly transformResponse?: ((data: unknown) => unknown)[];
  readonly validateStatus?: () => boolean;
  readonly baseURL?: string;
  readonly maxRedirects?: number;
  /** Set on calls that follow a redirect to another origin: finds only addresses that it may lead to. */
  readonly lookup?: RedirectLookup;
  readonly proxy?: false;
  readonly decompress?: boolean;
  readonly maxContentLength?: number;
  readonly maxBodyLength?: number;
  readonly [EXCHANGE]?: Exchange;
}

export interface AxiosTransportSettings extends HeaderRules {
  readonly name: string;
  readonly stream: boolean;
  readonly maxBody: number;
  /** For calls that follow a redirect to another origin: the kind of the address that redirected there. */
  readonly redirectedFrom?: AddressKind | undefined;
}

/** One backend's way through an axios instance, the gateway's own or any other. */
export function createAxiosTransport(
  axios: AxiosLike,
  settings: AxiosTransportSettings,
  exchange: Exchange,
): Transport {
  return isOwnAxios(axios) ? createOwnTransport(axios, settings, exchange) : createForeignTransport(axios, settings);
}

function createOwnTransport(axios: OwnAxios, settings: AxiosTransportSettings, exchange: Exchange): Transport {
  const { name } = settings;

  return function send(request) {
    // Without interceptors, axios' own pipeline would only copy headers back and forth.
    if (isUntouched(axios)) return exchange(toWireRequest(request, settings));
    // Interceptors need not keep it.
    let peerAddress: string | undefined;
    function exchangeAndNote(sent: WireRequest): Promise<BackendResponse> {
      return exchange({ ...sent, held: request.held }).then((answer) => {
        peerAddress = answer.peerAddress;
        return answer;
      });
    }
    return axios.request<unknown, AxiosResponse<unknown>>(ownCall(request, settings, exchangeAndNote) as object).then(
      (response) =>
        toResponse(response, settings).then((answer) => (peerAddress ? { ...answer, peerAddress } : answer)),
      (error: unknown) => {
        throw request.signal.aborted ? abortError(name, request.signal) : wireError(name, error, false);
      },
    );
  };
}

function toWireRequest(request: BackendRequest, settings: AxiosTransportSettings): WireRequest {
  const { method, url, body, signal, client, held } = request;
  const length = lengthOfUpload(body instanceof Readable ? body : undefined);
  const keepsLength = body instanceof Readable && length === undefined;
  const headers = flattenHeaders(request.headers, keepsLength, settings, client.headers['via']);
  if (length !== undefined) headers.push('content-length', String(length));
  return { method, url, headers, body, signal, held };
}

function ownCall(request: BackendRequest, settings: AxiosTransportSettings, exchange: Exchange): AxiosCall {
  const { url, method, body } = request;
  const signal = toAbortSignal(request.signal);
  return { url, method, headers: callHeaders(request, settings), data: body, signal, [EXCHANGE]: exchange };
}

function createForeignTransport(axios: AxiosLike, settings: AxiosTransportSettings): Transport {
  const { name, stream, maxBody, redirectedFrom } = settings;
  const transforms = [identity];
  const fixed = {
    responseType: stream ? 'stream' : 'arraybuffer',
    transformRequest: transforms,
    transformResponse: transforms,
    validateStatus: always,
    baseURL: '',
    maxRedirects: 0,
    proxy: false,
    decompress: false,
    maxContentLength: stream || maxBody === Infinity ? -1 : maxBody,
    maxBodyLength: Infinity,
    ...(redirectedFrom && { lookup: createRedirectLookup(redirectedFrom) }),
  } as const;

  return function send(request) {
    const signal = toAbortSignal(request.signal);
    if (signal.aborted) return Promise.reject(abortError(name, signal));
    if (isRefused(request.url)) return Promise.reject(redirectTargetError(name));
    return untilAborted(call(request, signal), signal, () => abortError(name, signal));
  };

  /** Of an address in numbers, no adapter looks anything up. */
  function isRefused(url: string): boolean {
    if (redirectedFrom === undefined) return false;
    const address = addressIn(url);
    return address !== undefined && !mayLeadTo(address, redirectedFrom);
  }

  async function call(request: BackendRequest, signal: AbortSignal): Promise<BackendResponse> {
    const { url, method, body } = request;
    const data = body instanceof Readable ? detach(body) : body;
    const headers = callHeaders(request, settings);
    if (!isSafeOverNode(headers[DISPOSITION])) delete headers[DISPOSITION];
    try {
      const response = await axios.request({ ...fixed, url, method, headers, data, signal });
      return await toResponse(response, settings, signal, request.held);
    } catch (error) {
      const isCut = isCutUpload(data) && error instanceof Error && isSocketGone(error);
      if (data instanceof Readable) data.destroy();
      if (signal.aborted) throw abortError(name, signal);
      throw isCut ? cutUploadError(name) : foreignError(error);
    }
  }

  function foreignError(error: unknown): Error {
    const isTooLong = error instanceof Error && /maxContentLength/.test(error.message);
    return isTooLong ? sizeError(name, maxBody) : wireError(name, error, false);
  }
}

const DISPOSITION = 'content-disposition';

/** Node's own client reads this one as UTF-8 once it knows the length of the body: U+010A then becomes a line feed. */
function isSafeOverNode(value: string | string[] | false | undefined): boolean {
  return !value || [value].flat().every((line) => /^[\0-\x7f]*$/.test(line));
}

/** Headers for axios: `false` wherever it has a default of its own. */
function callHeaders(
  request: BackendRequest,
  settings: AxiosTransportSettings,
): Record<string, string | string[] | false> {
  const { body } = request;
  const headers = completeHeaders(request.headers, body instanceof Readable, settings, request.client.headers['via']);
  const length = lengthOfUpload(body instanceof Readable ? body : undefined);
  if (length !== undefined) headers['content-length'] = String(length);
  headers['accept'] ??= false;
  headers['accept-encoding'] ??= false;
  headers['content-type'] ??= false;
  return headers;
}

async function toResponse(
  response: { readonly status: number; readonly headers: object; readonly data: unknown },
  settings: AxiosTransportSettings,
  signal?: AbortSignal,
  held?: Held,
): Promise<BackendResponse> {
  const { name, stream, maxBody } = settings;
  const { status } = response;
  if (!(Number.isInteger(status) && status >= 200 && status <= 999)) {
    throw protocolError(name, 'a status that is none');
  }
  const headers: Headers = normalizeHeaders(response.headers);
  const body = toBody(response.data);
  if (signal?.aborted && !Buffer.isBuffer(body)) body.on('error', ignore).destroy();
  if (Buffer.isBuffer(body)) return { status, headers, body: await readBody(body, maxBody, name, undefined, held) };
  if (!stream) return { status, headers, body: await readBody(body, maxBody, name, signal, held) };
  return { status, headers, body: signal === undefined ? body : limitStream(body, maxBody, name, signal) };
}

/** Instances with other adapters, and stubs in tests, answer with other things than Buffers. */
function toBody(data: unknown): Readable | Buffer {
  if (Buffer.isBuffer(data) || data instanceof Readable) return data;
  if (data === undefined || data === null) return Buffer.alloc(0);
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ReadableStream) return Readable.fromWeb(data);
  return Buffer.from(JSON.stringify(data));
}

function identity(data: unknown): unknown {
  return data;
}

function always(): boolean {
  return true;
}

function ignore(): void {}
