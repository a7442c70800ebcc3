import { MAX_DEPTH } from './limits.js';

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
const LETTER_F = 102;
const LETTER_N = 110;
const LETTER_T = 116;
const LETTER_U = 117;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const PROTO = Buffer.from('__proto__');

/** What a scan returns in the place of a position when it gives up. */
const ASIDE = -1;
/** Objects with more keys are left to the parser: a key may be compared with all before it. */
export const MAX_KEYS = 64;

/** An object whose keys look alike is left to the parser once so many bytes of them, per byte of the text, were compared. */
const MOST_COMPARED = 16;
/** Texts of this size are never left to the parser for that. */
const SMALL = 65_536;

/** 1 for what may not follow in a string as it is: its end, an escape, a control character. */
const ENDS_RUN = new Uint8Array(256).fill(1, 0, SPACE);
ENDS_RUN[QUOTE] = 1;
ENDS_RUN[BACKSLASH] = 1;
/** 1 for what may follow a backslash, without `u`. */
const IS_ESCAPE = new Uint8Array(256);
for (const letter of '"\\/bfnrt') IS_ESCAPE[letter.charCodeAt(0)] = 1;
const IS_HEX = new Uint8Array(256);
for (const digit of '0123456789abcdefABCDEF') IS_HEX[digit.charCodeAt(0)] = 1;

/** Where the members of an object are in a text, found without making values of them. */
export interface Members {
  /** Behind the opening brace. */
  readonly start: number;
  /** At the closing brace. */
  readonly end: number;
  /** Where the names of the keys are: start, end, start, end… Those of objects further in are not among them. */
  readonly keys: readonly number[];
}

/** Start and end of the keys of all objects that are open. Scans do not wait for anything, so one list serves all. */
const keys: number[] = [];
/** How many bytes of keys may have been compared with others. */
let compared = 0;
/** How much of the list is in use: to shorten an array costs more than the rest of a small object. */
let used = 0;

/**
 * Finds the members of a JSON object, or gives up and leaves the text to the parser. It does so for what is not JSON,
 * is nested too deeply, or would be changed by the parser: keys that come twice in an object or are called `__proto__`.
 * It may also for what is sound but rare: escapes in keys, objects with very many of them.
 *
 * @param text has to be UTF-8
 */
export function findMembers(text: Uint8Array): Members | undefined {
  const open = skipSpace(text, 0);
  if (text[open] !== OPEN_BRACE) return undefined;
  const members = readMembers(text, open);
  return members !== undefined && isEnd(text, members.end + 1) ? members : undefined;
}

/** The members of the object that is the value of one of the `members`, as `findMembers` found them. */
export function findMembersOf(text: Uint8Array, { keys: bounds }: Members, key: Uint8Array): Members | undefined {
  for (let index = 0; index < bounds.length; index += 2) {
    if (!isSameText(text, bounds[index]!, bounds[index + 1]!, key, 0, key.length)) continue;
    const colon = skipSpace(text, bounds[index + 1]! + 1);
    const value = skipSpace(text, colon + 1);
    return text[value] === OPEN_BRACE ? readMembers(text, value) : undefined;
  }
  return undefined;
}

function readMembers(text: Uint8Array, open: number): Members | undefined {
  used = 0;
  compared = 0;
  const end = scanObject(text, open, 1);
  return end === ASIDE ? undefined : { start: open + 1, end: end - 1, keys: keys.slice(0, used) };
}

/** Whether a text is a JSON array that the parser would not change. It may be `false` for what is sound but rare. */
export function isPlainArray(text: Uint8Array): boolean {
  const open = skipSpace(text, 0);
  if (text[open] !== OPEN_BRACKET) return false;
  used = 0;
  compared = 0;
  const end = scanArray(text, open, 1);
  return end !== ASIDE && isEnd(text, end);
}

function isEnd(text: Uint8Array, at: number): boolean {
  return at === text.length || skipSpace(text, at) === text.length;
}

/** Takes the position where something begins, as all scans do, and returns the one behind it. */
function scanValue(text: Uint8Array, at: number, depth: number): number {
  switch (text[at]) {
    case QUOTE:
      return scanString(text, at + 1);
    case OPEN_BRACE: {
      const mark = used;
      const end = scanObject(text, at, depth);
      used = mark;
      return end;
    }
    case OPEN_BRACKET:
      return scanArray(text, at, depth);
    case LETTER_T:
      return scanWord(text, at, TRUE);
    case LETTER_F:
      return scanWord(text, at, FALSE);
    case LETTER_N:
      return scanWord(text, at, NULL);
    default:
      return scanNumber(text, at);
  }
}

function scanObject(text: Uint8Array, open: number, depth: number): number {
  if (depth > MAX_DEPTH) return ASIDE;
  let at = skipSpace(text, open + 1);
  if (text[at] === CLOSE_BRACE) return at + 1;
  const mark = used;
  // A bit for each kind of key that was seen: most keys need not be compared with any other.
  let kinds = 0;

  for (;;) {
    if (text[at] !== QUOTE) return ASIDE;
    const start = at + 1;
    const end = endOfRun(text, start);
    if (text[end] !== QUOTE) return ASIDE;
    const kind = 1 << ((end - start) * 7 + text[start]! * 3 + text[end - 1]!);
    if ((kinds & kind) !== 0) {
      compared += ((used - mark) / 2) * (end - start);
      if (compared > MOST_COMPARED * at + SMALL || isTaken(text, mark, start, end)) return ASIDE;
    }
    kinds |= kind;
    if (end - start === PROTO.length && scanWord(text, start, PROTO) !== ASIDE) return ASIDE;
    keys[used] = start;
    keys[used + 1] = end;
    used += 2;
    if (used - mark > MAX_KEYS * 2) return ASIDE;

    at = skipSpace(text, end + 1);
    if (text[at] !== COLON) return ASIDE;
    at = scanValue(text, skipSpace(text, at + 1), depth + 1);
    if (at === ASIDE) return ASIDE;
    at = skipSpace(text, at);
    if (text[at] === CLOSE_BRACE) return at + 1;
    if (text[at] !== COMMA) return ASIDE;
    at = skipSpace(text, at + 1);
  }
}

function scanArray(text: Uint8Array, open: number, depth: number): number {
  if (depth > MAX_DEPTH) return ASIDE;
  let at = skipSpace(text, open + 1);
  if (text[at] === CLOSE_BRACKET) return at + 1;
  for (;;) {
    at = scanValue(text, at, depth + 1);
    if (at === ASIDE) return ASIDE;
    at = skipSpace(text, at);
    if (text[at] === CLOSE_BRACKET) return at + 1;
    if (text[at] !== COMMA) return ASIDE;
    at = skipSpace(text, at + 1);
  }
}

function scanString(text: Uint8Array, start: number): number {
  let at = endOfRun(text, start);
  while (text[at] === BACKSLASH) {
    const end = scanEscape(text, at + 1);
    if (end === ASIDE) return ASIDE;
    at = endOfRun(text, end);
  }
  return text[at] === QUOTE ? at + 1 : ASIDE;
}

function endOfRun(text: Uint8Array, start: number): number {
  let at = start;
  while (at < text.length && ENDS_RUN[text[at]!] === 0) at += 1;
  return at;
}

function scanEscape(text: Uint8Array, at: number): number {
  const code = text[at] ?? 0;
  if (IS_ESCAPE[code] === 1) return at + 1;
  if (code !== LETTER_U || at + 5 > text.length) return ASIDE;
  for (let index = at + 1; index < at + 5; index++) if (IS_HEX[text[index]!] === 0) return ASIDE;
  return at + 5;
}

/** Whether an object has had this key before; its keys begin at `mark` in the list. */
function isTaken(text: Uint8Array, mark: number, start: number, end: number): boolean {
  for (let index = mark; index < used; index += 2) {
    if (isSameText(text, keys[index]!, keys[index + 1]!, text, start, end)) return true;
  }
  return false;
}

/** Whether two stretches hold the same bytes. */
export function isSameText(
  one: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): boolean {
  const length = end - start;
  if (otherEnd - otherStart !== length) return false;
  for (let at = 0; at < length; at++) if (one[start + at] !== other[otherStart + at]) return false;
  return true;
}

function scanWord(text: Uint8Array, start: number, word: Uint8Array): number {
  const end = start + word.length;
  if (end > text.length) return ASIDE;
  for (let at = 0; at < word.length; at++) if (text[start + at] !== word[at]) return ASIDE;
  return end;
}

function scanNumber(text: Uint8Array, start: number): number {
  let at = text[start] === MINUS ? start + 1 : start;
  at = text[at] === ZERO ? at + 1 : scanDigits(text, at);
  if (at !== ASIDE && text[at] === DOT) at = scanDigits(text, at + 1);
  if (at === ASIDE || (text[at]! | LOWER_CASE) !== LETTER_E) return at;
  const sign = text[at + 1];
  return scanDigits(text, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
}

/** One digit at least. */
function scanDigits(text: Uint8Array, start: number): number {
  let at = start;
  while (text[at]! >= ZERO && text[at]! <= NINE) at += 1;
  return at === start ? ASIDE : at;
}

function skipSpace(text: Uint8Array, start: number): number {
  let at = start;
  for (let code = text[at]!; code <= SPACE; code = text[++at]!) {
    if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return at;
  }
  return at;
}
