import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';
import { give, type Held, take } from '../core/buffer-budget.js';
import { untilAborted } from '../core/race.js';
import { GatewayError } from '../errors.js';
import type { Headers } from '../proxy.js';
import { abortError, decodeError, noRoomError, sizeError } from './failure.js';
import type { Semaphore } from './semaphore.js';
import type { BackendResponse } from './transport.js';

export interface InflateSettings {
  readonly name: string;
  /** Bytes a body may grow to. */
  readonly maxBody: number;
  /** Large bodies take turns, or a few zip bombs would fill the memory together. */
  readonly gate: Semaphore;
}

/** Undoes the Content-Encoding of an answer. */
export type Inflate = (
  response: BackendResponse,
  signal: AbortSignal,
  held?: Held,
) => BackendResponse | Promise<BackendResponse>;

interface Codec {
  readonly sync: (input: Buffer, options: ZlibOptions) => Buffer;
  readonly async: (input: Buffer, options: ZlibOptions, done: (error: Error | null, result: Buffer) => void) => void;
}

/** What zlib hands back with `info: true`, which its types leave out. */
interface Result {
  readonly buffer: Buffer;
  /** `bytesWritten` is how much of the input was used. */
  readonly engine: { readonly bytesWritten: number };
}

const GZIP: Codec = { sync: gunzipSync, async: gunzip };
const ZLIB: Codec = { sync: inflateSync, async: inflate };
const RAW: Codec = { sync: inflateRawSync, async: inflateRaw };
const BROTLI: Codec = { sync: brotliDecompressSync, async: brotliDecompress };

/** A job for zlib's threads costs ten times what inflating this much does. */
const SYNC_INPUT = 16 * 1024;
const SYNC_OUTPUT = 128 * 1024;
const LARGEST_BUFFER = 2 ** 31 - 1;

/**
 * Undoes the one Content-Encoding an answer may have and takes it out of the headers, with the length it no longer has.
 * What is cut, has something behind its end, or grows beyond the limit is an error.
 */
export function createInflate({ name, maxBody, gate }: InflateSettings): Inflate {
  const largest = Math.max(1, Math.min(maxBody, LARGEST_BUFFER));
  const largestSync = Math.min(largest, SYNC_OUTPUT);

  return function inflateResponse(response, signal, held) {
    const { headers, body } = response;
    const encoding = headers['content-encoding'];
    if (encoding === undefined || !Buffer.isBuffer(body)) return response;
    const codec = codecFor(encoding, body);
    if (codec === undefined) throw decodeError(name, 'its Content-Encoding is not one of gzip, br, deflate');
    const plain = withoutEncoding(headers);
    if (codec === 'identity' || body.length === 0) return { ...response, headers: plain };
    const inflated = body.length <= SYNC_INPUT ? inflateNow(codec, body) : undefined;
    if (inflated !== undefined) return { ...response, headers: plain, body: exchanged(body, inflated, held) };
    const later = gate(() => inflateLater(codec, body, signal));
    return untilAborted(later, signal, () => abortError(name, signal)).then((bytes) => ({
      ...response,
      headers: plain,
      body: exchanged(body, bytes, held),
    }));
  };

  /** The result is held in the place of what it was made of. */
  function exchanged(body: Buffer, result: Buffer, held: Held | undefined): Buffer {
    give(held, body.length);
    if (!take(held, result.length)) throw noRoomError(name);
    return result;
  }

  /** Undefined where the result is too large to be made in one go. */
  function inflateNow(codec: Codec, body: Buffer): Buffer | undefined {
    try {
      return whole(codec.sync(body, { info: true, maxOutputLength: largestSync }), body);
    } catch (error) {
      if (isTooLarge(error) && largest > largestSync) return undefined;
      throw failure(error);
    }
  }

  function inflateLater(codec: Codec, body: Buffer, signal: AbortSignal): Promise<Buffer> {
    if (signal.aborted) return Promise.reject(abortError(name, signal));
    return new Promise(function run(resolve, reject) {
      codec.async(body, { info: true, maxOutputLength: largest }, function onInflated(error, result) {
        try {
          if (error) throw error;
          resolve(whole(result, body));
        } catch (fault) {
          reject(failure(fault));
        }
      });
    });
  }

  function whole(result: unknown, body: Buffer): Buffer {
    const { buffer, engine } = result as Result;
    if (engine.bytesWritten !== body.length) throw decodeError(name, 'there are bytes behind its end');
    return buffer;
  }

  function failure(error: unknown): GatewayError {
    if (error instanceof GatewayError) return error;
    return isTooLarge(error) ? sizeError(name, maxBody) : decodeError(name, 'it is cut or broken');
  }
}

/** What servers say that take this header for the one of MIME, or for the character set: nothing was done to the body. */
const PLAIN = new Set(['', 'identity', 'none', 'binary', '7bit', '8bit', 'utf-8', 'utf8']);

function codecFor(encoding: string | readonly string[], body: Buffer): Codec | 'identity' | undefined {
  if (typeof encoding !== 'string') return undefined;
  const coding = encoding.trim().toLowerCase();
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return GZIP;
    case 'br':
      return BROTLI;
    case 'deflate':
      return hasZlibHeader(body) ? ZLIB : RAW;
    default:
      return PLAIN.has(coding) ? 'identity' : undefined;
  }
}

/** `deflate` is the zlib format by the standard, and the bare one by habit. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length > 1 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function withoutEncoding(headers: Headers): Headers {
  const { 'content-encoding': _encoding, 'content-length': _length, ...rest } = headers;
  return Object.assign(Object.create(null), rest);
}
