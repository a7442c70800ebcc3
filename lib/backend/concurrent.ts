import { createDeadline } from '../deadline.js';
import { BackendError, type GatewayError } from '../errors.js';
import type { Middleware, ProxyRequest, ProxyResponse } from '../proxy.js';

/**
 * Sends `copies` of each request at once; the first complete answer wins and the others are aborted. Without one, the
 * last incomplete answer stands, or the last error.
 */
export function createConcurrentCalls(name: string, copies: number, timeout: number): Middleware {
  function expired(): GatewayError {
    return new BackendError(
      'ERR_BACKEND_TIMEOUT',
      504,
      `None of the ${copies} concurrent calls to ${name} was answered in time`,
    );
  }
  function decided(): GatewayError {
    return new BackendError(
      'ERR_BACKEND_CANCELLED',
      502,
      `Another of the concurrent calls to ${name} was answered first`,
    );
  }

  return function concurrentCalls(next) {
    function firstComplete(request: ProxyRequest): Promise<ProxyResponse> {
      return new Promise((resolve, reject) => {
        let pending = copies;
        let incomplete: ProxyResponse | undefined;

        function settle(failure?: unknown): void {
          pending--;
          if (pending > 0) return;
          if (incomplete) resolve(incomplete);
          else reject(failure);
        }
        function onResponse(response: ProxyResponse): void {
          if (response.isComplete) {
            resolve(response);
            return;
          }
          incomplete = response;
          settle();
        }
        for (let index = 0; index < copies; index++) next(request).then(onResponse, settle);
      });
    }

    return function sendCopies(request) {
      const deadline = createDeadline(timeout, expired, request.signal);
      const answer = deadline.race(firstComplete({ ...request, signal: deadline.signal }));
      return answer.finally(() => deadline.cancel(decided()));
    };
  };
}
