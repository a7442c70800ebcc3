import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Readable } from 'node:stream';
import { type Held, hasRoom, take } from '../core/buffer-budget.js';
import { Collector } from '../core/collect.js';
import { isOwedByClient } from '../core/upload.js';
import { RejectedError, RequestError } from '../errors.js';
import { createBodyStream } from './body-stream.js';
import { announcedLength, checkTransferEncoding, hasArrived } from './framing.js';
import { serializeParsed } from './parsed-body.js';

export type RequestBody = Readable | Buffer | undefined;

/**
 * Gets the body of a request for the backends: at once when there is none, when it is streamed, or when a body parser
 * was here before.
 *
 * @throws {RequestError} or rejects with one: too large (413), cut off (400), or read by something that left nothing we
 * could pass on (500).
 * @throws {RejectedError} or rejects with one (503) when it does not fit into what requests may hold together.
 */
export type BodyReader = (
  request: IncomingMessage,
  response: ServerResponse,
  held?: Held,
) => RequestBody | Promise<RequestBody>;

export interface BodyReaderOptions {
  /** Largest body in bytes that is held in memory. */
  readonly limit: number;
  /** Largest body in bytes that is passed on as a stream. Default: none. */
  readonly passedLimit?: number;
  /**
   * `stream` where exactly one backend reads the body and passes it on untouched, `buffer` where several do or something
   * looks at it, `none` where it is not needed.
   */
  readonly mode: 'stream' | 'buffer';
}

/** True when the request says that a body follows. */
export function announcesBody(request: IncomingMessage | Http2ServerRequest): boolean {
  // HTTP/2 frames bodies itself: no header needs to tell of them.
  if ('stream' in request) return !request.stream.endAfterHeaders;
  const { headers } = request;
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** True while a body is on its way and the gateway has begun to read it and does not hold it back. */
export function isSending(request: IncomingMessage): boolean {
  return (
    isOwedByClient(request) ?? (announcesBody(request) && !hasArrived(request) && request.readableFlowing === true)
  );
}

export function createBodyReader({ limit, passedLimit = Infinity, mode }: BodyReaderOptions): BodyReader {
  function readParsed(request: IncomingMessage, held: Held | undefined): Buffer | undefined {
    // It was read to its end, and nothing was in it.
    if (!request.readableDidRead) return undefined;
    const body = serializeParsed(request);
    if (body.length > limit) throw tooLarge(limit);
    if (!take(held, body.length)) throw NO_ROOM;
    return body;
  }

  return function readBody(request, response, held) {
    checkTransferEncoding(request);
    if (!announcesBody(request)) return undefined;
    // Not `req.body`: parsers leave one on requests they never read.
    if (request.readableDidRead || request.readableEnded) return readParsed(request, held);
    if (request.destroyed) throw cutOff();
    // An earlier `setEncoding` has turned the stream into one of strings.
    const isDecoded = request.readableEncoding !== null;
    const isPassed = mode === 'stream' && !isDecoded;
    const length = announcedLength(request);
    const most = isPassed ? passedLimit : limit;
    if (length !== undefined && length > most) throw tooLarge(most);
    if (isPassed) return createBodyStream(request, response, { cutOff, limit: most, tooLarge, length });
    // Taken as it comes: a client that announces much and sends nothing must not use up the room of the others.
    if (!hasRoom(held, length ?? 0)) throw NO_ROOM;
    return collect(request, response, limit, held, isDecoded ? undefined : length);
  };
}

const NO_ROOM = new RejectedError(
  503,
  'A request was not read: requests and answers hold max_buffered_bytes already',
  { 'retry-after': '1' },
  'ERR_OVERLOADED',
);

function collect(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  held: Held | undefined,
  length: number | undefined,
): Promise<Buffer | undefined> {
  const encoding = request.readableEncoding ?? 'utf8';
  return new Promise(function startCollecting(resolve, reject) {
    const body = new Collector();

    function onData(data: Buffer | string): void {
      const chunk = typeof data === 'string' ? Buffer.from(data, encoding) : data;
      if (body.size + chunk.length > limit) fail(tooLarge(limit));
      else if (!take(held, chunk.length)) fail(NO_ROOM);
      else body.add(chunk);
    }

    function onEnd(): void {
      const isWhole = hasArrived(request) && (length === undefined || length === body.size);
      // An answer that is out already needs no body: no backend must be called after the deadline.
      if (!isWhole || response.headersSent) {
        fail(cutOff());
        return;
      }
      stop();
      resolve(body.size === 0 ? undefined : body.take());
    }

    function onCut(): void {
      fail(cutOff());
    }

    function fail(error: RequestError | RejectedError): void {
      stop();
      request.pause();
      reject(error);
    }

    function stop(): void {
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      response.off('close', onCut);
    }

    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
    // The deadline may have answered while the client was still sending.
    response.on('close', onCut);
  });
}

function tooLarge(limit: number): RequestError {
  return new RequestError('ERR_REQUEST_BODY_SIZE', `The request body is larger than ${limit} bytes.`);
}

function cutOff(): RequestError {
  return new RequestError('ERR_REQUEST_BODY', 'The request body ended before it was complete.');
}
