import { DecodeError } from '../errors.js';
import { parseExactJson } from './json-exact.js';
import { mayHoldExactNumber } from './json-scan.js';
import { MAX_DEPTH, TOO_DEEP } from './limits.js';

/**
 * The value of a JSON text, read strictly. Numbers that a JavaScript number would change become `JsonNumber`s; keys named
 * `__proto__` are dropped, in whatever spelling; of duplicate keys the last one wins.
 *
 * @throws DecodeError when the text is not JSON, goes on after the value, or is nested deeper than `MAX_DEPTH`.
 */
export function parseJson(text: string): unknown {
  if (mayHoldExactNumber(text)) return parseExactJson(text);
  // V8 parses without recursion, so depth can be looked at afterwards, where it is cheap.
  const value = parseNatively(text);
  if (typeof value === 'number') return parseExactJson(text);
  return typeof value !== 'object' || value === null || isAsWritten(value, 1) ? value : parseExactJson(text);
}

function parseNatively(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the body.
    throw new DecodeError(text.trim() === '' ? 'it is empty' : 'it is not valid JSON');
  }
}

/** Looks at every value once: refuses what is too deep, and finds what native parsing cannot be trusted with. */
function isAsWritten(container: object, depth: number): boolean {
  if (depth > MAX_DEPTH) throw new DecodeError(TOO_DEEP);
  let isSound = true;
  if (Array.isArray(container)) {
    for (let index = 0; index < container.length; index++) {
      const item = container[index];
      if (typeof item === 'object') {
        if (item !== null && !isAsWritten(item, depth + 1)) isSound = false;
      } else if (typeof item === 'number' && isSuspect(item)) isSound = false;
    }
    return isSound;
  }
  const object = container as Record<string, unknown>;
  for (const key in object) {
    const item = object[key];
    if (key === '__proto__') isSound = false;
    if (typeof item === 'object') {
      if (item !== null && !isAsWritten(item, depth + 1)) isSound = false;
    } else if (typeof item === 'number' && isSuspect(item)) isSound = false;
  }
  return isSound;
}

/** An integer that may have lost digits, or a zero that may have lost its sign. */
function isSuspect(value: number): boolean {
  return value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER || (value === 0 && 1 / value < 0);
}
