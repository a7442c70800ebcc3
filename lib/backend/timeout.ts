import { createDeadline, type Deadline } from '../core/deadline.js';
import { isOwedByClient, TOO_SLOW } from '../core/upload.js';
import { BackendError, type GatewayError } from '../errors.js';
import type { Middleware, ProxyRequest, ProxyResponse } from '../proxy.js';

/** A backend's own timeout, where it is shorter than what the endpoint grants. Covers a streamed body as well. */
export function createTimeout(name: string, milliseconds: number): Middleware {
  function expired({ body }: ProxyRequest): GatewayError {
    if (isOwedByClient(body)) return TOO_SLOW;
    return new BackendError('ERR_BACKEND_TIMEOUT', `${name} did not answer within its timeout of ${milliseconds} ms`);
  }

  return function limitTime(next) {
    return function callInTime(request) {
      const deadline = createDeadline(milliseconds, () => expired(request), request.signal);
      return deadline.race(next({ ...request, signal: deadline.signal })).then(
        (response) => {
          disposeAfter(response, deadline);
          return response;
        },
        (error) => {
          deadline.dispose();
          throw error;
        },
      );
    };
  };
}

/** A deadline is done with when its answer is there; where the body still streams, when that has closed. */
export function disposeAfter({ body }: ProxyResponse, deadline: Deadline): void {
  if (body && 'once' in body) body.once('close', deadline.dispose);
  else deadline.dispose();
}
