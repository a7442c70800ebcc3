import { isObject } from '../data.js';
import { DecodeError } from '../errors.js';
import { stringifyJson } from '../json-number.js';
import type { Data } from '../proxy.js';
import type { EncodedBody, Encoding } from './encoding.js';
import { parseJson } from './json-parse.js';
import { isText, textOf } from './json-text.js';
import { toText } from './text.js';

const CONTENT_TYPE = 'application/json; charset=utf-8';

/** What a JSON text should not hold when it lands inside HTML or a script. */
const UNSAFE = /[<>&\u2028\u2029]/g;

const ZERO = 48;
const NINE = 57;
const LESS_THAN = 60;
const GREATER_THAN = 62;
const AMPERSAND = 38;
/** What U+2028 and U+2029 have in common in UTF-8. */
const SEPARATORS = Buffer.from([0xe2, 0x80]);

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

/** Only a text that has something to escape is made a string. */
function withoutUnsafe(text: Buffer): Buffer | string {
  const isSafe =
    !text.includes(LESS_THAN) &&
    !text.includes(GREATER_THAN) &&
    !text.includes(AMPERSAND) &&
    !text.includes(SEPARATORS);
  return isSafe ? text : escapeUnsafe(text.toString());
}

/** Searching for single characters is all but free; only texts that have one are gone through. */
function escapeUnsafe(json: string): string {
  const isSafe =
    !json.includes('<') &&
    !json.includes('>') &&
    !json.includes('&') &&
    !json.includes('\u2028') &&
    !json.includes('\u2029');
  return isSafe ? json : json.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Objects as they are; an array goes under `collection`, with or without `is_collection`. */
export const json: Encoding = {
  name: 'json',
  decoder: (isCollection) => (isCollection ? decodeCollection : decodeObject),
  encode: encodeJson,
  isWhole: () => true,
};

/** Another name of `json`. */
export const fastJson: Encoding = { ...json, name: 'fast-json' };

/** Takes any JSON value: what is neither an object nor an array goes under `content`. */
export const safeJson: Encoding = { name: 'safejson', decoder: () => decodeAnything, isWhole: endsInNoNumber };

/** Writes the value of `collection` alone, `[]` when there is none. */
export const jsonCollection: Encoding = { name: 'json-collection', encode: encodeCollection };
