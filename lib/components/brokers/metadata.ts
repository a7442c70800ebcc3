import { isHopByHop } from '../../core/http-headers.js';
import type { Headers } from '../../proxy.js';

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** What a header may hold; anything else is not passed on. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Beside the headers of one connection: they speak about one body, or one hop. */
const OF_THE_WIRE: ReadonlySet<string> = new Set(['content-length', 'expect', 'host']);

/** What a message says about itself: the forwarded headers, the first value of each. */
export function toMetadata(headers: Headers): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    const first = typeof value === 'string' ? value : value[0];
    if (first !== undefined && !OF_THE_WIRE.has(name) && !isHopByHop(name)) metadata[name] = first;
  }
  return metadata;
}

/** What of a message's metadata can be in an HTTP header; values come as text or bytes, or in lists of them. */
export function toHeaders(metadata: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const [key, entry] of Object.entries(metadata ?? {})) {
    const name = key.toLowerCase();
    const value: unknown = Array.isArray(entry) ? entry[0] : entry;
    const isText = typeof value === 'string' || typeof value === 'number' || Buffer.isBuffer(value);
    if (isText && NAME.test(name) && !OF_THE_WIRE.has(name) && !isHopByHop(name) && VALUE.test(String(value)))
      headers[name] = String(value);
  }
  return headers;
}
