import { SINGLE_VALUED } from '../core/http-headers.js';
import type { Headers } from '../proxy.js';

/** The head of a final answer that can be trusted to say where its body ends. */
export interface Head {
  readonly status: number;
  readonly headers: Headers;
  readonly hasBody: boolean;
  /** Bytes of the body, -1 where the head does not say. */
  readonly length: number;
  /** True where only the end of the connection ends the body. */
  readonly isCloseDelimited: boolean;
}

const MAX_LINES = 1_000;
const MAX_LENGTH_DIGITS = 15;
const ZERO = 48;
const SPACE = 32;
const TAB = 9;
const CONDITIONS = new Set(['if-none-match', 'if-modified-since']);
const RANGE = new Set(['range']);

/**
 * Judges the head of an answer; a string says what is wrong with it.
 *
 * @param raw name, value, name, value… as undici's parser found them
 * @param sent the headers of the request, laid out likewise
 * @param isHttp10 true where the answer says that it is HTTP/1.0
 * @param isPassedOn true where its headers reach a client, which must not be left to choose between two values
 */
export function readHead(
  status: number,
  raw: readonly Buffer[],
  method: string,
  sent: readonly string[],
  isHttp10 = false,
  isPassedOn = true,
): Head | string {
  const headers = parseHeaders(raw, isPassedOn);
  if (typeof headers === 'string') return headers;
  if (status === 304 && !hasAny(sent, CONDITIONS)) return '304 to a request without a condition';
  if (status === 206 && !hasAny(sent, RANGE)) return '206 to a request for the whole';
  const hasBody = status !== 204 && status !== 304 && method !== 'HEAD';
  const length = contentLength(headers['content-length']);
  if (length === undefined) return 'a length that is no number';
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return { status, headers, hasBody, length, isCloseDelimited: hasBody && length < 0 };
  if (isHttp10) return 'a transfer encoding in HTTP/1.0';
  if (length >= 0) return 'two ways to tell where it ends';
  if (typeof coding !== 'string' || coding.toLowerCase() !== 'chunked') return 'a transfer encoding other than chunked';
  return { status, headers, hasBody, length, isCloseDelimited: false };
}

/** Set-Cookie becomes an array always, others when they come twice. A header called `__proto__` is dropped. */
function parseHeaders(raw: readonly Buffer[], isPassedOn: boolean): Headers | string {
  if (raw.length > MAX_LINES * 2) return `more than ${MAX_LINES} header lines`;
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toString('latin1').toLowerCase();
    const value = withoutEndSpace(raw[index + 1]!.toString('latin1'), name);
    const present = headers[name];
    if (present === undefined) {
      if (name !== '__proto__') headers[name] = name === 'set-cookie' ? [value] : value;
    } else if (SINGLE_VALUED.has(name) && present === value) {
      // Said twice is said once.
    } else if (SINGLE_VALUED.has(name) && isPassedOn) {
      return `two different values of ${name}`;
    } else if (typeof present === 'string') {
      headers[name] = [present, value];
    } else {
      present.push(value);
    }
  }
  return headers;
}

/**
 * The parser leaves white space behind a value. Behind a length or a coding it has understood spaces only: a tab stays there,
 * and the value is refused.
 */
function withoutEndSpace(value: string, name: string): string {
  let end = value.length;
  const isFraming = name === 'content-length' || name === 'transfer-encoding';
  while (end > 0 && (value.charCodeAt(end - 1) === SPACE || (value.charCodeAt(end - 1) === TAB && !isFraming))) end--;
  return end === value.length ? value : value.slice(0, end);
}

function contentLength(value: string | readonly string[] | undefined): number | undefined {
  if (value === undefined) return -1;
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_LENGTH_DIGITS) return undefined;
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
  }
  return Number(value);
}

function hasAny(sent: readonly string[], names: ReadonlySet<string>): boolean {
  for (let index = 0; index < sent.length; index += 2) {
    if (names.has(sent[index] as string)) return true;
  }
  return false;
}
