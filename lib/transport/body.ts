import { pipeline, type Readable, Transform } from 'node:stream';
import { abortError, connectionError, sizeError, wireError } from './failure.js';

/** Collects a stream (or takes a Buffer), at most `limit` bytes of it. */
export function readBody(
  body: Readable | Buffer,
  limit: number,
  name = 'The backend',
  signal?: AbortSignal,
): Promise<Buffer> {
  if (Buffer.isBuffer(body)) {
    return body.length > limit ? Promise.reject(sizeError(name, limit)) : Promise.resolve(body);
  }
  if (signal?.aborted) {
    body.on('error', ignore).destroy();
    return Promise.reject(abortError(name, signal));
  }
  if (body.readableEnded) return Promise.resolve(Buffer.alloc(0));
  if (body.destroyed) return Promise.reject(wireError(name, body.errored, true));
  return collect(body, limit, name, signal);
}

function collect(body: Readable, limit: number, name: string, signal: AbortSignal | undefined): Promise<Buffer> {
  return new Promise(function collecting(resolve, reject) {
    const chunks: Buffer[] = [];
    let size = 0;
    let isEnded = false;

    body.on('data', onData).once('end', onEnd).on('error', onError).once('close', onClose);
    signal?.addEventListener('abort', onAbort);

    function onData(chunk: Buffer | Uint8Array | string): void {
      const bytes =
        typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      size += bytes.length;
      if (size > limit) stop(sizeError(name, limit));
      else chunks.push(bytes);
    }

    function onEnd(): void {
      isEnded = true;
      signal?.removeEventListener('abort', onAbort);
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
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
      signal?.removeEventListener('abort', onAbort);
      reject(error);
      body.destroy();
    }
  });
}

/** Hands a stream on, at most `limit` bytes of it, until the signal says otherwise. */
export function limitStream(source: Readable, limit: number, name: string, signal: AbortSignal): Readable {
  let size = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(sizeError(name, limit));
      else done(null, chunk);
    },
    destroy(error, done) {
      signal.removeEventListener('abort', onAbort);
      done(error && wireError(name, error, true));
    },
  });
  signal.addEventListener('abort', onAbort);
  // The caller may not have got hold of it yet when it breaks.
  limited.on('error', ignore);
  pipeline(source, limited, ignore);
  return limited;

  function onAbort(): void {
    limited.destroy(abortError(name, signal));
  }
}

function ignore(): void {}
