import { createDeadline } from '../deadline.js';
import { BackendError, type GatewayError } from '../errors.js';
import type { Proxy, ProxyResponse } from '../proxy.js';

/**
 * Sends `copies` of each request at once; the first complete answer wins and the others are aborted. Without one, the
 * last incomplete answer stands, or the last error.
 */
export function createConcurrentCalls(name: string, copies: number, timeout: number, send: Proxy): Proxy {
  function expired(): GatewayError {
    return new BackendError('ERR_BACKEND_TIMEOUT', 504, `${name} gave none of its ${copies} concurrent calls an answer in time`);
  }
  function decided(): GatewayError {
    return new BackendError('ERR_BACKEND_CANCELLED', 502, `${name} has already answered another of its concurrent calls`);
  }

  return function sendCopies(request) {
    const deadline = createDeadline(timeout, expired, request.signal);
    const copy = { ...request, signal: deadline.signal };
    const winner = new Promise<ProxyResponse>((resolve, reject) => {
      let pending = copies;
      let incomplete: ProxyResponse | undefined;
      let failure: unknown;

      function settle(): void {
        pending--;
        if (pending > 0) return;
        if (incomplete) resolve(incomplete);
        else reject(failure);
      }
      for (let index = 0; index < copies; index++) {
        send(copy).then(
          (response) => {
            if (response.isComplete) return resolve(response);
            incomplete = response;
            settle();
          },
          (error) => {
            failure = error;
            settle();
          },
        );
      }
    });
    return deadline.race(winner).finally(() => deadline.cancel(decided()));
  };
}
