import type { Readable } from 'node:stream';
import { give, type Held, take } from './buffer-budget.js';
import { isLent } from './buffer-pool.js';
import { offAbort, onAbort } from './signal.js';

/** Smaller pieces are copied: a Buffer costs a hundred bytes, and keeps all alive that was read together with it. */
const SMALL = 16 * 1024;
const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 256 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * Collects a body in memory of about its own size, however small its pieces are: a piece that comes alone and large ones
 * stay as they are, small ones are put together in blocks that grow with the whole. A class, as one is made for each body.
 */
export class Collector {
  /** Bytes so far. */
  size = 0;
  /** Complete, in order. */
  #parts: Buffer[] = [];
  #block = EMPTY;
  /** What of the block is not yet among the parts. */
  #start = 0;
  #end = 0;

  /** Takes the next bytes. What is lent is copied, anything else must stay as it is. */
  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const isFirst = this.size === 0;
    this.size += piece.length;
    if (isFirst || piece.length >= SMALL) {
      this.#seal();
      this.#parts.push(isLent(piece) ? Buffer.from(piece) : toBuffer(piece));
    } else this.#copy(piece);
  }

  /** All bytes; the collector is empty then. */
  take(): Buffer {
    this.#seal();
    const parts = this.#parts;
    const whole = parts.length > 1 ? Buffer.concat(parts, this.size) : (parts[0] ?? EMPTY);
    this.#parts = [];
    this.#block = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.size = 0;
    return whole;
  }

  #copy(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; ) {
      if (this.#end === this.#block.length) this.#grow();
      const count = Math.min(piece.length - from, this.#block.length - this.#end);
      this.#block.set(count === piece.length ? piece : piece.subarray(from, from + count), this.#end);
      this.#end += count;
      from += count;
    }
  }

  #grow(): void {
    this.#seal();
    this.#block = Buffer.allocUnsafe(Math.min(Math.max(this.size, SMALLEST_BLOCK), LARGEST_BLOCK));
    this.#start = 0;
    this.#end = 0;
  }

  /** What follows of the block goes behind whatever comes next. */
  #seal(): void {
    if (this.#end > this.#start) this.#parts.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

function toBuffer(piece: Uint8Array): Buffer {
  return Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}

/** How much of a stream is collected, and what it means that there is no more of it. */
export interface CollectRules {
  /** Bytes. */
  readonly limit: number;
  readonly held?: Held | undefined;
  readonly signal?: AbortSignal | undefined;
  tooLarge(): Error;
  /** The bytes do not fit into what requests may hold together. */
  noRoom(): Error;
  /** The stream has broken, with an error or without one, before its end. */
  cut(error: Error | undefined): Error;
  aborted(signal: AbortSignal): Error;
}

/** All bytes of a stream. Where there are too many, or the signal is aborted, it is destroyed. */
export function collectStream(stream: Readable, rules: CollectRules): Promise<Buffer> {
  const { limit, held, signal } = rules;
  if (signal?.aborted) {
    stream.on('error', ignore).destroy();
    return Promise.reject(rules.aborted(signal));
  }
  if (stream.readableEnded) return Promise.resolve(EMPTY);
  if (stream.destroyed) return Promise.reject(rules.cut(stream.errored ?? undefined));
  return new Promise<Buffer>(function collecting(resolve, reject) {
    const content = new Collector();
    let isOver = false;

    stream.on('data', onData).once('end', onEnd).on('error', onError).once('close', onClose);
    if (signal) onAbort(signal, onAborted);

    function onData(chunk: Buffer | Uint8Array | string): void {
      if (isOver) return;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (content.size + bytes.length > limit) stop(rules.tooLarge());
      else if (!take(held, bytes.length)) stop(rules.noRoom());
      else content.add(bytes);
    }

    function onEnd(): void {
      isOver = true;
      if (signal) offAbort(signal, onAborted);
      resolve(content.take());
    }

    function onError(error: Error): void {
      stop(rules.cut(error));
    }

    function onClose(): void {
      if (!isOver) stop(rules.cut(undefined));
    }

    function onAborted(): void {
      if (signal) stop(rules.aborted(signal));
    }

    function stop(error: Error): void {
      if (isOver) return;
      isOver = true;
      give(held, content.size);
      if (signal) offAbort(signal, onAborted);
      reject(error);
      stream.destroy();
    }
  });
}

function ignore(): void {}
