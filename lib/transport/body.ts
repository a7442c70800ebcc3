import type { Readable } from 'node:stream';
import { type Held, take } from '../core/buffer-budget.js';
import { collectStream } from '../core/collect.js';
import { PackedStream } from '../core/packed-stream.js';
import { abortError, connectionError, noRoomError, sizeError, wireError } from './failure.js';

/** Collects a stream (or takes a Buffer), at most `limit` bytes of it, and as much as there is room for. */
export function readBody(
  body: Readable | Buffer,
  limit: number,
  name = 'The backend',
  signal?: AbortSignal,
  held?: Held,
): Promise<Buffer> {
  if (Buffer.isBuffer(body)) {
    if (body.length > limit) return Promise.reject(sizeError(name, limit));
    return take(held, body.length) ? Promise.resolve(body) : Promise.reject(noRoomError(name));
  }
  return collectStream(body, {
    limit,
    held,
    signal,
    tooLarge: () => sizeError(name, limit),
    noRoom: () => noRoomError(name),
    cut: (error) => (error ? wireError(name, error, true) : cutError(name)),
    aborted: (given) => abortError(name, given),
  });
}

function cutError(name: string): Error {
  return connectionError(name, 'the connection ended before the answer was complete');
}

/** Hands a stream on, at most `limit` bytes of it, until the signal says otherwise. */
export function limitStream(source: Readable, limit: number, name: string, signal: AbortSignal): Readable {
  let size = 0;
  let isWaiting = false;
  const limited = new PackedStream({
    read() {
      if (!isWaiting) return;
      isWaiting = false;
      source.resume();
    },
    destroy(error, done) {
      signal.removeEventListener('abort', onAbort);
      source.off('data', onData).off('end', onEnd).off('close', onClose).destroy();
      done(error);
    },
  });
  // The caller may not have got hold of it yet when it breaks.
  limited.on('error', ignore);
  signal.addEventListener('abort', onAbort);
  source.on('error', onError).on('end', onEnd).on('close', onClose).on('data', onData);
  if (source.readableEnded) onEnd();
  else if (source.destroyed) onError(source.errored);
  return limited;

  function onData(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : toBuffer(chunk);
    size += bytes.length;
    if (size > limit) {
      limited.destroy(sizeError(name, limit));
    } else if (!limited.add(bytes)) {
      isWaiting = true;
      source.pause();
    }
  }

  function onEnd(): void {
    limited.finish();
  }

  function onError(error: Error | null): void {
    limited.destroy(wireError(name, error, true));
  }

  function onClose(): void {
    if (!source.readableEnded) limited.destroy(cutError(name));
  }

  function onAbort(): void {
    limited.destroy(abortError(name, signal));
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function ignore(): void {}
