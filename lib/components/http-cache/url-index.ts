import { urlOf } from './key.js';

/** The keys of each URL. */
export interface UrlIndex {
  add(key: string): void;
  remove(key: string): void;
  /** The keys of a URL; a copy. */
  keysOf(url: string): readonly string[];
}

export function createUrlIndex(): UrlIndex {
  // Most URLs have one key, which needs no set of its own.
  const keys = new Map<string, string | Set<string>>();

  return {
    add(key) {
      const url = urlOf(key);
      const present = keys.get(url);
      if (present === undefined) keys.set(url, key);
      else if (typeof present !== 'string') present.add(key);
      else if (present !== key) keys.set(url, new Set([present, key]));
    },
    remove(key) {
      const url = urlOf(key);
      const present = keys.get(url);
      if (present === key) keys.delete(url);
      else if (present instanceof Set && present.delete(key) && present.size === 0) keys.delete(url);
    },
    keysOf(url) {
      const present = keys.get(url);
      if (present === undefined) return [];
      return typeof present === 'string' ? [present] : [...present];
    },
  };
}
