import { JsonNumber } from '../core/json-number.js';
import { DecodeError } from '../errors.js';
import { MAX_DEPTH, TOO_DEEP } from './limits.js';

const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const SPACE = 32;
const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LOWER_CASE = 32;
const LETTER_E = 101;

/** Any integer of so many digits comes back as it was. */
const SAFE_DIGITS = 15;
/** So does a fraction of so many digits behind the dot, in a number of fifteen altogether that does not end in a zero. */
const FRACTION_DIGITS = 6;
const POWERS = Array.from({ length: FRACTION_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
/** So many different numbers of a text are made once each; lists of prices repeat a few. */
const MOST_SHARED = 1000;

// The text that is being read, and the place in it. Reading does not wait for anything, so one of each serves all.
let text = '';
let at = 0;
let shared = new Map<string, JsonNumber>();

/**
 * The value of a JSON text in which some number may need a `JsonNumber`, as `parseJson` describes it. In one pass by hand:
 * `JSON.parse` does not tell what a number looked like.
 */
export function parseExactJson(source: string): unknown {
  text = source;
  at = 0;
  try {
    skipSpace();
    const value = readValue(1);
    skipSpace();
    if (at < text.length) refuse();
    return value;
  } finally {
    text = '';
    if (shared.size > 0) shared = new Map();
  }
}

function refuse(): never {
  throw new DecodeError('it is not valid JSON');
}

/** Is at the start of the value, as all of these are, and behind it afterwards. */
function readValue(depth: number): unknown {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return readString();
    case OPEN_BRACE:
      return readObject(depth);
    case OPEN_BRACKET:
      return readArray(depth);
    case 116:
      return readWord('true', true);
    case 102:
      return readWord('false', false);
    case 110:
      return readWord('null', null);
    default:
      return readNumber();
  }
}

function readWord<Value>(word: string, value: Value): Value {
  if (!text.startsWith(word, at)) refuse();
  at += word.length;
  return value;
}

function readArray(depth: number): unknown[] {
  const array: unknown[] = [];
  if (!begins(depth, CLOSE_BRACKET)) return array;
  do array.push(readValue(depth + 1));
  while (goesOn(CLOSE_BRACKET));
  return array;
}

function readObject(depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  if (!begins(depth, CLOSE_BRACE)) return object;
  do {
    if (text.charCodeAt(at) !== QUOTE) refuse();
    const key = readString();
    skipSpace();
    if (text.charCodeAt(at) !== COLON) refuse();
    at += 1;
    skipSpace();
    const value = readValue(depth + 1);
    if (key !== '__proto__') object[key] = value;
  } while (goesOn(CLOSE_BRACE));
  return object;
}

/** Whether anything is between the bracket that is here and its counterpart. */
function begins(depth: number, close: number): boolean {
  if (depth > MAX_DEPTH) throw new DecodeError(TOO_DEEP);
  at += 1;
  skipSpace();
  if (text.charCodeAt(at) !== close) return true;
  at += 1;
  return false;
}

/** Whether another member follows; is at it then, and behind the closing bracket else. */
function goesOn(close: number): boolean {
  skipSpace();
  const code = text.charCodeAt(at);
  if (code !== COMMA && code !== close) refuse();
  at += 1;
  if (code === close) return false;
  skipSpace();
  return true;
}

function readString(): string {
  const start = at + 1;
  let end = start;
  for (let code = text.charCodeAt(end); code !== QUOTE; code = text.charCodeAt(++end)) {
    if (code === BACKSLASH) return readEscapedString(end);
    // A NaN, behind the end, is no more than that either.
    if (!(code >= SPACE)) refuse();
  }
  at = end + 1;
  return text.slice(start, end);
}

/** `escape` is the place of the first backslash. */
function readEscapedString(escape: number): string {
  let end = escape;
  for (let code = BACKSLASH; code !== QUOTE; code = text.charCodeAt(++end)) {
    if (code === BACKSLASH) end += 1;
    else if (!(code >= SPACE)) refuse();
  }
  const literal = text.slice(at, end + 1);
  at = end + 1;
  try {
    return JSON.parse(literal) as string;
  } catch {
    return refuse();
  }
}

function readNumber(): number | JsonNumber {
  const start = at;
  const isNegative = text.charCodeAt(at) === MINUS;
  const first = isNegative ? start + 1 : start;
  let code = text.charCodeAt(first);
  let mantissa = 0;
  at = first;
  for (; code >= ZERO && code <= NINE; code = text.charCodeAt(++at)) mantissa = mantissa * 10 + (code - ZERO);
  const dot = at;
  if (dot === first || (dot > first + 1 && text.charCodeAt(first) === ZERO)) refuse();
  let decimals = 0;
  if (code === DOT) {
    code = text.charCodeAt(++at);
    for (; code >= ZERO && code <= NINE; code = text.charCodeAt(++at)) mantissa = mantissa * 10 + (code - ZERO);
    decimals = at - dot - 1;
    if (decimals === 0) refuse();
  }
  if ((code | LOWER_CASE) === LETTER_E) {
    readExponent();
    return exactly(text.slice(start, at));
  }
  const isTrusted =
    decimals === 0
      ? dot - first <= SAFE_DIGITS && !(isNegative && mantissa === 0)
      : decimals <= FRACTION_DIGITS && at - first - 1 <= SAFE_DIGITS && text.charCodeAt(at - 1) !== ZERO;
  if (!isTrusted) return exactly(text.slice(start, at));
  // Both are exact, so that their quotient is the nearest number.
  const value = mantissa / (POWERS[decimals] as number);
  return isNegative ? -value : value;
}

function readExponent(): void {
  let code = text.charCodeAt(++at);
  if (code === PLUS || code === MINUS) code = text.charCodeAt(++at);
  if (!(code >= ZERO && code <= NINE)) refuse();
  while (code >= ZERO && code <= NINE) code = text.charCodeAt(++at);
}

/** A plain number if it writes itself as the token, else one that keeps the token. */
function exactly(token: string): number | JsonNumber {
  const known = shared.get(token);
  if (known) return known;
  const value = Number(token);
  if (String(value) === token) return value;
  const number = new JsonNumber(token);
  if (shared.size < MOST_SHARED) shared.set(token, number);
  return number;
}

function skipSpace(): void {
  for (let code = text.charCodeAt(at); code <= SPACE; code = text.charCodeAt(++at)) {
    if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return;
  }
}
