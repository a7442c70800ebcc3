import type { Headers } from './proxy.js';

/** Two different values of one of these would let two readers see two different answers. */
export const SINGLE_VALUED: ReadonlySet<string> = new Set(['content-type', 'location', 'etag', 'last-modified']);

/** The first of `names` that has one value only and was given several. */
export function findConflict(headers: Headers, names: Iterable<string>): string | undefined {
  for (const name of names) {
    const value = headers[name];
    if (Array.isArray(value) && SINGLE_VALUED.has(name) && value.some((line) => line !== value[0])) return name;
  }
  return undefined;
}
