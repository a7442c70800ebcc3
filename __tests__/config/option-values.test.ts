import { runInNewContext } from 'node:vm';
import { expect, describe as group, test } from 'vitest';
import {
  describe,
  isFunction,
  isObject,
  isRecord,
  listOf,
  must,
  recordOf,
  withStandIns,
} from '../../lib/config/option-values.js';

test('a demand is a sentence with what was given', () => {
  const check = must(isFunction, 'be a function');
  expect(check(() => {}, 'options.x')).toEqual([]);
  expect(check(null, 'options.x')).toEqual([{ path: 'options.x', message: 'must be a function, not null' }]);
});

test('a record says which of its names is wrong', () => {
  const check = recordOf(isObject, 'a store');
  expect(check({ a: {}, b: () => {} }, 'options.x')).toEqual([]);
  expect(check({ a: {}, b: null, c: 1 }, 'options.x')).toEqual([
    { path: 'options.x', message: '"b" must be a store, not null' },
    { path: 'options.x', message: '"c" must be a store, not 1' },
  ]);
  expect(check([], 'options.x')).toEqual([
    { path: 'options.x', message: 'must be an object that holds a store under each name, not an empty array' },
  ]);
});

test('a stand-in takes the place of what is wrong, and of nothing else', () => {
  const sound = () => {};
  const result = withStandIns({ sound, wrong: 5 }, recordOf(isFunction, 'a function')) as Record<string, unknown>;
  expect(result['sound']).toBe(sound);
  expect(result['wrong']).toBeTypeOf('function');
});

group('a record', () => {
  test.each([{}, { a: 1 }, Object.create(null), runInNewContext('({ a: 1 })')])('%o is one', (value) => {
    expect(isRecord(value)).toBe(true);
  });

  test.each([null, undefined, 1, 'x', [], new Map(), Promise.resolve(), new Date(), () => {}])(
    '%o is none',
    (value) => {
      expect(isRecord(value)).toBe(false);
    },
  );

  test('what a module exports is one', async () => {
    expect(isRecord(await import('../../lib/config/option-values.js'))).toBe(true);
  });
});

test('lists are looked into', () => {
  expect(listOf(isFunction)([])).toBe(true);
  expect(listOf(isFunction)([() => {}, 1])).toBe(false);
  expect(listOf(isFunction)('no list')).toBe(false);
});

test('a value is described by its kind', () => {
  expect([null, 'x', 5, true, 5n, [], [1], {}, new Map(), () => {}].map(describe)).toEqual([
    'null',
    '"x"',
    '5',
    'true',
    '5',
    'an empty array',
    'an array',
    'an object',
    'a Map',
    'a function',
  ]);
});
