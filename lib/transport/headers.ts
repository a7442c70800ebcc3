import { isHopByHop } from '../core/http-headers.js';
import { USER_AGENT } from '../core/version.js';
import type { Headers } from '../proxy.js';

const DECODABLE = new Set(['gzip', 'x-gzip', 'br', 'deflate', 'identity']);

const ACCEPT_ENCODING = 'gzip, br, deflate';

/** Which headers the wire adds or changes itself. */
export interface HeaderRules {
  /** True asks for compression where the client's own `Accept-Encoding` is not forwarded. */
  readonly compress: boolean;
  /** True where the gateway inflates bodies, so that a forwarded `Accept-Encoding` may ask only for what it can. */
  readonly decode: boolean;
  /** What the gateway calls itself in `Via`; undefined leaves that header as it is. */
  readonly via?: string | undefined;
}

/**
 * Lays headers out as undici wants them. Names that belong to the connection are left out.
 *
 * @param passedVia the `Via` of the client's request: the way it came is passed on whether or not that header is forwarded
 */
export function flattenHeaders(
  headers: Readonly<Record<string, unknown>>,
  keepLength: boolean,
  rules?: HeaderRules,
  passedVia?: string | readonly string[],
): string[] {
  const flat: string[] = [];
  let hasEncoding = false;
  let hasAgent = false;
  let via: unknown = passedVia;
  for (const key of Object.keys(headers)) {
    const value = headers[key];
    // `false` is how axios says "not this one".
    if (value === undefined || value === null || value === false) continue;
    const name = key.toLowerCase();
    if (name === 'expect' || isHopByHop(name) || (name === 'content-length' && !keepLength)) continue;
    if (name === 'accept-encoding') hasEncoding = true;
    else if (name === 'user-agent') hasAgent = true;
    else if (name === 'via' && rules?.via !== undefined) {
      via = value;
      continue;
    }
    if (rules?.decode && name === 'accept-encoding') flat.push(name, decodableEncodings(String(value)));
    else if (typeof value === 'string') flat.push(name, value);
    else if (Array.isArray(value)) for (const line of value) flat.push(name, String(line));
    else flat.push(name, String(value));
  }
  if (rules?.compress && !hasEncoding) flat.push('accept-encoding', ACCEPT_ENCODING);
  if (rules && !hasAgent) flat.push('user-agent', USER_AGENT);
  if (rules?.via !== undefined) flat.push('via', via === undefined ? `1.1 ${rules.via}` : `${via}, 1.1 ${rules.via}`);
  return flat;
}

/** The same headers as an object. */
export function completeHeaders(
  headers: Headers,
  keepLength: boolean,
  rules: HeaderRules,
  passedVia?: string | readonly string[],
): Record<string, string | string[] | false> {
  const complete: Record<string, string | string[] | false> = Object.create(null);
  const flat = flattenHeaders(headers, keepLength, rules, passedVia);
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
function decodableEncodings(value: string): string {
  const kept = value.split(',').filter(function isDecodable(part) {
    const end = part.indexOf(';');
    return DECODABLE.has((end < 0 ? part : part.slice(0, end)).trim().toLowerCase());
  });
  return kept.length === 0 ? 'identity' : kept.join(',').trim();
}
