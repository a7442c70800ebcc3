import { isHopByHop } from '../../core/http-headers.js';
import type { BackendRequest, Headers } from '../../proxy.js';
import type { BackendResponse } from '../../transport/transport.js';
import { evaluate, type Freshness, hasValidator, varyOf } from './freshness.js';
import { variantOf } from './key.js';

/** One stored answer. */
export interface Entry extends Freshness {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** When it was asked for, in milliseconds of the cache's clock. */
  readonly askedAt: number;
  /** The request headers it depends on, and what they were. */
  readonly vary: readonly string[];
  readonly variant: string;
}

/** Milliseconds; only goes forward, and is the time of day where a store is shared. */
export type Clock = () => number;

const START = Date.now() - performance.now();

export const steadyClock: Clock = function steadyClock() {
  return START + performance.now();
};

/** Describe a body that a 304 does not have. */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
]);

/** An entry of its own bytes: a slice would hold on to the whole piece that came from the socket. */
export function createEntry(
  request: BackendRequest,
  { status, headers }: BackendResponse,
  body: Buffer,
  freshness: Freshness,
  askedAt: number,
): Entry {
  const own = Buffer.allocUnsafeSlow(body.length);
  body.copy(own);
  const kept: Record<string, string | readonly string[]> = Object.create(null);
  for (const name of Object.keys(headers)) {
    if (!(name === 'age' || isHopByHop(name))) kept[name] = headers[name] as string | readonly string[];
  }
  const vary = varyOf(headers);
  return { ...freshness, status, headers: kept, body: own, askedAt, vary, variant: variantOf(vary, request.headers) };
}

/** The headers that ask whether an entry still holds; undefined when it has nothing to ask by. */
export function conditionOf({ headers }: Entry): Headers | undefined {
  if (!hasValidator(headers)) return undefined;
  const { etag, 'last-modified': lastModified } = headers;
  return {
    ...(typeof etag === 'string' && { 'if-none-match': etag }),
    ...(typeof lastModified === 'string' && { 'if-modified-since': lastModified }),
  };
}

/** The entry as a 304 renews it; undefined when that speaks of another answer, or forbids to keep this one. */
export function renew(entry: Entry, request: BackendRequest, headers: Headers, askedAt: number): Entry | undefined {
  const isOther = ['etag', 'last-modified'].some((name) => {
    const value = headers[name];
    return value !== undefined && entry.headers[name] !== undefined && !isSameTag(value, entry.headers[name]);
  });
  if (isOther) return undefined;
  const merged: Record<string, string | readonly string[]> = Object.assign(Object.create(null), entry.headers);
  for (const name of Object.keys(headers)) {
    if (!OF_THE_BODY.has(name)) merged[name] = headers[name] as string | readonly string[];
  }
  const freshness = evaluate(request, entry.status, merged);
  return (
    freshness &&
    createEntry(request, { status: entry.status, headers: merged, body: entry.body }, entry.body, freshness, askedAt)
  );
}

/** Strong or weak: either says that the answer is good enough to be used again. */
function isSameTag(a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' && a.replace(/^W\//, '') === b.replace(/^W\//, '');
}

/** Seconds since the answer was made. */
export function ageOf({ initialAge, askedAt }: Entry, now: number): number {
  // A store that machines share has entries of clocks that run ahead.
  return initialAge + Math.max(0, now - askedAt) / 1000;
}

/** What an entry takes of the memory, about: one-byte texts, and what V8 needs around them. */
export function sizeOf({ headers, body, variant }: Entry, key: string): number {
  let size = ENTRY_OVERHEAD + body.length + key.length + variant.length;
  for (const name of Object.keys(headers)) {
    const value = headers[name] as string | readonly string[];
    size += HEADER_OVERHEAD + name.length;
    if (typeof value === 'string') size += value.length;
    else for (const line of value) size += HEADER_OVERHEAD + line.length;
  }
  return size;
}
const ENTRY_OVERHEAD = 920;
const HEADER_OVERHEAD = 48;

/** The answer made of an entry of this age, in seconds. */
export function toResponse({ status, headers, body }: Entry, age: number): BackendResponse {
  return { status, headers: withHeader(headers, 'age', String(Math.floor(age))), body };
}

export function withHeader(headers: Headers, name: string, value: string): Headers {
  const changed: Record<string, string | readonly string[]> = Object.assign(Object.create(null), headers);
  changed[name] = value;
  return changed;
}
