import type { Readable } from 'node:stream';
import type { BackendConfig, EndpointConfig } from '../config/resolved.js';
import { type Held, take } from '../core/buffer-budget.js';
import { collectStream } from '../core/collect.js';
import { untilAborted } from '../core/race.js';
import { BackendError, GatewayError, RequestError } from '../errors.js';
import type { BackendRequest } from '../proxy.js';
import type { BackendResponse, Settlement, TransportMiddleware } from '../transport/transport.js';

/** A request whose body has been read. */
export type BufferedRequest = BackendRequest & { readonly body: Buffer | undefined };
/** One call of something that is not HTTP. What it throws that is no `GatewayError` is a fault of the gateway. */
export type CallWithoutHttp = (request: BufferedRequest) => Promise<BackendResponse>;

interface Place {
  readonly endpoint: Pick<EndpointConfig, 'max_request_body'>;
  readonly backend: Pick<BackendConfig, 'name' | 'max_response_body'>;
}

/**
 * What every backend that is not HTTP has in common: it gets the whole body, ends with the signal whatever the client
 * library makes of it, and answers no more than `max_response_body` and `max_buffered_bytes` allow.
 */
export function callWithoutHttp({ endpoint, backend }: Place, call: CallWithoutHttp): TransportMiddleware {
  const { name, max_response_body: limit } = backend;

  async function run(request: BackendRequest): Promise<BackendResponse> {
    const { body } = request;
    const isWhole = body === undefined || Buffer.isBuffer(body);
    const bytes = isWhole ? body : await collect(name, body, endpoint.max_request_body, request);
    // The call is no longer needed once the time has passed while the client was sending.
    if (request.signal.aborted) throw abortError(name, request.signal);
    return accept(await call({ ...request, body: bytes }), request);
  }

  function accept(response: BackendResponse, { held }: BackendRequest): BackendResponse {
    if (Buffer.isBuffer(response.body) && response.body.length > limit) {
      settleAs(response, 'refused');
      const advice = 'raise max_response_body if such answers are meant to be';
      throw new BackendError('ERR_BACKEND_SIZE', `${name}: the answer is larger than ${limit} bytes; ${advice}`);
    }
    if (!fits(response, held)) {
      // The next caller may have it.
      settleAs(response, 'released');
      throw noRoom(`${name}: its answer`);
    }
    return response;
  }

  return function nonHttpLayer() {
    return function callBackend(request) {
      const { signal } = request;
      if (signal.aborted) return Promise.reject(abortError(name, signal));
      return untilAborted(
        run(request),
        signal,
        () => abortError(name, signal),
        (late) => settleAs(late, 'released'),
      );
    };
  };
}

function fits({ body }: BackendResponse, held: Held | undefined): boolean {
  return !Buffer.isBuffer(body) || take(held, body.length);
}

function noRoom(what: string): BackendError {
  const message = `${what} was not kept: requests and answers hold max_buffered_bytes already`;
  return new BackendError('ERR_OVERLOADED', message);
}

function settleAs({ settle, body }: BackendResponse, settlement: Settlement): void {
  settle?.(settlement).catch(ignore);
  if (!Buffer.isBuffer(body)) body.on('error', ignore).destroy();
}

/** Why a call ended early: the reason of the signal where it is one of ours. */
export function abortError(name: string, { reason }: AbortSignal): GatewayError {
  if (reason instanceof GatewayError) return reason;
  return new BackendError('ERR_BACKEND_CANCELLED', `${name}: the call was cancelled`);
}

function collect(name: string, stream: Readable, limit: number, { signal, held }: BackendRequest): Promise<Buffer> {
  return collectStream(stream, {
    limit,
    held,
    signal,
    tooLarge: () => new RequestError('ERR_REQUEST_BODY_SIZE', `The request body is larger than ${limit} bytes.`),
    noRoom: () => noRoom('the request'),
    cut: (error) =>
      error instanceof GatewayError
        ? error
        : new RequestError('ERR_REQUEST_BODY', 'The request body ended before it was complete.'),
    aborted: (given) => abortError(name, given),
  });
}

function ignore(): void {}
