import type { ServerResponse } from 'node:http';
import { type ErrorCode, GatewayError, RejectedError, RequestError } from '../errors.js';
import type { Notifier, Visit } from '../observe/notifier.js';
import type { EndpointOutcome, EndpointPlace } from '../observe/observer.js';
import { isDistrusted, onConnectionClose } from '../request/connection.js';
import type { EndpointHandler } from './handler.js';

/** What web servers log for a client that left without an answer. */
const NO_ANSWER = 499;

/** Tells the observers when a request begins and how it ends. Works from the outside: the handler knows nothing of it. */
export function observeHandler(observation: Notifier, place: EndpointPlace, handler: EndpointHandler): EndpointHandler {
  return function handleObserved(request, response, params) {
    const { socket } = request;
    // No client will be answered, so there is no end to wait for either.
    if (response.destroyed || socket.destroyed || isDistrusted(socket)) {
      handler(request, response, params);
      return;
    }
    const startedAt = performance.now();
    const visit = observation.enter(place, request);
    const stopWaiting = response.socket === null ? onConnectionClose(socket, leave) : undefined;
    response.once('close', leave);
    handler(request, response, params);

    function leave(): void {
      stopWaiting?.();
      response.off('close', leave);
      const length = Number(response.getHeader('content-length') ?? Number.NaN);
      observation.leave(visit, {
        kind: 'endpoint',
        ...place,
        ...judge(visit, response),
        durationMs: performance.now() - startedAt,
        bytes: Number.isNaN(length) ? undefined : length,
      });
    }
  };
}

interface Verdict {
  readonly status: number;
  readonly outcome: EndpointOutcome;
  readonly code: ErrorCode | undefined;
}

function judge({ answer, failure, signal }: Visit, response: ServerResponse): Verdict {
  // Why the request was ended says more than what came of that.
  const reason: unknown = signal?.aborted ? signal.reason : failure;
  const code = reason instanceof GatewayError ? reason.code : undefined;
  const status = response.headersSent ? response.statusCode : NO_ANSWER;
  if (!response.writableFinished) {
    const isCut = response.headersSent && failure !== undefined;
    return { status, outcome: isCut ? 'failed' : 'aborted', code: code ?? 'ERR_CLIENT_CLOSED' };
  }
  // Without a signal the handler did not get as far as the endpoint: no backend was chosen.
  if (signal === undefined || reason instanceof RejectedError || reason instanceof RequestError) {
    return { status, outcome: 'rejected', code };
  }
  if (reason !== undefined) return { status, outcome: 'failed', code: code ?? 'ERR_INTERNAL' };
  return { status, outcome: answer?.isComplete && !answer.errors ? 'complete' : 'partial', code };
}
