import type { IncomingMessage, ServerResponse } from 'node:http';
import { type BufferBudget, openHeld, release } from '../core/buffer-budget.js';
import { createDeadline } from '../core/deadline.js';
import { TOO_SLOW } from '../core/upload.js';
import { EndpointError, type GatewayError, RejectedError, toGatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Admit, Proxy, ProxyResponse, RequestHead } from '../proxy.js';
import { type BodyReader, isSending } from '../request/body.js';
import { distrust, isDistrusted, onConnectionClose } from '../request/connection.js';
import type { RequestReader } from '../request/request.js';
import { cut, cutUnlessTaken } from '../response/cut.js';
import { createFailureLog } from '../response/failure-log.js';
import type { ResponseWriter } from '../response/response.js';
import { admitFirst, type Refusal } from './admit.js';
import type { InFlight, RequestUnderWay } from './in-flight.js';

/** Serves one matched request. Never throws, never rejects: an Express 4 router would hang for ever. */
export type EndpointHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  params: Record<string, string>,
) => void;

export interface HandlerOptions {
  /** The endpoint, as messages name it, e.g. `GET /users/{id}`. */
  readonly name: string;
  /** Milliseconds from the first byte in to the last byte out. */
  readonly timeout: number;
  /** True where only the gateway looks at the signal of a request. */
  readonly hasInternalSignal?: boolean;
  readonly inFlight: InFlight;
  /** What its requests hold in memory counts here. */
  readonly budget: BufferBudget;
  /** Why no request is let in just now; missing where that cannot happen. */
  readonly refusal?: Refusal | undefined;
  readonly readRequest: RequestReader;
  /** Lets requests in, before their body is read. */
  readonly admit?: Admit | undefined;
  readonly readBody: BodyReader;
  readonly proxy: Proxy;
  readonly writer: ResponseWriter;
  readonly logger: Logger;
}

export function createEndpointHandler(options: HandlerOptions): EndpointHandler {
  const {
    name,
    timeout,
    hasInternalSignal,
    inFlight,
    budget,
    refusal,
    readRequest,
    admit,
    readBody,
    proxy,
    writer,
    logger,
  } = options;
  const log = createFailureLog(name, logger);
  const full = new RejectedError(
    503,
    `${name} was not served: too many requests are under way`,
    { 'retry-after': '1' },
    'ERR_OVERLOADED',
  );

  function serveWithBody(
    head: RequestHead,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<ProxyResponse> {
    const body = readBody(request, response, head.held);
    return body instanceof Promise
      ? body.then((content) => proxy({ ...head, body: content }))
      : proxy({ ...head, body });
  }
  const serve = admit ? admitFirst(admit, serveWithBody) : serveWithBody;

  function fail(request: IncomingMessage, response: ServerResponse, error: GatewayError): void {
    log.failed(error);
    try {
      writer.writeError(request, response, error);
    } catch {
      response.destroy();
    }
  }

  return function handleEndpoint(request, response, params) {
    // The client left while an earlier middleware was at work: `close` will not come a second time.
    if (response.destroyed) return;
    // Behind an earlier request of its connection an answer has no socket yet, and never learns that the client has left.
    const isQueued = response.socket === null;
    if (isDistrusted(request.socket) || (isQueued && request.socket.destroyed)) return;
    const refused = refusal?.();
    if (refused) {
      fail(request, response, refused);
      cutUnlessTaken(response);
      return;
    }
    const deadline = createDeadline(
      timeout,
      () => (isSending(request) ? TOO_SLOW : expired()),
      undefined,
      hasInternalSignal,
    );
    const underWay: RequestUnderWay = {
      cancel(reason) {
        deadline.abort(reason);
        if (response.headersSent) cut(response);
      },
    };
    const place = inFlight.enter(underWay);
    if (place === undefined) {
      deadline.dispose();
      fail(request, response, full);
      cutUnlessTaken(response);
      return;
    }

    /** What has not been taken by now is not taken any more. */
    function expired(): GatewayError {
      if (response.socket === null) {
        // It waits behind an earlier answer of its connection, which may still be within its own time.
        if (place !== undefined) inFlight.leave(place);
        if (response.writableEnded) cutUnlessTaken(response);
      } else if (response.writableEnded) {
        logger.debug({ endpoint: name }, 'the client did not take its answer in time; it was cut off');
        cut(response);
      }
      return new EndpointError('ERR_ENDPOINT_TIMEOUT', `${name} did not answer within ${timeout} ms`);
    }

    const held = openHeld(budget);
    const leave = (): void => {
      stopWaiting?.();
      release(held);
      inFlight.leave(place);
      deadline.dispose();
      if (!response.writableFinished)
        deadline.cancel(new EndpointError('ERR_CLIENT_CLOSED', `The client of ${name} left`));
    };
    const stopWaiting = isQueued ? onConnectionClose(request.socket, leave) : undefined;
    response.once('close', leave);

    function succeed(answer: ProxyResponse): void {
      try {
        if (answer.errors) log.incomplete(answer.errors);
        const { body } = answer;
        // The deadline also ends a stream that ignores it, and an encoder that takes its time.
        if (body && 'destroy' in body) {
          deadline.signal.addEventListener('abort', () => body.destroy(deadline.signal.reason));
        }
        writer.write(request, response, answer, held);
        if (!body && !response.headersSent) deadline.ended().then(failHere);
      } catch (thrown) {
        failHere(thrown);
      }
    }

    function failHere(thrown: unknown): void {
      const error = toGatewayError(thrown);
      if (error.code === 'ERR_REQUEST_FRAMING') distrust(request.socket);
      fail(request, response, error);
      // What may still be under way is not needed; only the client's time goes on.
      deadline.abort(error);
      // Its answer begins when the time is up, and gets some of its own.
      if (error.code === 'ERR_ENDPOINT_TIMEOUT') cutUnlessTaken(response);
    }

    try {
      // A request that cannot be served is refused before its body is read.
      const head = readRequest(request, params, deadline.signal, held);
      deadline.race(serve(head, request, response)).then(succeed, failHere);
    } catch (thrown) {
      failHere(thrown);
    }
  };
}
