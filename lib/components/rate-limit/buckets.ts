import { type Decision, decide, type Limit, TOLERANCE } from './store.js';

/** Takes one token from the bucket of a key. */
export type Buckets = (key: string) => Decision;

/**
 * Token buckets in memory, at most `maxKeys` of them. A bucket is one number: when it will be full, counted in tokens.
 * Adding one to that is exact, so that no span of time lets through more than `capacity + rate · t`.
 *
 * Keys live in two generations. One that is used moves to the younger. The older is dropped when all its buckets are full
 * again, which loses nothing, or when the younger has grown too large, which loses those that were idle longest: a key that
 * is in use, if only to be turned away, is never forgotten.
 */
export function createBuckets(limit: Limit, maxKeys: number, now: () => number = () => performance.now()): Buckets {
  const { capacity, rate } = limit;
  const perMillisecond = rate / 1_000;
  const largest = Math.max(1, Math.floor(maxKeys / 2));
  /** Until all that the older generation holds is full again; at least a second. */
  const lifetime = Math.max(capacity, rate);
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  let end = Number.NEGATIVE_INFINITY;

  function turn(time: number): void {
    old = young;
    young = new Map();
    end = time + lifetime;
  }

  return function takeFromBucket(key) {
    const time = now() * perMillisecond;
    if (time >= end) turn(time);

    const known = young.get(key);
    const full = Math.max(known ?? old.get(key) ?? time, time);
    const isAllowed = full - time + 1 <= capacity + TOLERANCE;
    const next = isAllowed ? full + 1 : full;
    if (known === undefined) {
      if (young.size >= largest) turn(time);
      young.set(ownCopy(key), next);
    } else if (isAllowed) {
      young.set(key, next);
    }

    return decide(isAllowed, next - time, limit);
  };
}

/** A text that was cut out of a longer one would keep all of that in memory. */
function ownCopy(key: string): string {
  return Buffer.from(key).toString();
}
