import type { Readable } from 'node:stream';
import { give, type Held, take } from '../core/buffer-budget.js';
import { Collector } from '../core/collect.js';
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
  if (signal?.aborted) {
    body.on('error', ignore).destroy();
    return Promise.reject(abortError(name, signal));
  }
  if (body.readableEnded) return Promise.resolve(Buffer.alloc(0));
  if (body.destroyed) return Promise.reject(wireError(name, body.errored, true));
  return collect(body, limit, name, signal, held);
}

function collect(
  body: Readable,
  limit: number,
  name: string,
  signal: AbortSignal | undefined,
  held: Held | undefined,
): Promise<Buffer> {
  return new Promise(function collecting(resolve, reject) {
    const content = new Collector();
    let isEnded = false;

    body.on('data', onData).once('end', onEnd).on('error', onError).once('close', onClose);
    signal?.addEventListener('abort', onAbort);

    function onData(chunk: Buffer | Uint8Array | string): void {
      if (isEnded) return;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (content.size + bytes.length > limit) stop(sizeError(name, limit));
      else if (!take(held, bytes.length)) stop(noRoomError(name));
      else content.add(bytes);
    }

    function onEnd(): void {
      isEnded = true;
      signal?.removeEventListener('abort', onAbort);
      resolve(content.take());
    }

    function onError(error: Error): void {
      stop(wireError(name, error, true));
    }

    function onClose(): void {
      if (!isEnded) stop(connectionError(name, 'the connection ended before the answer was complete'));
    }

    function onAbort(): void {
      stop(abortError(name, signal as AbortSignal));
    }

    function stop(error: Error): void {
      if (isEnded) return;
      isEnded = true;
      give(held, content.size);
      signal?.removeEventListener('abort', onAbort);
      reject(error);
      body.destroy();
    }
  });
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
    if (!source.readableEnded)
      limited.destroy(connectionError(name, 'the connection ended before the answer was complete'));
  }

  function onAbort(): void {
    limited.destroy(abortError(name, signal));
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function ignore(): void {}
