import { randomUUID } from 'node:crypto';
import type { Data } from '../proxy.js';
import { brand } from './brand.js';
import { isObject } from './data.js';

const LITERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

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

/** Tells every `JsonNumber` what to do when `JSON.stringify` meets it. */
interface Writing {
  mode: 'number' | 'stop' | 'mark';
  wasMet: boolean;
  /** Is put before the digits while `JSON.stringify` writes. A backend that guessed it could add a number, nothing else. */
  readonly mark: string;
}

/** One for all copies of the package: a document may hold numbers of the CommonJS and of the ESM build. */
const writing = shareWriting();

function shareWriting(): Writing {
  const shared = globalThis as unknown as Record<symbol, Writing | undefined>;
  const key = Symbol.for('express-tributary.writing');
  shared[key] ??= { mode: 'number', wasMet: false, mark: `${randomUUID()}#` };
  return shared[key];
}

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
    if (writing.mode === 'number') return Number(this.text);
    writing.wasMet = true;
    if (writing.mode === 'stop') throw MET;
    return writing.mark + this.text;
  }
}

const JSON_NUMBER = brand(JsonNumber);

/** Whether a value is a number that keeps its text; one that another copy of the package made is one as well. */
export function isJsonNumber(value: unknown): value is JsonNumber {
  return typeof value === 'object' && value !== null && JSON_NUMBER in value;
}

/** `JSON.stringify`, with each `JsonNumber` as the literal it was read from. Costs nothing where there is none. */
export function stringifyJson(value: unknown): string {
  return stringifyPlain(value) ?? write('', value, 0) ?? 'null';
}

/** The text of a value without any `JsonNumber`. */
function stringifyPlain(value: unknown): string | undefined {
  writing.wasMet = false;
  writing.mode = 'stop';
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (writing.wasMet) return undefined;
    throw error;
  } finally {
    writing.mode = 'number';
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

/** By `JSON.stringify`, for all other values; it may nest one JSON text in another. */
function writeMarked(key: string | number, value: unknown): string | undefined {
  writing.mode = 'mark';
  try {
    const text = JSON.stringify({ [key]: value });
    return text === '{}' ? undefined : unmark(text.slice(JSON.stringify(String(key)).length + 2, -1));
  } finally {
    writing.mode = 'number';
  }
}

/** Puts the digits where their marks are, together with the quotes around them and what escapes those. */
function unmark(text: string): string {
  let result = '';
  let done = 0;
  const { mark } = writing;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) {
    let start = at - 1;
    while (text.charCodeAt(start - 1) === BACKSLASH && start > done) start -= 1;
    const quotes = text.slice(start, at);
    MARKED.lastIndex = at + mark.length;
    const digits = MARKED.exec(text)?.[0];
    const end = MARKED.lastIndex;
    if (digits === undefined || start < done || !quotes.endsWith('"') || !text.startsWith(quotes, end)) continue;
    result += text.slice(done, start) + digits;
    done = end + quotes.length;
  }
  return result + text.slice(done);
}
