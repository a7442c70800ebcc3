import { describe, expect, test } from 'vitest';
import { JsonNumber, stringifyJson } from '../../lib/core/json-number.js';
import { parseExactJson } from '../../lib/encoding/json-exact.js';
import { DecodeError } from '../../lib/errors.js';
import { parseText, printText, withoutProto } from '../faults/json-text.js';
import { createRandom } from '../faults/random.js';
import { JSON_CASES } from '../support/json-cases.js';
import { jsonText, numberText } from '../support/json-values.js';

/** With the nearest number in the place of each exact one, as `JSON.parse` has it. */
function plain(value: unknown): unknown {
  if (value instanceof JsonNumber) return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__');
  return Object.fromEntries(entries.map(([key, item]) => [key, clean(item)]));
}

/** What `JSON.parse` says of a text is what this says. */
function compare(text: string): void {
  let expected: unknown;
  try {
    expected = clean(JSON.parse(text));
  } catch {
    expect(() => parseExactJson(text), text).toThrow(DecodeError);
    return;
  }
  expect(plain(parseExactJson(text)), text).toEqual(expected);
}

const TEXTS = Object.values(JSON_CASES).flatMap((cases) => Object.values(cases).map(String));

describe('parseExactJson', () => {
  test('accepts and refuses what JSON.parse does', () => {
    // Those that are too deep are refused here alone.
    for (const text of TEXTS) if (!/[[{]{1001}|(?:\[\{"":){501}/.test(text)) compare(text);
    for (const text of [
      '',
      ' ',
      '-',
      '1',
      ' 1 ',
      '1 2',
      '"',
      '"a',
      '"\\',
      '"\\"',
      '"\\u12"',
      '"\\x"',
      '"\n"',
      '[1',
      '[1,',
      '{"a"',
      '{"a":',
      'nul',
      'nulll',
    ]) {
      compare(text);
    }
  });

  test('does so for random texts, whole and with characters changed', () => {
    const random = createRandom(91);
    const alphabet = [...'[]{}",:0123456789.eE+-\\ntfu \t\u0001é'];
    for (let turn = 0; turn < 4000; turn++) {
      const text = jsonText(random);
      compare(text);
      const at = random.int(0, text.length - 1);
      const character = alphabet[random.int(0, alphabet.length - 1)] as string;
      compare(text.slice(0, at) + character + text.slice(at + 1));
      compare(text.slice(0, at) + text.slice(at + 1));
      compare(text.slice(0, at) + character + text.slice(at));
    }
  });

  test('B04 keeps digits, order of keys and the last of equal keys, as an independent parser says', () => {
    const random = createRandom(92);
    for (let turn = 0; turn < 2000; turn++) {
      const text = jsonText(random);
      expect(stringifyJson(parseExactJson(text)), text).toBe(printText(withoutProto(parseText(text))));
    }
  });

  test('B04 has a plain number exactly where one writes the same text', () => {
    const random = createRandom(93);
    for (let turn = 0; turn < 50_000; turn++) {
      const token = numberText(random);
      const value = parseExactJson(token);
      expect(value, token).toStrictEqual(String(Number(token)) === token ? Number(token) : new JsonNumber(token));
    }
  });

  test.each(['0.1', '0.30000000000000004', '1.005', '123456789.123456', '999999999.999999', '0.000001', '-0.5', '-7'])(
    'reads %s as JavaScript does',
    (token) => {
      expect(parseExactJson(token)).toBe(Number(token));
    },
  );

  test('makes one number of equal ones, and tells apart more than it remembers', () => {
    const tokens = Array.from({ length: 3000 }, (_, index) => `${index}.10`);
    const numbers = parseExactJson(`[${tokens.join()},0.10]`) as JsonNumber[];
    expect(numbers.map(String)).toEqual([...tokens, '0.10']);
    expect(numbers[0]).toBe(numbers.at(-1));
  });

  test('can be used again after a text that it refused', () => {
    expect(() => parseExactJson('[1.0,')).toThrow(DecodeError);
    expect(stringifyJson(parseExactJson('[1.0]'))).toBe('[1.0]');
  });
});
