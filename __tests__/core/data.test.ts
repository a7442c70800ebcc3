import { expect, test } from 'vitest';
import { isObject } from '../../lib/core/data.js';
import { JsonNumber } from '../../lib/core/json-number.js';

test('objects of a document are objects, with or without a prototype', () => {
  for (const value of [{}, { a: 1 }, Object.create(null), JSON.parse('{"constructor":1}')])
    expect(isObject(value)).toBe(true);
});

test('nothing else is', () => {
  for (const value of [null, undefined, 1, 'a', [], new JsonNumber('1.0'), new Date(), new Map(), () => 1]) {
    expect(isObject(value)).toBe(false);
  }
});
