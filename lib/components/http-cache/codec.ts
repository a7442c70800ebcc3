import type { Entry } from './entry.js';

/** What stands under a key of a shared store: an entry, or the headers by which its variants have keys of their own. */
export type Stored = { readonly entry: Entry } | { readonly vary: readonly string[] };

/** Texts of another layout count as not there. */
const LAYOUT = 1;

/** As text, which every client of every store can carry: a line of JSON, then the body byte by byte. */
export function encodeEntry({ body, ...head }: Entry): string {
  return `${JSON.stringify({ layout: LAYOUT, head })}\n${body.toString('latin1')}`;
}

export function encodeVary(vary: readonly string[]): string {
  return JSON.stringify({ layout: LAYOUT, vary });
}

/** Undefined for what this version did not write. */
export function decodeStored(text: string): Stored | undefined {
  const end = text.indexOf('\n');
  let stored: { layout?: unknown; vary?: readonly string[]; head?: Omit<Entry, 'body'> };
  try {
    stored = JSON.parse(end < 0 ? text : text.slice(0, end));
  } catch {
    return undefined;
  }
  if (stored?.layout !== LAYOUT) return undefined;
  if (stored.vary) return { vary: stored.vary };
  if (!stored.head || end < 0) return undefined;
  const headers = Object.assign(Object.create(null), stored.head.headers);
  return { entry: { ...stored.head, headers, body: Buffer.from(text.slice(end + 1), 'latin1') } };
}
