import { RequestError } from '../errors.js';
import type { QueryPair } from '../proxy.js';

/** Reads the declared pairs of a raw query string. */
export type QueryReader = (query: string) => readonly QueryPair[];

/** More pairs than this are refused. */
const MAX_PAIRS = 10_000;
const NO_PAIRS: readonly QueryPair[] = Object.freeze([]);
const AMPERSAND = 38;

// What must not stand in a URL as it is, and `;`, at which some servers begin another pair as they do at `&`; everything else
// is passed on as the client wrote it.
const UNSAFE = /[^!$-:=?-Z[\]_a-z|~]/g;
const HAS_UNSAFE = /[^!$-:=?-Z[\]_a-z|~]/;

/**
 * Reads ordered pairs by the rules of `input_query_strings`: names are compared with their case, repeats are kept,
 * `*` lets everything in, an empty list nothing, and then nothing is parsed.
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
    const rawName = equals < 0 ? text : text.slice(0, equals);
    const name = decode(rawName);
    if (name === undefined) {
      // A name that cannot be decoded is no declared name.
      if (isOpen) throw malformed();
      return;
    }
    if (!isOpen && !declared.has(name)) return;
    const value = equals < 0 ? '' : decode(text.slice(equals + 1));
    if (value === undefined) throw malformed();
    pairs.push({ name, value, text });
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
    throw new RequestError('ERR_REQUEST_QUERY', 400, `The query has more than ${MAX_PAIRS} pairs.`);
  }
}

function decode(text: string): string | undefined {
  const isPlain = !text.includes('%') && !text.includes('+');
  if (isPlain) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Node reads the target as latin1, so a character below 256 stands for one byte. */
function encodeByte(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 256) return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  throw malformed();
}

function malformed(): RequestError {
  return new RequestError('ERR_REQUEST_QUERY', 400, 'The query holds a pair that is not valid percent-encoded UTF-8.');
}
