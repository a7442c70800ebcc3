import { isLent } from './buffer-pool.js';

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
