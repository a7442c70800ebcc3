import { isIPv6 } from 'node:net';

const SHAPE = /^(?:(https?):\/\/)?(\[[0-9A-Fa-f:.]+\]|[\w-]+(?:\.[\w-]+)*\.?)(?::(\d{1,5}))?\/?$/i;
const RECORD_NAME = /^[\w-]+(?:\.[\w-]+)*\.?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNFIT = /[\u0000-\u0020\u007f-\u009f\\]|\p{Surrogate}/u;

/**
 * The origin a `host` entry names, such as `http://api.internal:8080`: `http` when no scheme is given, lower case, no
 * trailing slash, no default port. `undefined` for anything else: a base path, query, credentials, another scheme, a
 * port out of range, letters outside ASCII.
 */
export function sanitizeHost(entry: string): string | undefined {
  const match = SHAPE.exec(entry);
  if (match === null) return undefined;
  const [, scheme = 'http', name = '', port] = match;
  if (name.startsWith('[') && !isIPv6(name.slice(1, -1))) return undefined;
  if (port !== undefined && Number(port) === 0) return undefined;
  const text = `${scheme.toLowerCase()}://${name}${port === undefined ? '' : `:${port}`}`;
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

/** True for an entry that can be used as it is, under `disable_host_sanitize` or another `sd` than `static`. */
export function isVerbatimHost(entry: string): boolean {
  return entry !== '' && !UNFIT.test(entry);
}

/** True for an entry that HTTP can call as it is: `http` or `https`, a name, and no fragment, behind which all is lost. */
export function isHttpHost(entry: string): boolean {
  return isVerbatimHost(entry) && /^https?:\/\/[^/?]/i.test(entry) && !entry.includes('#') && URL.canParse(entry);
}

/** True for a name that DNS can be asked for, such as `_http._tcp.api.internal`. */
export function isRecordName(entry: string): boolean {
  return entry.length <= 253 && RECORD_NAME.test(entry);
}
