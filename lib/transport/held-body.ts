import { give, type Held, take } from '../core/buffer-budget.js';
import { Collector } from '../core/collect.js';

/** Bodies of such a length have one Buffer from the start: smaller ones come in one read, larger ones may never come. */
const SMALLEST_WHOLE = 64 * 1024;
const LARGEST_WHOLE = 8 * 1024 * 1024;

/** The body of one answer that is held in memory, and counts as held. A class, as one is made for each call. */
export class HeldBody {
  readonly #held: Held | undefined;
  readonly #pieces = new Collector();
  /** Takes the place of the pieces where the length is known. */
  #whole: Buffer | undefined;
  #size = 0;
  /** Bytes that count as held. */
  #taken = 0;

  constructor(held: Held | undefined) {
    this.#held = held;
  }

  /** Makes room for a body of a known length. False where there is none. */
  expect(length: number): boolean {
    if (!this.#hold(length)) return false;
    if (length > SMALLEST_WHOLE && length <= LARGEST_WHOLE) this.#whole = Buffer.allocUnsafeSlow(length);
    return true;
  }

  /** True where pieces are copied as they come, so that they may be lent. */
  get copiesPieces(): boolean {
    return this.#whole !== undefined;
  }

  /** Takes the next bytes. False where there is no room for them. */
  add(piece: Buffer): boolean {
    const start = this.#size;
    this.#size += piece.length;
    if (this.#size > this.#taken && !this.#hold(piece.length)) return false;
    if (this.#whole !== undefined) this.#whole.set(piece, start);
    else this.#pieces.add(piece);
    return true;
  }

  /** All bytes. They go on counting as held. */
  take(): Buffer {
    return this.#whole ?? this.#pieces.take();
  }

  /** It is not needed: nothing of it counts as held any more. */
  giveBack(): void {
    give(this.#held, this.#taken);
    this.#taken = 0;
  }

  #hold(bytes: number): boolean {
    if (!take(this.#held, bytes)) return false;
    this.#taken += bytes;
    return true;
  }
}
