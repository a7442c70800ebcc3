import type { Headers } from '../proxy.js';
import { VERSION } from '../version.js';

/** What belongs to one connection only, and what the writer of the message sets itself. */
const NOT_OURS_TO_SEND = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Two different values of these would let two readers see two different answers. */
const SINGLE = new Set(['content-type', 'location', 'etag', 'last-modified']);

const DECODABLE = new Set(['gzip', 'x-gzip', 'br', 'deflate', 'identity']);

const ACCEPT_ENCODING = 'gzip, br, deflate';
const USER_AGENT = `express-tributary/${VERSION}`;

/** Either the headers, or what is wrong with them. */
export type Parsed = { readonly headers: Record<string, string | string[]> } | { readonly fault: string };

const ZERO = 48;

/**
 * Reads the flat name, value, name, value list of an answer's head. Set-Cookie is an array always; a header called
 * `__proto__` is dropped.
 */
export function parseHeaders(raw: readonly Buffer[], maxLines: number): Parsed {
  if (raw.length > maxLines * 2) return { fault: `more than ${maxLines} header lines` };
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toString('latin1').toLowerCase();
    const value = raw[index + 1]!.toString('latin1');
    const present = headers[name];
    if (present === undefined) {
      if (name !== '__proto__') headers[name] = name === 'set-cookie' ? [value] : value;
    } else if (SINGLE.has(name)) {
      if (present !== value) return { fault: `two different values of ${name}` };
    } else if (typeof present === 'string') {
      headers[name] = [present, value];
    } else {
      present.push(value);
    }
  }
  return { headers };
}

/** The length an answer announces, -1 for none, undefined for one that is no number. */
export function contentLength(headers: Headers): number | undefined {
  const value = headers['content-length'];
  if (value === undefined) return -1;
  if (typeof value !== 'string' || value.length === 0 || value.length > 15) return undefined;
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
  }
  return Number(value);
}

/** Which headers the wire adds or changes itself. */
export interface HeaderRules {
  /** True asks for compression where the client's own `Accept-Encoding` is not forwarded. */
  readonly compress: boolean;
  /** True where the gateway inflates bodies, so that a forwarded `Accept-Encoding` may ask only for what it can. */
  readonly decode: boolean;
}

/** Lays headers out as undici wants them. Names that belong to the connection are left out. */
export function flattenHeaders(headers: object, keepLength: boolean, rules?: HeaderRules): string[] {
  const flat: string[] = [];
  let hasEncoding = false;
  let hasAgent = false;
  for (const [key, value] of Object.entries(headers)) {
    // `false` is how axios says "not this one".
    if (value === undefined || value === null || value === false) continue;
    const name = key.toLowerCase();
    if (NOT_OURS_TO_SEND.has(name) || (name === 'content-length' && !keepLength)) continue;
    if (name === 'accept-encoding') hasEncoding = true;
    else if (name === 'user-agent') hasAgent = true;
    if (rules?.decode && name === 'accept-encoding') flat.push(name, decodableEncodings(value));
    else if (Array.isArray(value)) for (const line of value) flat.push(name, String(line));
    else flat.push(name, String(value));
  }
  if (rules?.compress && !hasEncoding) flat.push('accept-encoding', ACCEPT_ENCODING);
  if (rules && !hasAgent) flat.push('user-agent', USER_AGENT);
  return flat;
}

/** The same headers as an object. */
export function completeHeaders(
  headers: Headers,
  keepLength: boolean,
  rules: HeaderRules,
): Record<string, string | string[] | false> {
  const complete: Record<string, string | string[] | false> = Object.create(null);
  const flat = flattenHeaders(headers, keepLength, rules);
  for (let index = 0; index < flat.length; index += 2) {
    const name = flat[index] as string;
    const value = flat[index + 1] as string;
    const present = complete[name];
    if (present === undefined) complete[name] = value;
    else complete[name] = Array.isArray(present) ? [...present, value] : [String(present), value];
  }
  return complete;
}

/** Headers of any object as ours: lower case, text, Set-Cookie an array. */
export function normalizeHeaders(source: object): Headers {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined || value === null || value === false) continue;
    const name = key.toLowerCase();
    if (name === '__proto__') continue;
    if (Array.isArray(value)) headers[name] = value.map(String);
    else headers[name] = name === 'set-cookie' ? [String(value)] : String(value);
  }
  return headers;
}

/** Leaves of a forwarded Accept-Encoding what we can inflate. */
export function decodableEncodings(value: string | readonly string[]): string {
  const text = typeof value === 'string' ? value : value.join(',');
  const kept = text.split(',').filter(function isDecodable(part) {
    const end = part.indexOf(';');
    return DECODABLE.has((end < 0 ? part : part.slice(0, end)).trim().toLowerCase());
  });
  return kept.length === 0 ? 'identity' : kept.join(',').trim();
}

/** True where a flat list of headers asks for 304. */
export function isConditional(flat: readonly string[]): boolean {
  for (let index = 0; index < flat.length; index += 2) {
    if (flat[index] === 'if-none-match' || flat[index] === 'if-modified-since') return true;
  }
  return false;
}
