import { BackendError } from '../errors.js';
import type { BackendRequest, Proxy, ProxyRequest, ProxyResponse } from '../proxy.js';
import type { Balancer } from '../sd/balancer.js';
import type { Subscriber } from '../sd/subscriber.js';
import type { RequestBuilder } from './request.js';

/** All that an endpoint knows of a backend. */
export interface BackendClient {
  /** How messages and traces name it, e.g. `backend[1] GET /orders/{id}`. */
  readonly name: string;
  /** True when the failure of this backend fails the endpoint. */
  readonly required: boolean;
  readonly send: Proxy;
}

export interface CallOptions {
  readonly subscriber: Subscriber;
  readonly balancer: Balancer;
  readonly buildRequest: RequestBuilder;
  /** Everything from the chosen host inwards: breaker, limits, transport, decoder. */
  readonly exchange: Proxy<BackendRequest>;
}

/** One attempt: pick a host, build the request, exchange. Rejects, never throws. */
export function createCall({ subscriber, balancer, buildRequest, exchange }: CallOptions): Proxy {
  function call(request: ProxyRequest): Promise<ProxyResponse> {
    try {
      return exchange(buildRequest(request, balancer.host()));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function callAndReport(request: ProxyRequest): Promise<ProxyResponse> {
    let host: string;
    let pending: Promise<ProxyResponse>;
    try {
      host = balancer.host();
      pending = exchange(buildRequest(request, host));
    } catch (error) {
      return Promise.reject(error);
    }
    return pending.then(
      (response) => {
        balancer.settled?.(host, 'ok');
        return response;
      },
      (error) => {
        balancer.settled?.(host, isOwnDoing(error, request) ? 'aborted' : 'failed');
        throw error;
      },
    );
  }

  const send = balancer.settled ? callAndReport : call;
  if (!subscriber.ready) return send;
  const ready = subscriber.ready.bind(subscriber);
  return function callWhenReady(request) {
    return subscriber.hosts().length > 0 ? send(request) : ready().then(() => send(request));
  };
}

/** Whether a failure says nothing about the host that was called. */
function isOwnDoing(error: unknown, request: ProxyRequest): boolean {
  if (!(error instanceof BackendError)) return true;
  return error.code === 'ERR_BACKEND_URL' || (request.signal.aborted && error.code !== 'ERR_BACKEND_TIMEOUT');
}
