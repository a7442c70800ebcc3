import type { Readable } from 'node:stream';

/** Memory that sockets read large bodies into, one after the other. */
export interface Memory {
  readonly bytes: Buffer;
  /** How many readers still use what was read into it. */
  holders: number;
}

/** What one read takes at most: as much as Linux has ready at a time for a reader that is as fast as its sender. */
const SIZE = 96 * 1024;
/** Kept for the next reads; what is in use beyond that is left to the garbage collection. */
const MOST_FREE = 48;

const MEMORY = Symbol('memory');
const BORROWED = Symbol('borrowed');

/** On an `ArrayBuffer` the memory it belongs to, on a piece that it is still to be given back. */
interface Marked {
  [MEMORY]?: Memory | undefined;
}

type Body = Readable & { [BORROWED]?: true };

/** The last one that was given back is the next one to be used: the processor still has it in its caches. */
const free: Memory[] = [];

/** Memory to read into, with one holder: the caller. */
export function takeMemory(): Memory {
  const known = free.pop();
  if (known !== undefined) {
    known.holders = 1;
    return known;
  }
  const bytes = Buffer.allocUnsafeSlow(SIZE);
  const memory: Memory = { bytes, holders: 1 };
  (bytes.buffer as Marked)[MEMORY] = memory;
  return memory;
}

/** One holder less; without any, it is free for the next read. */
export function releaseMemory(memory: Memory): void {
  memory.holders -= 1;
  if (memory.holders === 0 && free.length < MOST_FREE) free.push(memory);
}

/** True for a piece whose bytes are about to be written over. */
export function isLent(piece: Uint8Array): boolean {
  return (piece.buffer as Marked)[MEMORY] !== undefined;
}

/** Keeps the bytes of a lent piece as they are, until it is released. A reader that forgets to do so costs memory, and no more. */
export function retain(piece: Buffer): void {
  const memory = (piece.buffer as Marked)[MEMORY];
  if (memory === undefined) return;
  memory.holders += 1;
  (piece as Marked)[MEMORY] = memory;
}

/** The counterpart of `retain`, for exactly the piece that was retained: a second time, or a part of it, does nothing. */
export function release(piece: Buffer): void {
  const memory = (piece as Marked)[MEMORY];
  if (memory === undefined) return;
  (piece as Marked)[MEMORY] = undefined;
  releaseMemory(memory);
}

/** The caller promises to release every piece that it reads from the `data` of this body, and to keep none beyond that. */
export function borrow(body: Readable): void {
  (body as Body)[BORROWED] = true;
}

/** False as soon as another reader listens, which has promised nothing. */
export function isBorrowed(body: Readable): boolean {
  return (body as Body)[BORROWED] === true && body.listenerCount('data') === 1 && body.listenerCount('readable') === 0;
}

/** A piece of a body as it can be handed on: what is lent is retained for a reader that releases it, and copied for any other. */
export function keepPiece(piece: Buffer, body: Readable): Buffer {
  if (!isLent(piece)) return piece;
  if (!isBorrowed(body)) return Buffer.from(piece);
  retain(piece);
  return piece;
}
