import { randomUUID } from 'node:crypto';
import { DecodeError } from '../errors.js';
import { JsonNumber } from '../json-number.js';
import { mayHoldExactNumber, replaceExactNumbers } from './json-scan.js';
import { MAX_DEPTH, TOO_DEEP } from './limits.js';

const NEEDS_EXACT = 1;
const HAS_PROTO = 2;

/** Stands before the place of a number among those that were taken out. Begins with a character that texts do without. */
const MARK = `\u007f${randomUUID()}#`;
const FIRST_OF_MARK = MARK.charCodeAt(0);

/**
 * The value of a JSON text, read strictly. Numbers that a JavaScript number would change become `JsonNumber`s; keys named
 * `__proto__` are dropped, in whatever spelling; of duplicate keys the last one wins.
 *
 * @throws DecodeError when the text is not JSON, goes on after the value, or is nested deeper than `MAX_DEPTH`.
 */
export function parseJson(text: string): unknown {
  if (mayHoldExactNumber(text)) return parseExactly(text);
  // V8 parses without recursion, so depth can be looked at afterwards, where it is cheap.
  const value = parseNatively(text);
  if (typeof value === 'number') return parseExactly(text);
  if (typeof value !== 'object' || value === null) return value;
  const findings = inspect(value, 1);
  if (findings === 0) return value;
  return findings & NEEDS_EXACT ? parseExactly(text) : settle(value, []);
}

function parseNatively(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the body.
    throw new DecodeError(text.trim() === '' ? 'it is empty' : 'it is not valid JSON');
  }
}

function parseExactly(text: string): unknown {
  const places = new Map<string, string>();
  const marked = replaceExactNumbers(text, (token) => {
    let place = places.get(token);
    if (place === undefined) {
      place = `"${MARK}${places.size}"`;
      places.set(token, place);
    }
    return place;
  });
  return settle(
    parseNatively(marked),
    Array.from(places.keys(), (token) => new JsonNumber(token)),
  );
}

/** Looks at every value once: refuses what is too deep, tells what native parsing cannot be trusted with. */
function inspect(container: object, depth: number): number {
  if (depth > MAX_DEPTH) throw new DecodeError(TOO_DEEP);
  let findings = 0;
  if (Array.isArray(container)) {
    for (let index = 0; index < container.length; index++) {
      const item = container[index];
      if (typeof item === 'object') {
        if (item !== null) findings |= inspect(item, depth + 1);
      } else if (typeof item === 'number' && isSuspect(item)) findings |= NEEDS_EXACT;
    }
    return findings;
  }
  const object = container as Record<string, unknown>;
  for (const key in object) {
    const item = object[key];
    if (key === '__proto__') findings |= HAS_PROTO;
    if (typeof item === 'object') {
      if (item !== null) findings |= inspect(item, depth + 1);
    } else if (typeof item === 'number' && isSuspect(item)) findings |= NEEDS_EXACT;
  }
  return findings;
}

/** An integer that may have lost digits, or a zero that may have lost its sign. */
function isSuspect(value: number): boolean {
  return value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER || (value === 0 && 1 / value < 0);
}

/**
 * Puts exact numbers where their marks are and drops `__proto__`. Changes `value` in place, which nobody else has seen.
 */
function settle(value: unknown, numbers: readonly JsonNumber[], depth = 1): unknown {
  if (typeof value === 'string') return numberAt(value, numbers) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new DecodeError(TOO_DEEP);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = settle(value[index], numbers, depth + 1);
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const key in object) {
    const item = object[key];
    if (key === '__proto__') Reflect.deleteProperty(object, key);
    else if (typeof item === 'string') {
      const number = numberAt(item, numbers);
      if (number) object[key] = number;
    } else if (typeof item === 'object') settle(item, numbers, depth + 1);
  }
  return value;
}

function numberAt(text: string, numbers: readonly JsonNumber[]): JsonNumber | undefined {
  if (text.charCodeAt(0) !== FIRST_OF_MARK || !text.startsWith(MARK)) return undefined;
  return numbers[Number(text.slice(MARK.length))];
}
