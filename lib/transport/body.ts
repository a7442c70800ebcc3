import { pipeline, type Readable, Transform } from 'node:stream';
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  type InputType,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';
import type { BackendError } from '../errors.js';
import type { Headers } from '../proxy.js';
import { abortError, connectionError, decodeError, sizeError, wireError } from './failure.js';
import type { BackendResponse } from './transport.js';

/** What zlib hands back with `info: true`, which its types leave out. */
interface Inflated {
  readonly buffer: Buffer;
  /** `bytesWritten` is how much of the input was used. */
  readonly engine: { readonly bytesWritten: number };
}

interface Codec {
  readonly sync: (input: InputType, options: ZlibOptions) => Buffer;
  readonly async: (input: InputType, options: ZlibOptions, done: (error: Error | null, result: Buffer) => void) => void;
}

const GZIP: Codec = { sync: gunzipSync, async: gunzip };
const ZLIB: Codec = { sync: inflateSync, async: inflate };
const RAW: Codec = { sync: inflateRawSync, async: inflateRaw };
const BROTLI: Codec = { sync: brotliDecompressSync, async: brotliDecompress };

/** A trip to zlib's threads costs ten times what inflating this much does. */
const SYNC_INPUT = 16 * 1024;
const SYNC_OUTPUT = 128 * 1024;

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

/**
 * Undoes the one Content-Encoding an answer may have and takes it out of the headers, with the length it no longer has.
 * What is cut, has something behind its end, or has grown beyond `limit` bytes is an error.
 */
export function inflateResponse(
  response: BackendResponse,
  limit: number,
  name: string,
): BackendResponse | Promise<BackendResponse> {
  const { status, headers, body } = response;
  const encoding = headers['content-encoding'];
  if (encoding === undefined || !Buffer.isBuffer(body)) return response;
  const codec = codecFor(encoding, body);
  if (codec === undefined) {
    return Promise.reject(decodeError(name, 'its Content-Encoding is not one of gzip, br, deflate'));
  }
  const plain = withoutEncoding(headers);
  if (codec === 'identity' || body.length === 0) return { status, headers: plain, body };
  const inflated = inflateBuffer(codec, body, limit, name);
  return Buffer.isBuffer(inflated)
    ? { status, headers: plain, body: inflated }
    : inflated.then((bytes) => ({ status, headers: plain, body: bytes }));
}

function codecFor(encoding: string | readonly string[], body: Buffer): Codec | 'identity' | undefined {
  if (typeof encoding !== 'string') return undefined;
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return GZIP;
    case 'br':
      return BROTLI;
    case 'deflate':
      return hasZlibHeader(body) ? ZLIB : RAW;
    case 'identity':
    case '':
      return 'identity';
    default:
      return undefined;
  }
}

/** `deflate` is the zlib format by the standard, and the bare one by habit. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length > 1 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

function inflateBuffer(codec: Codec, body: Buffer, limit: number, name: string): Buffer | Promise<Buffer> {
  if (body.length <= SYNC_INPUT) {
    try {
      return whole(codec.sync(body, zlibOptions(Math.min(limit, SYNC_OUTPUT))), body, name);
    } catch (error) {
      // What is too large to be done in one go is done again, off the event loop, up to the real limit.
      if (!isTooLarge(error)) return Promise.reject(inflateError(name, limit, error));
      if (limit <= SYNC_OUTPUT) return Promise.reject(sizeError(name, limit));
    }
  }
  return new Promise(function inflateLater(resolve, reject) {
    codec.async(body, zlibOptions(limit), function onInflated(error, result) {
      if (error) return reject(inflateError(name, limit, error));
      try {
        resolve(whole(result, body, name));
      } catch (surplus) {
        reject(surplus);
      }
    });
  });
}

function zlibOptions(limit: number): ZlibOptions {
  const maxOutputLength = Math.max(1, Math.min(limit, 2 ** 31 - 1));
  return { info: true, maxOutputLength };
}

function whole(result: unknown, body: Buffer, name: string): Buffer {
  const { buffer, engine } = result as Inflated;
  if (engine.bytesWritten !== body.length) throw decodeError(name, 'there are bytes behind its end');
  return buffer;
}

function isTooLarge(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
}

function inflateError(name: string, limit: number, error: unknown): BackendError {
  if (isTooLarge(error)) return sizeError(name, limit);
  if ((error as { code?: unknown }).code === 'ERR_BACKEND_DECODE') return error as BackendError;
  return decodeError(name, 'it is cut or broken');
}

function withoutEncoding(headers: Headers): Headers {
  const { 'content-encoding': _encoding, 'content-length': _length, ...rest } = headers;
  return Object.assign(Object.create(null), rest);
}

function ignore(): void {}
