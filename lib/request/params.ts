import { isHostileSegment } from '../config/url-pattern.js';
import { RequestError } from '../errors.js';
import type { RawParams } from '../router/matcher.js';

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/**
 * Decodes the params of a path, once.
 *
 * @throws {RequestError} when a value is not what one path segment can hold: a separator, a dot segment, a control
 * character, invalid UTF-8, or text that is still encoded after decoding.
 */
export function decodeParams(raw: RawParams): Readonly<Record<string, string>> {
  let params: Record<string, string> | undefined;
  for (const name in raw) {
    params ??= Object.create(null) as Record<string, string>;
    params[name] = name === '*' ? decodeRest(raw[name]!) : decodeSegment(raw[name]!);
  }
  return params ?? NO_PARAMS;
}

/** A wildcard's rest: segment by segment, since an encoded slash must not become a real one. */
function decodeRest(raw: string): string {
  if (raw === '') return raw;
  const segments = raw.split('/');
  const last = segments.length - 1;
  // Only the last segment may be empty: it is the slash at the end of the path.
  return segments.map((segment, index) => (index === last && segment === '' ? '' : decodeSegment(segment))).join('/');
}

function decodeSegment(raw: string): string {
  const value = raw.includes('%') ? decode(raw) : raw;
  if (isHostileSegment(value)) throw hostile();
  return value;
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw hostile();
  }
}

function hostile(): RequestError {
  return new RequestError('ERR_REQUEST_PATH', 'The path holds a parameter that cannot be passed on safely.');
}
