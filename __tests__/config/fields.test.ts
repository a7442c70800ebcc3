import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  count,
  countOrZero,
  dottedPath,
  duration,
  durationOrZero,
  headerNames,
  isDottedPath,
  isForbiddenName,
  keyName,
  LONGEST_DURATION,
  MAX_TIMEOUT,
  object,
  oneOf,
  text,
  word,
} from '../../lib/config/fields.js';

function accepts(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}

function messageOf(schema: z.ZodType, value: unknown): string {
  return schema.safeParse(value).error!.issues[0]!.message;
}

const NOT_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, '5', '', null, true, [], {}, 1.5, -1];

describe('durations', () => {
  test('are read as milliseconds', () => {
    expect(duration().parse('1m')).toBe(60_000);
    expect(durationOrZero().parse('0s')).toBe(0);
  });

  test.each([...NOT_NUMBERS, 5, 0, undefined, '5', '2 s', '-1s'])('G03 %j is refused with an example', (value) => {
    expect(messageOf(duration(), value)).toContain('such as "1500ms" or "2s"');
  });

  test('T06 are bounded, so that no timer overflows', () => {
    expect(messageOf(duration(), '0s')).toBe('must be between 1ms and 576h, not "0s".');
    expect(messageOf(duration(), '34560m1ms')).toBe('must be between 1ms and 576h, not "34560m1ms".');
    expect(duration().parse('576h')).toBe(MAX_TIMEOUT);
    expect(MAX_TIMEOUT + 60_000).toBeLessThan(2 ** 31);
    expect(messageOf(duration({ min: 1_000 }), '1ms')).toBe('must be between 1s and 576h, not "1ms".');
    expect(messageOf(duration({ max: 10_000 }), '11s')).toBe('must be between 1ms and 10s, not "11s".');
    expect(accepts(durationOrZero(), '577h')).toBe(false);
    expect(accepts(durationOrZero(LONGEST_DURATION), '2562047h')).toBe(true);
    expect(accepts(durationOrZero(LONGEST_DURATION), '2562048h')).toBe(false);
  });

  test.each([
    ['1ns', 1],
    ['150us', 1],
    ['150µs', 1],
    ['999μs', 1],
    ['1400us', 1],
    ['1.5ms', 2],
    ['300.5ms', 301],
    ['1.5s', 1_500],
    ['1h2m', 3_720_000],
  ])('%s is %d whole milliseconds: less than one counts as one', (text, milliseconds) => {
    expect(duration().parse(text)).toBe(milliseconds);
    expect(durationOrZero().parse(text)).toBe(milliseconds);
  });

  test.each(['0s', '0ms', '0h0m', '0ns', 0])('%j is zero where zero has a meaning', (value) => {
    expect(durationOrZero().parse(value)).toBe(0);
    expect(accepts(duration(), value)).toBe(false);
  });

  test.each([...NOT_NUMBERS, 5, undefined, '0', '-0s'])('G03 %j is not zero', (value) => {
    expect(messageOf(durationOrZero(), value)).toContain('such as "1500ms" or "2s"');
  });
});

test.each(NOT_NUMBERS)('G03 %j is no count', (value) => {
  expect(accepts(count(10), value)).toBe(false);
});

test('G03 counts are bounded on both sides', () => {
  expect([0, 1, 10, 11].map((value) => accepts(count(10), value))).toEqual([false, true, true, false]);
  expect([0, 1, Number.MAX_SAFE_INTEGER, 2 ** 53].map((value) => accepts(count(), value))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect([-1, 0, 10, 11].map((value) => accepts(countOrZero(10), value))).toEqual([false, true, true, false]);
});

test('G01 oneOf tells the words, and the nearest', () => {
  const schema = oneOf(['parallel', 'sequential']);
  expect(accepts(schema, 'parallel')).toBe(true);
  expect(messageOf(schema, 'sequental')).toBe(
    'must be "parallel" or "sequential", not "sequental". Did you mean "sequential"?',
  );
  expect(messageOf(schema, 7)).toBe('must be "parallel" or "sequential", not 7.');
});

test('text ends in the offending value', () => {
  expect(
    messageOf(
      text((value) => value === 'a', 'an a'),
      'b',
    ),
  ).toBe('must be an a, not "b".');
});

test('M04 names and paths lead nowhere but into plain data', () => {
  expect(['__proto__', 'constructor', 'prototype'].map(isForbiddenName)).toEqual([true, true, true]);
  expect(isForbiddenName('toString')).toBe(false);
  for (const path of ['', '.', 'a.', '.a', 'a..b', 'a.__proto__', 'constructor.prototype', `${'a.'.repeat(199)}a`]) {
    expect([path, isDottedPath(path), accepts(dottedPath(), path)]).toEqual([path, false, false]);
  }
  for (const path of ['a', 'a.b', 'toString', 'a.*.b', '0', 'é.ü', 'a b']) expect(isDottedPath(path)).toBe(true);
  expect(accepts(dottedPath({ orEmpty: true }), '')).toBe(true);
  expect(['', '__proto__', 'prototype', 'a.b'].map((name) => accepts(keyName(), name))).toEqual([
    false,
    false,
    false,
    true,
  ]);
  expect(accepts(keyName({ orEmpty: true }), '')).toBe(true);
});

test('header names are tokens; a list may hold the star and the empty name', () => {
  expect(accepts(headerNames(), ['X-A', '*', ''])).toBe(true);
  for (const name of ['a b', 'a:', 'a\r\nb', 'é', '(a)']) expect(accepts(headerNames(), [name])).toBe(false);
});

test('words are plain names', () => {
  expect(['json', 'no-op', 'x/y.z'].map((name) => accepts(word(), name))).toEqual([true, true, true]);
  expect(['', 'a b', '__proto__', 'constructor'].map((name) => accepts(word(), name))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('objects are handed on untouched', () => {
  const value = Object.assign(Object.create(null), { constructor: 1 });
  expect(object().parse(value)).toBe(value);
  for (const other of [[], null, 'x', 5, undefined]) expect(accepts(object(), other)).toBe(false);
});
