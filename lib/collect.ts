import { isLent } from './lending.js';

/** Takes bytes piece by piece. */
export interface Collector {
  /** Bytes so far. */
  readonly size: number;
  add(piece: Uint8Array): void;
  /** All of them; the collector is empty then. */
  take(): Buffer;
}

/** Smaller pieces are copied: a Buffer costs a hundred bytes, and keeps all alive that was read together with it. */
const SMALL = 16 * 1024;
const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 256 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * Collects a body in memory of about its own size, however small its pieces are: a piece that comes alone and large ones
 * stay as they are, small ones are put together in blocks that grow with the whole.
 */
export function createCollector(): Collector {
  /** Complete, in order. */
  let parts: Buffer[] = [];
  let block: Buffer | undefined;
  /** What of the block is not yet among the parts. */
  let start = 0;
  let end = 0;
  let size = 0;

  function add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const isAlone = size === 0 && !isLent(piece);
    size += piece.length;
    if (isAlone || piece.length >= SMALL) {
      seal();
      parts.push(isLent(piece) ? Buffer.from(piece) : toBuffer(piece));
    } else copy(piece);
  }

  function copy(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; ) {
      if (block === undefined || end === block.length) grow();
      const room = block as unknown as Buffer;
      const count = Math.min(piece.length - from, room.length - end);
      room.set(count === piece.length ? piece : piece.subarray(from, from + count), end);
      end += count;
      from += count;
    }
  }

  function grow(): void {
    seal();
    block = Buffer.allocUnsafeSlow(Math.min(Math.max(size, SMALLEST_BLOCK), LARGEST_BLOCK));
    start = 0;
    end = 0;
  }

  /** What follows of the block goes behind whatever comes next. */
  function seal(): void {
    if (block !== undefined && end > start) parts.push(block.subarray(start, end));
    start = end;
  }

  return {
    get size() {
      return size;
    },
    add,
    take() {
      seal();
      const whole = parts.length > 1 ? Buffer.concat(parts, size) : (parts[0] ?? EMPTY);
      parts = [];
      block = undefined;
      size = 0;
      return whole;
    },
  };
}

function toBuffer(piece: Uint8Array): Buffer {
  return Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}
