import type { Headers } from '../../proxy.js';
import { type Entry, sizeOf } from './entry.js';
import { variantOf } from './key.js';
import { type Bounds, createLru } from './lru.js';

/** What a store knows under a key. */
export interface Lookup {
  readonly entry: Entry | undefined;
  /** The request headers that tell the variants of this key apart. */
  readonly vary: readonly string[];
}

/** Where the answers are. Does not fail: a store that is out of reach has nothing. */
export interface EntryStore {
  find(key: string, headers: Headers): Lookup | Promise<Lookup>;
  put(key: string, entry: Entry): void;
  /** Removes the entries whose keys match, and tells how many keys there were. */
  remove(matches: (key: string) => boolean): number | Promise<number>;
  /** Lets it take at least this much; not there where somebody else sees to that. */
  grow?(bounds: Bounds): void;
}

/** A store in this process. */
export interface MemoryStore extends EntryStore {
  bytes(): number;
  items(): number;
}

/** More variants of one key than this push the oldest one out. */
const MAX_VARIANTS = 16;

export const NOTHING: Lookup = Object.freeze({ entry: undefined, vary: [] });

export function createMemoryStore(bounds: Bounds): MemoryStore {
  const lru = createLru<readonly Entry[]>(bounds);

  return {
    find(key, headers) {
      const variants = lru.get(key);
      if (variants === undefined) return NOTHING;
      const entry = variants.find(({ vary, variant }) => variant === variantOf(vary, headers));
      return { entry, vary: (entry ?? variants[0])?.vary ?? [] };
    },
    put(key, entry) {
      const present = lru.get(key) ?? [];
      const others = present.filter((other) => other.variant !== entry.variant || !isSameList(other.vary, entry.vary));
      const variants = [entry, ...others.slice(0, MAX_VARIANTS - 1)];
      const bytes = variants.reduce((sum, variant) => sum + sizeOf(variant, key), 0);
      lru.set(key, variants, bytes, variants.length);
    },
    remove(matches) {
      const doomed = [...lru.keys()].filter(matches);
      for (const key of doomed) lru.delete(key);
      return doomed.length;
    },
    grow: lru.grow,
    bytes: lru.bytes,
    items: lru.items,
  };
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
