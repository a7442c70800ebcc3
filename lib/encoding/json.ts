import { isObject } from '../core/data.js';
import { stringifyJson } from '../core/json-number.js';
import { DecodeError } from '../errors.js';
import type { Data } from '../proxy.js';
import type { EncodedBody, Encoding } from './encoding.js';
import { parseJson } from './json-parse.js';
import { isText, textOf } from './json-text.js';
import { toText } from './text.js';

const CONTENT_TYPE = 'application/json; charset=utf-8';

const ZERO = 48;
const NINE = 57;
// What a JSON text should not hold when it lands inside HTML or a script: `<`, `>`, `&`, U+2028, U+2029.
const LESS_THAN = 60;
const GREATER_THAN = 62;
const AMPERSAND = 38;
/** What U+2028 and U+2029 have in common in UTF-8. */
const SEPARATORS = Buffer.from([0xe2, 0x80]);
/** The last byte of U+2029; that of U+2028 is one less. */
const SEPARATOR_END = 0xa9;
const ESCAPE = Buffer.from('\\u0000');
const HEX = Buffer.from('0123456789abcdef');
const MAY_BE_UNSAFE = new Uint8Array(256);
for (const byte of [LESS_THAN, GREATER_THAN, AMPERSAND, 0xe2]) MAY_BE_UNSAFE[byte] = 1;

function decodeObject(body: Buffer): Data | null {
  const value = parseJson(toText(body));
  if (Array.isArray(value)) return { collection: value };
  if (value === null || isObject(value)) return value;
  throw new DecodeError('it is neither an object nor an array; the encoding "safejson" takes other values too');
}

function decodeCollection(body: Buffer): Data | null {
  const value = parseJson(toText(body));
  if (Array.isArray(value)) return { collection: value };
  if (value === null) return value;
  throw new DecodeError('it is not an array, as is_collection says');
}

function decodeAnything(body: Buffer): Data {
  const value = parseJson(toText(body));
  if (Array.isArray(value)) return { collection: value };
  return isObject(value) ? value : { content: value };
}

/** A number alone may be the beginning of a longer one. */
function endsInNoNumber(body: Buffer): boolean {
  const last = body.at(-1) as number;
  return last < ZERO || last > NINE;
}

function encodeJson(data: Data | null): EncodedBody {
  if (isText(data)) return { contentType: CONTENT_TYPE, body: withoutUnsafe(textOf(data)) };
  return { contentType: CONTENT_TYPE, body: escapeUnsafe(stringifyJson(data)) };
}

function encodeCollection(data: Data | null): EncodedBody {
  const collection = data !== null && Object.hasOwn(data, 'collection') ? data['collection'] : [];
  return { contentType: CONTENT_TYPE, body: escapeUnsafe(stringifyJson(collection)) };
}

/** Searching for single bytes is all but free; only texts that have one are gone through. */
function withoutUnsafe(text: Buffer): Buffer {
  const isSafe =
    !text.includes(LESS_THAN) &&
    !text.includes(GREATER_THAN) &&
    !text.includes(AMPERSAND) &&
    !text.includes(SEPARATORS);
  return isSafe ? text : escapeBytes(text);
}

function escapeUnsafe(json: string): string | Buffer {
  const isSafe =
    !json.includes('<') &&
    !json.includes('>') &&
    !json.includes('&') &&
    !json.includes('\u2028') &&
    !json.includes('\u2029');
  return isSafe ? json : escapeBytes(Buffer.from(json));
}

/** By hand: a pattern takes thirty times as long on a text that has nothing else. */
function escapeBytes(text: Buffer): Buffer {
  const { length } = text;
  let places = 0;
  for (let at = 0; at < length; at++) places += MAY_BE_UNSAFE[text[at]!]!;
  const result = Buffer.allocUnsafe(length + places * (ESCAPE.length - 1));
  let end = 0;
  for (let at = 0; at < length; at++) {
    const byte = text[at]!;
    let code = 0;
    if (MAY_BE_UNSAFE[byte] === 1) {
      if (byte !== SEPARATORS[0]) code = byte;
      else if (text[at + 1] === SEPARATORS[1] && (text[at + 2]! | 1) === SEPARATOR_END) {
        code = 0x2000 + text[at + 2]! - 0x80;
        at += 2;
      }
    }
    if (code === 0) {
      result[end++] = byte;
    } else {
      result[end++] = ESCAPE[0]!;
      result[end++] = ESCAPE[1]!;
      for (let shift = 12; shift >= 0; shift -= 4) result[end++] = HEX[(code >> shift) & 15]!;
    }
  }
  return result.subarray(0, end);
}

/** Objects as they are; an array goes under `collection`, with or without `is_collection`. */
export const json: Encoding = {
  name: 'json',
  decoder: (isCollection) => (isCollection ? decodeCollection : decodeObject),
  encode: encodeJson,
  isWhole: () => true,
  ignoresSpace: true,
};

/** Another name of `json`. */
export const fastJson: Encoding = { ...json, name: 'fast-json' };

/** Takes any JSON value: what is neither an object nor an array goes under `content`. */
export const safeJson: Encoding = {
  name: 'safejson',
  decoder: () => decodeAnything,
  isWhole: endsInNoNumber,
  ignoresSpace: true,
};

/** Writes the value of `collection` alone, `[]` when there is none. */
export const jsonCollection: Encoding = { name: 'json-collection', encode: encodeCollection };
