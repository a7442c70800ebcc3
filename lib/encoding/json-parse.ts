import { randomUUID } from 'node:crypto';
import { DecodeError } from '../errors.js';
import { JsonNumber } from '../json-number.js';
import { hasExactNumber, replaceExactNumbers } from './json-scan.js';
import { MAX_DEPTH, TOO_DEEP } from './limits.js';

const NEEDS_EXACT = 1;
const HAS_PROTO = 2;

/** Stands before the place of a number in the list of those that were taken out. */
const MARK = `${randomUUID()}#`;

/**
 * The value of a JSON text, read strictly. Numbers that a JavaScript number would change become `JsonNumber`s; keys named
 * `__proto__` are dropped, in whatever spelling; of duplicate keys the last one wins.
 *
 * @throws DecodeError when the text is not JSON, goes on after the value, or is nested deeper than `MAX_DEPTH`.
 */
export function parseJson(text: string): unknown {
  if (hasExactNumber(text)) return parseExactly(text);
  // V8 parses without recursion, so depth can be looked at afterwards, where it is cheap.
  const value = parseNatively(text);
  const findings = inspect(value, 0);
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
  const tokens: string[] = [];
  const marked = replaceExactNumbers(text, (token) => `"${MARK}${tokens.push(token) - 1}"`);
  return settle(parseNatively(marked), tokens, 0);
}

/** Looks at every value once: refuses what is too deep, tells what native parsing cannot be trusted with. */
function inspect(value: unknown, depth: number): number {
  if (typeof value === 'number') return isSuspect(value) ? NEEDS_EXACT : 0;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === MAX_DEPTH) throw new DecodeError(TOO_DEEP);
  let findings = 0;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item = value[index];
      if (typeof item === 'object' || typeof item === 'number') findings |= inspect(item, depth + 1);
    }
    return findings;
  }
  for (const key in value) {
    if (key === '__proto__') findings |= HAS_PROTO;
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' || typeof item === 'number') findings |= inspect(item, depth + 1);
  }
  return findings;
}

/** An integer that may have lost digits, or a zero that may have lost its sign. */
function isSuspect(value: number): boolean {
  return value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER || Object.is(value, -0);
}

/** Puts exact numbers where their marks are and drops `__proto__`; `value` belongs to the caller and is changed in place. */
function settle(value: unknown, tokens: readonly string[], depth = 0): unknown {
  if (typeof value === 'string' && value.startsWith(MARK)) {
    const token = tokens[Number(value.slice(MARK.length))];
    return token === undefined ? value : new JsonNumber(token);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) throw new DecodeError(TOO_DEEP);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = settle(value[index], tokens, depth + 1);
    return value;
  }
  const object = value as Record<string, unknown>;
  Reflect.deleteProperty(object, '__proto__');
  for (const key in object) {
    const item = object[key];
    if (typeof item === 'object' || typeof item === 'string') object[key] = settle(item, tokens, depth + 1);
  }
  return value;
}
