import type { BackendClient } from '../backend/client.js';
import { createDeadline } from '../core/deadline.js';
import { BackendError, EndpointError, type GatewayError, toBackendFailure } from '../errors.js';
import type { Proxy, ProxyRequest, ProxyResponse } from '../proxy.js';
import type { Merge } from './merge.js';
import type { Outcome } from './outcome.js';

export interface MergerOptions {
  /** The endpoint, as messages name it. */
  readonly name: string;
  readonly clients: readonly BackendClient[];
  /** The merge's share of the endpoint's timeout, in milliseconds: what is left is for filters and writing. */
  readonly timeout: number;
  /** True where only the gateway looks at the signal of a request. */
  readonly hasInternalSignal?: boolean;
  readonly merge: Merge;
}

/** Calls every backend at once; what has not answered when the time is up counts as failed. */
export function createParallel({ name, clients, timeout, hasInternalSignal, merge }: MergerOptions): Proxy {
  return function callInParallel(request) {
    const deadline = createDeadline(timeout, () => mergeExpired(name, timeout), request.signal, hasInternalSignal);
    const shared: ProxyRequest = { ...request, signal: deadline.signal };
    let fatal: GatewayError | undefined;

    function ask(client: BackendClient): Promise<Outcome> {
      return deadline.race(client.send(shared)).then(toOutcome, (reason) => {
        const error = toBackendFailure(client.name, reason);
        if (client.required && !fatal) {
          fatal = error;
          deadline.cancel(noLongerNeeded(client));
        }
        return { error };
      });
    }

    return Promise.all(clients.map(ask)).then((outcomes) => {
      deadline.dispose();
      if (fatal) throw fatal;
      return merge(outcomes);
    });
  };
}

function toOutcome(response: ProxyResponse): Outcome {
  return { response };
}

/** What the siblings of a required backend are ended with. Not its own failure, which says nothing about them. */
function noLongerNeeded(client: BackendClient): GatewayError {
  return new BackendError('ERR_BACKEND_CANCELLED', `The call was ended because ${client.name} is required and failed`);
}

export function mergeExpired(endpoint: string, timeout: number): GatewayError {
  return new EndpointError(
    'ERR_ENDPOINT_TIMEOUT',
    `The backends of ${endpoint} had ${timeout} ms and did not all answer`,
  );
}
