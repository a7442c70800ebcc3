import { describe, expect, test } from 'vitest';
import { parseJson } from '../../lib/encoding/json-parse.js';
import { type Combiner, combiners } from '../../lib/endpoint/combiner.js';
import { JsonNumber, stringifyJson } from '../../lib/json-number.js';
import type { Data } from '../../lib/proxy.js';
import { mergeNodes, parseText, printText, withoutProto } from '../faults/json-text.js';
import { createRandom } from '../faults/random.js';
import { deepFreeze } from '../support/freeze.js';
import { describeGrowth } from '../support/growth.js';
import { objectText } from '../support/json-values.js';

function combinerOf(name: string): Combiner {
  const combiner = combiners.get(name);
  if (!combiner) throw new Error(`no combiner ${name}`);
  return combiner;
}

function combine(name: string, ...parts: Data[]): Data {
  return combinerOf(name)(deepFreeze(parts));
}

const NAMES = [...combiners.keys()];

test('there are three', () => {
  expect(NAMES).toEqual(['deep', 'shallow', 'concat']);
});

describe.each(NAMES)('%s', (name) => {
  test('puts different keys side by side, in declared order, and shares their values', () => {
    const [first, second] = [{ b: { x: 1 } }, { a: [1, 2] }];
    const result = combine(name, first, second);
    expect(Object.keys(result)).toEqual(['b', 'a']);
    expect(result['b']).toBe(first.b);
    expect(result['a']).toBe(second.a);
  });

  test('M01 makes a fresh object, whatever the parts', () => {
    for (const parts of [[], [{}], [{ a: 1 }], [{ a: {} }, { a: {} }]]) {
      const result = combine(name, ...parts);
      for (const part of parts) expect(result).not.toBe(part);
      expect(Object.isFrozen(result)).toBe(false);
    }
    expect(combine(name)).toEqual({});
  });

  test('M02 M01 gives the same answer however often it is asked, and leaves the parts as they were', () => {
    const parts = deepFreeze([
      { a: { b: [1], c: { d: 1 } } },
      { a: { b: [2], c: { e: 2 } } },
      { a: { c: 3 }, f: [{}] },
    ]);
    const first = JSON.stringify(combinerOf(name)(parts));
    for (let turn = 0; turn < 100; turn++) expect(JSON.stringify(combinerOf(name)(parts))).toBe(first);
  });

  test('B06 takes constructor and toString for data and leaves prototypes alone', () => {
    const own = Object.defineProperty({ a: 1 }, '__proto__', { value: { polluted: 1 }, enumerable: true });
    const result = combine(
      name,
      own,
      { constructor: { prototype: { polluted: 1 } }, toString: { a: 1 }, nested: { valueOf: 1 } },
      { constructor: { prototype: { more: 1 } }, toString: { b: 1 }, nested: { valueOf: {}, hasOwnProperty: [] } },
    );
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Object.keys(result)).toEqual(['a', 'constructor', 'toString', 'nested']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(typeof {}.toString).toBe('function');
  });
});

describe('M05 collisions', () => {
  const VALUES: Record<string, unknown> = {
    object: { x: { p: 1 }, y: 1 },
    array: [{ id: 1, a: 1 }, 2],
    text: 'text',
    number: 5,
    exact: new JsonNumber('0.10'),
    boolean: false,
    null: null,
  };
  const LATER: Record<string, unknown> = {
    object: { x: { q: 2 }, z: 2 },
    array: [{ id: 9 }],
    text: 'later',
    number: 6,
    exact: new JsonNumber('12345678901234567890'),
    boolean: true,
    null: null,
  };

  function expected(name: string, earlier: string, later: string): unknown {
    if (name !== 'shallow' && earlier === 'object' && later === 'object') return { x: { p: 1, q: 2 }, y: 1, z: 2 };
    if (name === 'concat' && earlier === 'array' && later === 'array') return [{ id: 1, a: 1 }, 2, { id: 9 }];
    return LATER[later];
  }

  for (const name of NAMES) {
    for (const earlier of Object.keys(VALUES)) {
      for (const later of Object.keys(VALUES)) {
        test(`${name}: ${earlier} then ${later}, at the root and below`, () => {
          const outcome = expected(name, earlier, later);
          expect(combine(name, { k: VALUES[earlier] }, { k: LATER[later] })).toStrictEqual({ k: outcome });
          const below = combine(name, { o: { k: VALUES[earlier], mine: 1 } }, { o: { k: LATER[later], theirs: 2 } });
          const merged = { k: outcome, mine: 1, theirs: 2 };
          expect(below).toStrictEqual({ o: name === 'shallow' ? { k: LATER[later], theirs: 2 } : merged });
          expect(stringifyJson(below)).toBe(
            stringifyJson(name === 'shallow' ? { o: { k: LATER[later], theirs: 2 } } : { o: merged }),
          );
        });
      }
    }
  }
});

describe('deep', () => {
  test('takes three parts one after another', () => {
    expect(combine('deep', { a: { x: 1 } }, { a: [1] }, { a: { y: 2 } })).toEqual({ a: { y: 2 } });
    expect(combine('deep', { a: { x: 1, l: [1, 2, 3] } }, { a: { y: 2, l: [9] } }, { a: { z: 3 } })).toEqual({
      a: { x: 1, l: [9], y: 2, z: 3 },
    });
  });

  test('M05 equals an independent merge of random documents, digits and order of keys included', () => {
    const random = createRandom(31);
    for (let turn = 0; turn < 10_000; turn++) {
      const texts = Array.from({ length: random.int(2, 4) }, () => objectText(random));
      const parts = texts.map((text) => deepFreeze(parseJson(text) as Data));
      const nodes = texts.map((text) => withoutProto(parseText(text)));
      expect(stringifyJson(combinerOf('deep')(parts)), texts.join('\n')).toBe(printText(nodes.reduce(mergeNodes)));
    }
  });

  test('takes instances of classes whole', () => {
    const date = new Date(0);
    expect(combine('deep', { a: { d: { x: 1 } } }, { a: { d: date } })['a']).toEqual({ d: date });
    expect(combine('deep', { a: { d: date } }, { a: { d: { x: 1 } } })).toEqual({ a: { d: { x: 1 } } });
  });
});

describe('concat', () => {
  test('appends arrays at every depth, in declared order', () => {
    expect(combine('concat', { l: [1], o: { l: [1] } }, { l: [2], o: { l: [2] } }, { l: [3] })).toEqual({
      l: [1, 2, 3],
      o: { l: [1, 2] },
    });
  });
});

describe('shallow', () => {
  test('lets the later part have the whole key', () => {
    expect(combine('shallow', { a: { x: 1 }, b: 1 }, { a: { y: 2 } })).toEqual({ a: { y: 2 }, b: 1 });
  });
});

describeGrowth('deep');
describeGrowth('shallow');
describeGrowth('concat');
