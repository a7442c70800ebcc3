import { createKeepToken, type KeepToken } from './reload-state.js';

/** How an answer came about: from the store, from the backend, or past the cache. */
export type CacheState = 'hit' | 'miss' | 'revalidated' | 'stale' | 'pass';

/** What all caches of a gateway have done since it was made. */
export type CacheCounts = Readonly<Record<CacheState, number>>;

/** The caches of a gateway, reachable as `gateway.cache`. */
export interface CacheControl {
  /**
   * Forgets what is stored and tells how many answers that were; answers under way are not stored.
   *
   * @param target a URL of a backend, or its path and query alone, which means every host; with a `*` at its end
   * everything that begins like it. Default: all there is.
   *
   * @example
   * await gateway.cache.purge('/products/42');
   * await gateway.cache.purge('http://catalogue.internal/products*');
   */
  purge(target?: string): Promise<number>;
  /** How often an answer came from the store (`hit`), from the backend (`miss`), … */
  counts(): CacheCounts;
}

/** What the gateway asks of a cache. */
export interface ControlledCache {
  readonly counts: CacheCounts;
  /** Forgets the answers of the URLs that match, and tells how many they were. */
  purge(matches: (url: string) => boolean): number | Promise<number>;
}

/** The caches that a configuration uses. */
export const CACHES: KeepToken<ControlledCache> = createKeepToken('http-cache');

/** @param caches those of the configuration in force */
export function createCacheControl(caches: () => readonly ControlledCache[]): CacheControl {
  return {
    async purge(target = '*') {
      const matches = createMatcher(target);
      const removed = caches().map((cache) => cache.purge(matches));
      return (await Promise.all(removed)).reduce((sum, count) => sum + count, 0);
    },
    counts() {
      const sums = { hit: 0, miss: 0, revalidated: 0, stale: 0, pass: 0 };
      for (const { counts } of caches()) {
        for (const state of Object.keys(sums) as CacheState[]) sums[state] += counts[state];
      }
      return sums;
    },
  };
}

function createMatcher(target: string): (url: string) => boolean {
  const isPrefix = target.endsWith('*');
  const text = isPrefix ? target.slice(0, -1) : target;
  const isPath = text.startsWith('/');
  return function matches(url) {
    const subject = isPath ? pathOf(url) : url;
    return isPrefix ? subject.startsWith(text) : subject === text;
  };
}

const SCHEME_END = '://';

function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf(SCHEME_END) + SCHEME_END.length);
  return start < 0 ? '/' : url.slice(start);
}
