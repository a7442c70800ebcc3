import { createDeadline, type Deadline } from '../core/deadline.js';
import { BackendError, type GatewayError } from '../errors.js';
import type { Middleware, Proxy, ProxyRequest, ProxyResponse } from '../proxy.js';
import { disposeAfter } from './timeout.js';

/**
 * Sends `copies` of each request at once; the first complete answer wins and the others are aborted. Without one, the
 * last incomplete answer is the result, or the last error.
 */
export function createConcurrentCalls(name: string, copies: number, timeout: number): Middleware {
  function expired(): GatewayError {
    return new BackendError(
      'ERR_BACKEND_TIMEOUT',
      `None of the ${copies} concurrent calls to ${name} was answered in time`,
    );
  }
  function decided(): GatewayError {
    return new BackendError('ERR_BACKEND_CANCELLED', `Another of the concurrent calls to ${name} was answered first`);
  }

  function firstComplete(next: Proxy, request: ProxyRequest): Promise<ProxyResponse> {
    return new Promise(function race(resolve, reject) {
      // One for each copy, since a winner that streams has to go on while the others end.
      const running = new Set<Deadline>();
      for (let count = 0; count < copies; count++) running.add(createDeadline(timeout, expired, request.signal));
      let incomplete: ProxyResponse | undefined;

      function onResponse(deadline: Deadline, response: ProxyResponse): void {
        if (!response.isComplete) {
          incomplete = response;
          settle(deadline);
          return;
        }
        running.delete(deadline);
        disposeAfter(response, deadline);
        resolve(response);
        for (const loser of running) loser.cancel(decided());
      }

      function settle(deadline: Deadline, failure?: unknown): void {
        deadline.dispose();
        running.delete(deadline);
        if (running.size > 0) return;
        if (incomplete) resolve(incomplete);
        else reject(failure);
      }

      for (const deadline of [...running]) {
        deadline.race(next({ ...request, signal: deadline.signal })).then(
          (response) => onResponse(deadline, response),
          (failure) => settle(deadline, failure),
        );
      }
    });
  }

  return function concurrentCalls(next) {
    return function sendCopies(request) {
      return firstComplete(next, request);
    };
  };
}
