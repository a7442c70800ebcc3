import { isBackendFailure, onStreamEnd } from '../core/backend-failure.js';
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

export interface AttemptOptions {
  /** The backend, as messages name it. */
  readonly name: string;
  readonly subscriber: Subscriber;
  readonly balancer: Balancer;
  readonly buildRequest: RequestBuilder;
  /** Everything from the chosen host inwards: breaker, limits, transport, decoder. */
  readonly exchange: Proxy<BackendRequest>;
}

/** One try at a backend. `tried` collects the hosts of earlier tries, so that the next one goes elsewhere. */
export type Attempt = (request: ProxyRequest, tried?: string[]) => Promise<ProxyResponse>;

/** Pick a host, build the request, exchange. Rejects, never throws. */
export function createAttempt({ name, subscriber, balancer, buildRequest, exchange }: AttemptOptions): Attempt {
  function exchangeWith(request: ProxyRequest, host: string): Promise<ProxyResponse> {
    try {
      return exchange(buildRequest(request, host));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function attempt(request: ProxyRequest, tried?: string[]): Promise<ProxyResponse> {
    try {
      const host = balancer.host(tried);
      tried?.push(host);
      return exchange(buildRequest(request, host));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function attemptAndReport(request: ProxyRequest, tried?: string[]): Promise<ProxyResponse> {
    let host: string;
    try {
      host = balancer.host(tried);
    } catch (error) {
      return Promise.reject(error);
    }
    tried?.push(host);
    return exchangeWith(request, host).then(
      (response) => {
        // A stream is under way until its end, and its host has succeeded only then.
        const isStream = onStreamEnd(name, response, request.signal, (end) => {
          const outcome = end.failure ? 'aborted' : 'ok';
          balancer.settled?.(host, end.isBackendFailure ? 'failed' : outcome);
        });
        if (!isStream) balancer.settled?.(host, 'ok');
        return response;
      },
      (error) => {
        balancer.settled?.(host, isBackendFailure(error, request.signal) ? 'failed' : 'aborted');
        throw error;
      },
    );
  }

  const send = balancer.settled ? attemptAndReport : attempt;
  if (!subscriber.ready) return send;
  const ready = subscriber.ready.bind(subscriber);
  return function attemptWhenReady(request, tried) {
    try {
      return subscriber.hosts().length > 0 ? send(request, tried) : ready().then(() => send(request, tried));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}
