import { randomUUID } from 'node:crypto';
import { isObject } from './data.js';
import type { Data } from './proxy.js';

const LITERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Stands before the digits while `JSON.stringify` writes. Whoever guessed it could smuggle in a number, nothing else. */
const MARK = `${randomUUID()}#`;
const MARKED = /-?\d[-+.\deE]*/y;
const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/** Longer texts are quoted by `JSON.stringify`, which then is quicker than looking at them. */
const SHORT = 64;
/** Deeper values are left to `JSON.stringify`, which tells those that contain themselves. */
const MOST_LEVELS = 2000;

/** Stops `JSON.stringify` at the first `JsonNumber`. */
const MET = new Error('A document has a JsonNumber.');

/** What a `JsonNumber` does when `JSON.stringify` meets it. */
let mode: 'number' | 'stop' | 'mark' = 'number';
let wasMet = false;

/**
 * A number of a JSON document that a JavaScript number would change: `12345678901234567890`, `0.10`, `1e400`.
 * Calculating with it gives the nearest number, and in text it is what the backend wrote. All other numbers are plain.
 *
 * @throws TypeError when the text is not a number as JSON writes it.
 */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    if (!LITERAL.test(text)) throw new TypeError('A JsonNumber takes the text of a number as JSON writes it.');
    this.text = text;
    Object.freeze(this);
  }

  toString(): string {
    return this.text;
  }

  valueOf(): number {
    return Number(this.text);
  }

  /** The literal where the gateway writes the answer; elsewhere the nearest number. */
  toJSON(): number | string {
    if (mode === 'number') return Number(this.text);
    wasMet = true;
    if (mode === 'stop') throw MET;
    return MARK + this.text;
  }
}

/** Whether a value is a number that keeps its text. */
export function isJsonNumber(value: unknown): value is JsonNumber {
  return value instanceof JsonNumber;
}

/** `JSON.stringify`, with each `JsonNumber` as the literal it was read from. Costs nothing where there is none. */
export function stringifyJson(value: unknown): string {
  return stringifyPlain(value) ?? write('', value, 0) ?? 'null';
}

/** The text of a value without any `JsonNumber`. */
function stringifyPlain(value: unknown): string | undefined {
  wasMet = false;
  mode = 'stop';
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (wasMet) return undefined;
    throw error;
  } finally {
    mode = 'number';
  }
}

/** What `JSON.stringify` makes of a value under a key: nothing of those that JSON has no text for. */
function write(key: string | number, value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (isJsonNumber(value)) return value.text;
      if (isOwnWriter(value) || depth > MOST_LEVELS) return writeMarked(key, value);
      if (Array.isArray(value)) return writeArray(value, depth);
      return isObject(value) ? writeObject(value, depth) : writeMarked(key, value);
    default:
      return writeMarked(key, value);
  }
}

function isOwnWriter(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function writeArray(array: readonly unknown[], depth: number): string {
  let text = '[';
  for (let index = 0; index < array.length; index++) {
    const item = write(index, array[index], depth + 1) ?? 'null';
    text += index === 0 ? item : `,${item}`;
  }
  return `${text}]`;
}

function writeObject(object: Data, depth: number): string {
  let text = '';
  for (const key of Object.keys(object)) {
    const value = write(key, object[key], depth + 1);
    if (value !== undefined) text += text === '' ? `{${quote(key)}:${value}` : `,${quote(key)}:${value}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

function quote(text: string): string {
  if (text.length > SHORT) return JSON.stringify(text);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isPlain = code >= SPACE && code !== QUOTE && code !== BACKSLASH;
    if (!isPlain || (code >= FIRST_SURROGATE && code <= LAST_SURROGATE)) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** By `JSON.stringify`, for values that have a mind of their own; it may nest one JSON text in another. */
function writeMarked(key: string | number, value: unknown): string | undefined {
  mode = 'mark';
  try {
    const text = JSON.stringify({ [key]: value });
    return text === '{}' ? undefined : unmark(text.slice(JSON.stringify(String(key)).length + 2, -1));
  } finally {
    mode = 'number';
  }
}

/** Puts the digits where their marks are, together with the quotes around them and what escapes those. */
function unmark(text: string): string {
  let result = '';
  let done = 0;
  for (let mark = text.indexOf(MARK); mark !== -1; mark = text.indexOf(MARK, mark + MARK.length)) {
    let start = mark - 1;
    while (text.charCodeAt(start - 1) === BACKSLASH && start > done) start -= 1;
    const quotes = text.slice(start, mark);
    MARKED.lastIndex = mark + MARK.length;
    const digits = MARKED.exec(text)?.[0];
    const end = MARKED.lastIndex;
    if (digits === undefined || start < done || !quotes.endsWith('"') || !text.startsWith(quotes, end)) continue;
    result += text.slice(done, start) + digits;
    done = end + quotes.length;
  }
  return result + text.slice(done);
}
