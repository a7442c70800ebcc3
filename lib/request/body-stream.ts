import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { PackedStream } from '../core/packed-stream.js';
import { watchUpload } from '../core/upload.js';
import { hasArrived } from './framing.js';

export interface BodyStreamOptions {
  /** Most bytes that are passed on; `Infinity` for no limit. */
  readonly limit: number;
  /** What it ends with when the client breaks off, and beyond the limit. */
  readonly cutOff: () => Error;
  readonly tooLarge: (limit: number) => Error;
  /** The bytes that the request has announced; with any other number of them the stream never ends properly. */
  readonly length?: number | undefined;
}

/**
 * The body of a request as a stream of its own, with back-pressure. The request itself is never handed out: a reader that
 * destroys an `IncomingMessage` takes the client's socket along, and with it the answer.
 */
export function createBodyStream(
  request: IncomingMessage,
  response: ServerResponse,
  { cutOff, limit, tooLarge, length }: BodyStreamOptions,
): Readable {
  const startedAt = performance.now();
  /** Since when the client is kept from sending, as at first; undefined while it is not. */
  let heldSince: number | undefined = startedAt;
  /** Nothing of it is read any more, or all has been. */
  let endedAt: number | undefined;
  let isComplete = false;
  let received = 0;

  function onData(chunk: Buffer): void {
    received += chunk.length;
    if (received > limit) {
      stream.destroy(tooLarge(limit));
      return;
    }
    if (length !== undefined && received > length) {
      onCut();
      return;
    }
    if (stream.add(chunk)) return;
    request.pause();
    heldSince = performance.now();
  }

  function onEnd(): void {
    if (!hasArrived(request) || (length !== undefined && received !== length)) {
      onCut();
      return;
    }
    isComplete = true;
    stream.finish();
  }

  /** A backend that has kept the client waiting for a quarter of the time, without a break, does not read. */
  function isOwed(): boolean {
    if (isComplete) return false;
    const now = endedAt ?? performance.now();
    return heldSince === undefined || now - heldSince < (now - startedAt) / 4;
  }

  function onCut(): void {
    stream.destroy(cutOff());
  }

  function onClose(): void {
    if (!request.readableEnded) onCut();
  }

  function detach(): void {
    response.off('close', onCut);
    request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onClose);
  }

  let isAttached = false;
  const stream: PackedStream = new PackedStream({
    read() {
      if (!isAttached) {
        isAttached = true;
        // When client or deadline end the exchange, this can be the first to know.
        response.on('close', onCut);
        request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onClose);
      }
      heldSince = undefined;
      request.resume();
    },
    destroy(error, callback) {
      endedAt = performance.now();
      detach();
      // What is not read any more must not block the next request of this connection.
      request.resume();
      callback(error);
    },
  });
  // The reader may have gone.
  stream.on('error', ignore);
  watchUpload(stream, isOwed, length);
  watchUpload(request, isOwed);
  return stream;
}

function ignore(): void {}
