import { type Bounds, createLru } from '../../core/lru.js';
import type { Headers } from '../../proxy.js';
import { type Entry, sizeOf } from './entry.js';
import { variantOf } from './key.js';
import { createUrlIndex } from './url-index.js';

/** What a store knows under a key. */
export interface Lookup {
  readonly entry: Entry | undefined;
  /** The request headers that tell the variants of this key apart. */
  readonly vary: readonly string[];
  /** Where processes share the store: the version of the URL, which a write changes; undefined where it is not known. */
  readonly version?: string | undefined;
}

/** Where the answers are. Nothing here throws or rejects but `remove`: a store that is out of reach has nothing. */
export interface EntryStore {
  find(key: string, headers: Headers): Lookup | Promise<Lookup>;
  /** @param version what `find` said before the backend was asked; where it is another by now, nothing is stored */
  put(key: string, entry: Entry, version?: string): void;
  /** Removes what is stored of a URL, whatever its headers. */
  invalidate(url: string): void;
  /** Removes the entries whose keys match, and tells how many keys there were. */
  remove(matches: (key: string) => boolean): number | Promise<number>;
  /** Lets it take at least this much; missing where the store sees to that itself. */
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
  const index = createUrlIndex();
  const lru = createLru<readonly Entry[]>(bounds, index.remove);

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
      if (lru.set(key, variants, bytes, variants.length)) index.add(key);
    },
    invalidate(url) {
      for (const key of index.keysOf(url)) lru.delete(key);
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
