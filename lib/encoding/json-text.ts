import { isUtf8 } from 'node:buffer';
import { stringifyJson } from '../core/json-number.js';
import type { Data } from '../proxy.js';
import type { Decoder } from './encoding.js';
import { findMembers, findMembersOf, isPlainArray, isSameText, MAX_KEYS } from './json-members.js';
import { parseJson } from './json-parse.js';

const OPEN = Buffer.from('{');
const CLOSE = Buffer.from('}');
const COMMA = Buffer.from(',');
const COLLECTION = Buffer.from('"collection":');

/** Where keys are in a text: start, end, start, end… */
interface Keys {
  readonly source: Uint8Array;
  readonly bounds: readonly number[];
}

/** So many pairs of keys are compared one by one, which is quicker for the few that most documents have. */
const MOST_PAIRS = 256;

const TEXT = Symbol('text');

/**
 * A document that travels as the text its backend sent, from endpoints where no code looks into it: checked, but neither
 * parsed nor written again. It has one member at least, no key twice, and none that the parser would drop.
 */
export interface JsonText {
  readonly [TEXT]: true;
  /** Lets it be used where a document is. */
  readonly [key: string]: unknown;
  /** The text of the members in pieces, without the braces around them. */
  readonly pieces: readonly Uint8Array[];
  readonly keys: readonly Keys[];
}

function createText(pieces: readonly Uint8Array[], keys: readonly Keys[]): JsonText {
  return { [TEXT]: true, pieces, keys };
}

export function isText(data: Data | null): data is JsonText {
  return data !== null && TEXT in data;
}

/** The whole text. */
export function textOf({ pieces }: JsonText): Buffer {
  return Buffer.concat([OPEN, ...pieces, CLOSE]);
}

/** What the configuration says of a backend whose documents may stay text. */
export interface TextOptions {
  readonly isCollection: boolean;
  /** Dotted path of the object that takes the document's place; empty for none. */
  readonly target: string;
}

/** Keeps what it can as text, of the `target` already, and leaves the rest, with all complaints, to `decode`. */
export function createTextDecoder(decode: Decoder, { isCollection, target }: TextOptions): Decoder {
  const path = target === '' ? [] : target.split('.').map(written);

  function readText(body: Buffer): JsonText | undefined {
    if (!isUtf8(body)) return undefined;
    if (isCollection) return path.length === 0 ? readArray(body) : undefined;
    let members = findMembers(body);
    if (members === undefined) return path.length === 0 ? readArray(body) : undefined;
    for (const key of path) {
      members = findMembersOf(body, members, key);
      if (members === undefined) return undefined;
    }
    const { start, end, keys } = members;
    return keys.length === 0 ? undefined : createText([body.subarray(start, end)], [{ source: body, bounds: keys }]);
  }

  return function decodeAsText(body) {
    return readText(body) ?? decode(body);
  };
}

function readArray(body: Buffer): JsonText | undefined {
  return isPlainArray(body) ? underKey(COLLECTION, [body]) : undefined;
}

/** Puts texts under a key; what was parsed after all is left to `format`. */
export function createTextFormatter(
  group: string,
  format: ((data: Data | null) => Data | null) | undefined,
): (data: Data | null) => Data | null {
  const key = Buffer.from(`${JSON.stringify(group)}:`);
  return function formatText(data) {
    if (!isText(data)) return format ? format(data) : data;
    return group === '' ? data : underKey(key, [OPEN, ...data.pieces, CLOSE]);
  };
}

/** A key as JSON writes it, without quotes. No key of a text has an escape in it, so that such bytes can be compared. */
function written(key: string): Buffer {
  return Buffer.from(JSON.stringify(key).slice(1, -1));
}

/** `key` as JSON writes it, with its colon. */
function underKey(key: Buffer, value: readonly Uint8Array[]): JsonText {
  return createText([key, ...value], [{ source: key, bounds: [1, key.length - 2] }]);
}

/** Puts documents behind each other as text, as long as no key is in two of them; else they are left to `combine`. */
export function combineTexts(combine: (parts: readonly Data[]) => Data): (parts: readonly Data[]) => Data {
  return function combineAsText(parts) {
    return (parts.some(isText) ? joinTexts(parts) : undefined) ?? combine(parts.map(parsed));
  };
}

function joinTexts(parts: readonly Data[]): JsonText | undefined {
  const pieces: Uint8Array[] = [];
  const keys: Keys[] = [];
  for (const part of parts) {
    const text = isText(part) ? part : toText(part);
    if (text === undefined || haveCommonKey(keys, text.keys)) return undefined;
    if (pieces.length > 0 && text.pieces.length > 0) pieces.push(COMMA);
    pieces.push(...text.pieces);
    keys.push(...text.keys);
  }
  return createText(pieces, keys);
}

/** A document that was parsed, since it is to be changed, as the text it would become at the end. */
function toText(data: Data): JsonText | undefined {
  const names = Object.keys(data);
  if (names.length > MAX_KEYS || names.includes('__proto__')) return undefined;
  const members = Buffer.from(stringifyJson(data)).subarray(1, -1);
  if (members.length === 0) return createText([], []);
  const keys = names.map(written);
  let end = 0;
  const bounds = keys.flatMap(({ length }) => {
    end += length;
    return [end - length, end];
  });
  return createText([members], [{ source: Buffer.concat(keys), bounds }]);
}

function haveCommonKey(some: readonly Keys[], others: readonly Keys[]): boolean {
  if (countOf(some) * countOf(others) > MOST_PAIRS) return haveCommonNames(some, others);
  return others.some((other) => some.some((one) => haveCommonName(one, other)));
}

function countOf(keys: readonly Keys[]): number {
  return keys.reduce((sum, { bounds }) => sum + bounds.length / 2, 0);
}

/** By a set: to compare each with each would take the square of their number, and that times their length. */
function haveCommonNames(some: readonly Keys[], others: readonly Keys[]): boolean {
  const names = new Set(some.flatMap(namesOf));
  return others.some((other) => namesOf(other).some((name) => names.has(name)));
}

function namesOf({ source, bounds }: Keys): string[] {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const names: string[] = [];
  for (let index = 0; index < bounds.length; index += 2) {
    names.push(bytes.toString('latin1', bounds[index], bounds[index + 1]));
  }
  return names;
}

function haveCommonName(one: Keys, other: Keys): boolean {
  for (let mine = 0; mine < one.bounds.length; mine += 2) {
    const [start, end] = [one.bounds[mine]!, one.bounds[mine + 1]!];
    for (let theirs = 0; theirs < other.bounds.length; theirs += 2) {
      if (isSameText(one.source, start, end, other.source, other.bounds[theirs]!, other.bounds[theirs + 1]!))
        return true;
    }
  }
  return false;
}

function parsed(part: Data): Data {
  return isText(part) ? (parseJson(textOf(part).toString()) as Data) : part;
}
