import { Readable } from 'node:stream';
import { keepPiece } from './buffer-pool.js';
import { Collector } from './collect.js';

/** Smaller pieces of one turn of the loop are handed on together. */
const SMALL = 1024;
/** While the reader is behind, smaller ones wait until there is so much, or until it asks. */
const BLOCK = 16 * 1024;

/**
 * A stream whose buffer holds few pieces, however small those are that are put into it: Node's own counts bytes, and a piece
 * of one byte costs two hundred. It is filled by `add` and `finish` instead of `push`.
 */
export class PackedStream extends Readable {
  readonly #waiting = new Collector();
  #isScheduled = false;

  /** False when it has enough for now; `read` of its options is called once it wants more. A lent piece is copied or held. */
  add(piece: Buffer): boolean {
    // Only a push, be it of nothing, lets Node ask for more.
    if (piece.length === 0) return this.push(piece);
    const isBehind = this.readableLength > 0;
    if (piece.length >= (isBehind ? BLOCK : SMALL)) {
      this.#flush();
      return this.push(keepPiece(piece, this));
    }
    this.#waiting.add(piece);
    if (this.#waiting.size >= BLOCK) this.#flush();
    else if (!isBehind && !this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(PackedStream.#flushLater, this);
    }
    return this.readableLength + this.#waiting.size < this.readableHighWaterMark;
  }

  /** Nothing comes any more. */
  finish(): void {
    this.#flush();
    this.push(null);
  }

  /** Whatever reads a stream ends up here. */
  override read(size?: number): unknown {
    if (size !== 0) this.#flush();
    return super.read(size);
  }

  #flush(): void {
    if (this.#waiting.size > 0) this.push(this.#waiting.take());
  }

  static #flushLater(stream: PackedStream): void {
    stream.#isScheduled = false;
    if (!stream.destroyed) stream.#flush();
  }
}
