import type { Headers } from '../proxy.js';

/** Belong to one connection or to the framing of one message, and never cross. Names in lower case. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'alt-svc',
]);

/** True for headers of one connection (RFC 9110 §7.6.1), which are stripped in both directions. Names in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name) || name.startsWith('proxy-');
}

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
