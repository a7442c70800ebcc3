import type { IncomingHttpHeaders } from 'node:http';
import { isObject } from '../../core/data.js';
import type { KeyNames } from './key-set.js';

/** Longer texts are no tokens: Node takes 16 KiB of headers in all, unless the app lets in more. */
export const LONGEST_TOKEN = 16 * 1024;

export type Claims = Readonly<Record<string, unknown>>;

/** A token taken apart. Nothing of it is verified. */
export interface ParsedToken {
  readonly text: string;
  readonly alg: unknown;
  readonly names: KeyNames;
  readonly claims: Claims;
}

/** Finds the token of a request; undefined where there is none. Two that differ are joined and are no token then. */
export type TokenReader = (headers: IncomingHttpHeaders) => string | undefined;

/** First the header, then the cookie. `Bearer` may be left out in a header that is for tokens only. */
export function createTokenReader(headerName: string, cookieName: string): TokenReader {
  const header = headerName.toLowerCase();
  const isOwnHeader = header !== 'authorization';

  return function readToken(headers) {
    const value = headers[header];
    if (typeof value === 'string') {
      if (value.length > 7 && value.charCodeAt(6) === SPACE && /^bearer$/i.test(value.slice(0, 6))) {
        return value.slice(7).trim();
      }
      if (isOwnHeader && value !== '') return value;
    } else if (value !== undefined) return value.join(', ');
    return headers.cookie === undefined ? undefined : cookieOf(headers.cookie, cookieName);
  };
}
const SPACE = 32;

function cookieOf(cookies: string, name: string): string | undefined {
  let found: string | undefined;
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
    if (value !== '' && found !== value) found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;

/** Undefined for what is no signed token in compact form with a JSON object inside, or asks for what is not understood. */
export function parseToken(text: string): ParsedToken | undefined {
  if (text.length > LONGEST_TOKEN) return undefined;
  const [, head, body] = COMPACT.exec(text) ?? [];
  const header = readPart(head);
  // Nothing that a header calls critical is known here; unencoded payloads are for other things than tokens.
  if (header === undefined || Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return undefined;
  const claims = readPart(body);
  if (claims === undefined) return undefined;
  const { alg, kid, x5t, 'x5t#S256': x5tS256 } = header;
  return { text, alg, names: { kid, x5t, 'x5t#S256': x5tS256 }, claims };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readPart(part: string | undefined): Claims | undefined {
  if (part === undefined) return undefined;
  try {
    const json = utf8.decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(json);
    if (!isObject(value)) return undefined;
    return LONG_NUMBER.test(json) ? (JSON.parse(keepDigits(json)) as Claims) : value;
  } catch {
    return undefined;
  }
}

const LONG_NUMBER = /\d{16}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** A whole number that JavaScript would round becomes a text: as an id it has to stay what it is. Only for sound JSON. */
function keepDigits(json: string): string {
  return json.replace(STRING_OR_NUMBER, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  );
}
