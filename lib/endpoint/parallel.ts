import type { BackendClient } from '../backend/client.js';
import { createDeadline, type Deadline } from '../deadline.js';
import { EndpointError, type GatewayError, toBackendFailure } from '../errors.js';
import type { Proxy, ProxyRequest, ProxyResponse } from '../proxy.js';
import type { Merge } from './merge.js';
import type { Outcome } from './outcome.js';

export interface MergerOptions {
  /** The endpoint, as messages name it. */
  readonly name: string;
  readonly clients: readonly BackendClient[];
  /** The merge's share of the endpoint's timeout, in milliseconds: what is left is for filters and writing. */
  readonly timeout: number;
  readonly merge: Merge;
}

/** Calls every backend at once; what has not answered when the time is up counts as failed. */
export function createParallel({ name, clients, timeout, merge }: MergerOptions): Proxy {
  const hasRequired = clients.some((client) => client.required);

  function ask(client: BackendClient, request: ProxyRequest, deadline: Deadline): Promise<Outcome> {
    return deadline.race(client.send(request)).then(toOutcome, (reason) => {
      const error = toBackendFailure(client.name, reason);
      // Nobody needs the siblings any more.
      if (client.required) deadline.cancel(error);
      return { error };
    });
  }

  return function callInParallel(request) {
    const deadline = createDeadline(timeout, () => mergeExpired(name, timeout), request.signal);
    const shared: ProxyRequest = { ...request, signal: deadline.signal };
    return Promise.all(clients.map((client) => ask(client, shared, deadline))).then((outcomes) => {
      deadline.dispose();
      if (hasRequired) assertRequired(clients, outcomes);
      return merge(outcomes);
    });
  };
}

function toOutcome(response: ProxyResponse): Outcome {
  return { response };
}

function assertRequired(clients: readonly BackendClient[], outcomes: readonly Outcome[]): void {
  for (const [index, outcome] of outcomes.entries()) {
    if (clients[index]?.required && 'error' in outcome) throw outcome.error;
  }
}

export function mergeExpired(endpoint: string, timeout: number): GatewayError {
  return new EndpointError(
    'ERR_ENDPOINT_TIMEOUT',
    504,
    `The backends of ${endpoint} had ${timeout} ms and did not all answer`,
  );
}
