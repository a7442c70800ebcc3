import { unescape } from 'node:querystring';
import { RequestError } from '../errors.js';
import type { QueryPair } from '../proxy.js';

/** Reads the declared pairs of a raw query string. */
export type QueryReader = (query: string) => readonly QueryPair[];

/** More pairs than this are refused. */
const MAX_PAIRS = 10_000;
const NO_PAIRS: readonly QueryPair[] = Object.freeze([]);
const AMPERSAND = 38;

// What no query of RFC 3986 has, and `;`, at which some servers begin another pair as they do at `&`; everything else is passed
// on as the client wrote it.
const UNSAFE = /[^!$-:=?-Z_a-z~]/g;
const HAS_UNSAFE = /[^!$-:=?-Z_a-z~]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/**
 * Reads ordered pairs by the rules of `input_query_strings`: names are compared with their case, repeats are kept,
 * `*` lets everything in, an empty list nothing, and then nothing is parsed. As in KrakenD, a pair that cannot be decoded is left
 * out, and bytes that are no UTF-8 pass.
 */
export function createQueryReader(names: readonly string[] | undefined): QueryReader {
  const declared = new Set(names);
  const isOpen = declared.has('*');
  declared.delete('');
  if (declared.size === 0) return readNothing;

  return function readQuery(query) {
    if (query === '') return NO_PAIRS;
    checkCount(query);
    const text = HAS_UNSAFE.test(query) ? query.replace(UNSAFE, encodeByte) : query;
    const pairs: QueryPair[] = [];
    for (let start = 0; start <= text.length; ) {
      const next = text.indexOf('&', start);
      const end = next < 0 ? text.length : next;
      if (end > start) readPair(text.slice(start, end), pairs);
      start = end + 1;
    }
    return pairs;
  };

  function readPair(text: string, pairs: QueryPair[]): void {
    const equals = text.indexOf('=');
    const name = decode(equals < 0 ? text : text.slice(0, equals));
    if (name === undefined || !(isOpen || declared.has(name))) return;
    const value = equals < 0 ? '' : decode(text.slice(equals + 1));
    if (value !== undefined) pairs.push({ name, value, text });
  }
}

function readNothing(): readonly QueryPair[] {
  return NO_PAIRS;
}

function checkCount(query: string): void {
  let count = 1;
  for (let index = 0; index < query.length; index++) {
    if (query.charCodeAt(index) === AMPERSAND) count++;
  }
  if (count > MAX_PAIRS) {
    throw new RequestError('ERR_REQUEST_QUERY', `The query has more than ${MAX_PAIRS} pairs.`);
  }
}

/** Undefined for a `%` that two hex digits do not follow. Bytes that are no UTF-8 become U+FFFD. */
function decode(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  return BAD_ESCAPE.test(spaced) ? undefined : unescape(spaced);
}

/** Node reads the target as latin1, so a character is one byte. */
function encodeByte(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 256) return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  throw new RequestError('ERR_REQUEST_QUERY', 'The query holds a character that is not a byte.');
}
