import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { heapSettings, youngLimit } from './heap-limit.js';

export interface HeapOptions {
  /** Share of the largest possible heap that is too much, between 0 and 1. */
  readonly limit: number;
  /** Milliseconds for which a heap without a garbage collection is believed to be full. */
  readonly window: number;
  /** The share in use now. */
  readonly read: () => number;
}

export interface HeapWatch {
  /** True while the heap is too full. Takes the moment, in milliseconds. */
  isFull(at: number): boolean;
  /** All garbage has been collected: what is in use now is in use indeed. */
  collected(at: number): void;
}

/** Of the limit: below that the heap is no longer full. */
const RELIEF = 0.9;

/** Of what is left above the limit: what the requests that are let in on trial may add to it. */
const TRIAL = 0.25;
/** Windows between two trials, at most. */
const LONGEST = 16;

/**
 * A heap that is in use up to its limit may hold nothing but garbage, and without requests nothing makes V8 collect it. So a
 * full heap is believed for a while only; then requests are let in until the next collection decides. Each trial in vain
 * doubles the while, so that what is needed indeed does not grow trial by trial.
 */
export function createHeapWatch({ limit, window, read }: HeapOptions): HeapWatch {
  const trial = (1 - limit) * TRIAL;
  let state: 'calm' | 'full' | 'doubted' = 'calm';
  let knownAt = 0;
  let patience = window;
  let shareAtTrial = 0;

  function endTrial(at: number): void {
    state = 'full';
    knownAt = at;
    patience = Math.min(patience * 2, window * LONGEST);
  }

  return {
    isFull(at) {
      const share = read();
      if (share <= (state === 'calm' ? limit : limit * RELIEF)) {
        state = 'calm';
        patience = window;
      } else if (state === 'calm') {
        state = 'full';
        knownAt = at;
      } else if (state === 'full' && at - knownAt >= patience) {
        state = 'doubted';
        shareAtTrial = share;
      } else if (state === 'doubted' && share > shareAtTrial + trial) endTrial(at);
      return state === 'full';
    },
    collected(at) {
      if (state === 'doubted') endTrial(at);
      else knownAt = at;
    },
  };
}

const YOUNG_SPACES: ReadonlySet<string> = new Set(['new_space', 'new_large_object_space']);

/**
 * Reads the share of the heap's limit that is in use. V8's own figures include its space for young objects, which never ends a
 * process: it is the old ones that run out of room.
 */
export function createHeapReader(): () => number {
  const young = youngLimit(heapSettings());

  return function heapInUse() {
    const { heap_size_limit: limit } = getHeapStatistics();
    let used = 0;
    for (const space of getHeapSpaceStatistics()) {
      if (!YOUNG_SPACES.has(space.space_name)) used += space.space_used_size;
    }
    return used / (limit - young);
  };
}
