import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { PackedStream } from '../packed-stream.js';

/**
 * The body of a request as a stream of its own, with back-pressure. The request itself is never handed out: whoever
 * destroys an `IncomingMessage` takes the client's socket along, and with it the answer.
 */
export function createBodyStream(request: IncomingMessage, response: ServerResponse, cutOff: () => Error): Readable {
  function onData(chunk: Buffer): void {
    if (!stream.add(chunk)) request.pause();
  }

  function onEnd(): void {
    if (request.complete) stream.finish();
    else onCut();
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
      request.resume();
    },
    destroy(error, callback) {
      detach();
      // What nobody reads any more must not block the next request of this connection.
      request.resume();
      callback(error);
    },
  });
  // Whoever was reading may have gone.
  stream.on('error', ignore);
  return stream;
}

function ignore(): void {}
