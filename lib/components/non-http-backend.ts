import type { Readable } from 'node:stream';
import type { BackendConfig, EndpointConfig } from '../config/resolved.js';
import { type Held, take } from '../core/buffer-budget.js';
import { Collector } from '../core/collect.js';
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
    const bytes = isWhole ? body : await collect(body, endpoint.max_request_body, request);
    // The call is no longer needed once the time has passed while the client was sending.
    if (request.signal.aborted) throw abortError(name, request.signal);
    return call({ ...request, body: bytes });
  }

  function isTooLarge({ body }: BackendResponse): boolean {
    return Buffer.isBuffer(body) && body.length > limit;
  }

  return function nonHttpLayer() {
    return function callBackend(request) {
      const { signal, held } = request;
      if (signal.aborted) return Promise.reject(abortError(name, signal));
      return new Promise<BackendResponse>(function callUntilAborted(resolve, reject) {
        signal.addEventListener('abort', onAbort);
        run(request).then(onAnswer, onFailure);

        function onAbort(): void {
          signal.removeEventListener('abort', onAbort);
          reject(abortError(name, signal));
        }

        function onFailure(error: unknown): void {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        }

        function onAnswer(response: BackendResponse): void {
          signal.removeEventListener('abort', onAbort);
          if (signal.aborted) settleAs(response, 'released');
          else if (isTooLarge(response)) {
            settleAs(response, 'refused');
            const advice = 'raise max_response_body if such answers are meant to be';
            reject(
              new BackendError('ERR_BACKEND_SIZE', `${name}: the answer is larger than ${limit} bytes; ${advice}`),
            );
          } else if (!fits(response, held)) {
            // The next caller may have it.
            settleAs(response, 'released');
            reject(noRoom(`${name}: its answer`));
          } else resolve(response);
        }
      });
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

async function collect(stream: Readable, limit: number, { signal, held }: BackendRequest): Promise<Buffer> {
  const content = new Collector();
  function onAbort(): void {
    stream.destroy();
  }
  signal.addEventListener('abort', onAbort);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (content.size + chunk.length > limit) {
        throw new RequestError('ERR_REQUEST_BODY_SIZE', `The request body is larger than ${limit} bytes.`);
      }
      if (!take(held, chunk.length)) throw noRoom('the request');
      content.add(chunk);
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new RequestError('ERR_REQUEST_BODY', 'The request body ended before it was complete.');
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return content.take();
}

function ignore(): void {}
