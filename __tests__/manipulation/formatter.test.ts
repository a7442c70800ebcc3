import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../lib/core/json-number.js';
import { createFormatter, type FormatterOptions } from '../../lib/manipulation/formatter.js';
import type { Data } from '../../lib/proxy.js';
import { deepFreeze } from '../support/freeze.js';
import { describeGrowth } from '../support/growth.js';

/** Formats a frozen document, so that whoever changes it throws. */
function format(options: FormatterOptions, data: Data | null): Data | null {
  const formatter = createFormatter(options);
  if (!formatter) throw new Error('nothing to do');
  return formatter(deepFreeze(data));
}

test('is not there when there is nothing to do', () => {
  expect(createFormatter({})).toBeUndefined();
  expect(createFormatter({ target: '', allow: [], deny: [], mapping: {}, group: '' })).toBeUndefined();
});

describe('target', () => {
  const data = { data: { user: { id: 1 } }, list: [{ id: 1 }], text: 'x', none: null, n: new JsonNumber('1.0') };

  test.each([
    ['data', { user: { id: 1 } }],
    ['data.user', { id: 1 }],
    ['data.user.id', {}],
    ['list', {}],
    ['list.0', {}],
    ['text', {}],
    ['text.length', {}],
    ['none', {}],
    ['n', {}],
    ['n.text', {}],
    ['missing', {}],
    ['data.missing.deeper', {}],
    ['constructor', {}],
    ['toString', {}],
    ['__proto__', {}],
  ])('"%s" becomes the document', (target, expected) => {
    expect(format({ target }, data)).toEqual(expected);
    expect(format({ target }, data)).not.toBe(Object.prototype);
  });

  test('of no data is an empty document', () => {
    expect(format({ target: 'data' }, null)).toEqual({});
  });
});

describe('allow and deny', () => {
  test('allow switches deny off', () => {
    expect(format({ allow: ['a'], deny: ['a'] }, { a: 1, b: 2 })).toEqual({ a: 1 });
  });

  test('nothing happens to no data', () => {
    expect(format({ allow: ['a'] }, null)).toBeNull();
    expect(format({ deny: ['a'] }, null)).toBeNull();
    expect(format({ mapping: { a: 'b' } }, null)).toBeNull();
  });
});

describe('mapping', () => {
  test.each<[Record<string, string>, Data, Data]>([
    [{ a: 'b' }, { a: 1, c: 2 }, { b: 1, c: 2 }],
    [{ a: 'b' }, { b: 0, a: 1 }, { b: 1 }],
    [{ a: 'b' }, { a: 1, b: 0 }, { b: 1 }],
    [
      { a: 'b', b: 'a' },
      { a: 1, b: 2 },
      { b: 1, a: 2 },
    ],
    [
      { a: 'b', b: 'c' },
      { a: 1, b: 2 },
      { b: 1, c: 2 },
    ],
    [{ a: 'x', b: 'x' }, { b: 2, a: 1 }, { x: 2 }],
    [{ a: 'x.y' }, { a: 1 }, { x: 1 }],
    [{ 'a.b': 'x' }, { 'a.b': 1, a: { b: 2 } }, { x: 1, a: { b: 2 } }],
    [{ a: 'a' }, { a: 1, b: 2 }, { b: 2 }],
    [{ a: 'a.b' }, { a: 1, b: 2 }, { b: 2 }],
    [{ missing: 'b' }, { b: 2 }, { b: 2 }],
    [{ toString: 'b', constructor: 'c' }, { a: 1 }, { a: 1 }],
    [{ collection: 'posts' }, { collection: [1] }, { posts: [1] }],
  ])('%j on %j gives %j', (mapping, data, expected) => {
    expect(format({ mapping }, data)).toEqual(expected);
  });

  test('gives back the same object when there is nothing to rename', () => {
    const data = { a: 1 };
    expect(format({ mapping: { b: 'c' } }, data)).toBe(data);
  });

  test('M04 sets no prototype and keeps no __proto__', () => {
    const data = Object.defineProperty({ a: 1 }, '__proto__', { value: { polluted: 1 }, enumerable: true });
    const renamed = format({ mapping: { a: 'b' } }, data);
    expect(Object.getOwnPropertyNames(renamed)).toEqual(['b']);
    expect(Object.getPrototypeOf(renamed)).toBe(Object.prototype);
  });

  test('keeps the place of a key', () => {
    expect(Object.keys(format({ mapping: { b: 'z' } }, { a: 1, b: 2, c: 3 }) as Data)).toEqual(['a', 'z', 'c']);
  });
});

describe('group', () => {
  test('wraps every document, the empty one and none too; a dot in its name is part of it', () => {
    expect(format({ group: 'g' }, { a: 1 })).toEqual({ g: { a: 1 } });
    expect(format({ group: 'g' }, {})).toEqual({ g: {} });
    expect(format({ group: 'g' }, null)).toEqual({ g: null });
    expect(format({ group: 'a.b' }, { a: 1 })).toEqual({ 'a.b': { a: 1 } });
  });
});

describe('order', () => {
  test('target, then filter by the old names, then mapping, then group', () => {
    const data = { data: { id: 7, name: 'x', secret: 'y' }, id: 1 };
    expect(format({ target: 'data', allow: ['id', 'name'], mapping: { id: 'user_id' }, group: 'user' }, data)).toEqual({
      user: { user_id: 7, name: 'x' },
    });
    expect(format({ target: 'data', deny: ['secret'], mapping: { secret: 'id' } }, data)).toEqual({ id: 7, name: 'x' });
  });

  test('an empty target is still grouped', () => {
    expect(format({ target: 'nothing', allow: ['id'], group: 'user' }, { id: 1 })).toEqual({ user: {} });
  });
});

test('M01 a document formatted twice is formatted the same', () => {
  const formatter = createFormatter({ target: 'a', deny: ['x.y'], mapping: { x: 'z' }, group: 'g' });
  const data = deepFreeze({ a: { x: { y: 1, z: [{ q: 1 }] }, n: new JsonNumber('0.10') } });
  const first = formatter?.(data);
  expect(formatter?.(data)).toEqual(first);
  expect(first).toEqual({ g: { z: { z: [{ q: 1 }] }, n: new JsonNumber('0.10') } });
});

describeGrowth('format');
