import { describe, expect, test } from 'vitest';
import { JsonNumber, stringifyJson } from '../../lib/core/json-number.js';
import { parseJson } from '../../lib/encoding/json-parse.js';
import { type Combiner, combiners } from '../../lib/endpoint/combiner.js';
import type { Data } from '../../lib/proxy.js';
import { mergeNodes, parseText, printText, withoutProto } from '../faults/json-text.js';
import { createRandom, type Random } from '../faults/random.js';
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

  function nested(levels: number, leaf: Data): Data {
    return Array.from({ length: levels }).reduce<Data>((inner) => ({ a: inner }), leaf);
  }

  // Frozen parts would hide it: lodash writes into them without an error.
  test.each([1, 2, 99, 100, 101, 250])('M01 writes into no array of a part, %i levels down', (levels) => {
    const [earlier, later] = [{ list: [1, 2] }, { list: [9] }];
    const result = combinerOf('deep')([nested(levels, earlier), nested(levels, later)]);
    expect(JSON.stringify(result)).toBe(JSON.stringify(nested(levels, { list: [9] })));
    expect([earlier, later]).toEqual([{ list: [1, 2] }, { list: [9] }]);
  });

  test('P10 merges more levels than fit on the stack', () => {
    let level = combinerOf('deep')([nested(20_000, { x: 1 }), nested(20_000, { y: 2 })]);
    while (level['a']) level = level['a'] as Data;
    expect(level).toEqual({ x: 1, y: 2 });
  });
});

/** By the words of the documentation, without any copy that is spared. */
function naive(earlier: unknown, later: unknown, appends: boolean): unknown {
  const isMap = (value: unknown): value is Data => typeof value === 'object' && value?.constructor === Object;
  if (appends && Array.isArray(earlier) && Array.isArray(later)) return [...earlier, ...later];
  if (!isMap(earlier) || !isMap(later)) return later;
  const keys = [...new Set([...Object.keys(earlier), ...Object.keys(later)])];
  return Object.fromEntries(
    keys.map((key) => {
      if (!(key in later)) return [key, earlier[key]];
      return [key, key in earlier ? naive(earlier[key], later[key], appends) : later[key]];
    }),
  );
}

/** Many collisions: few names, all kinds of values. */
function collidingDocument(random: Random, depth = 0): Record<string, unknown> {
  const names = ['a', 'b', 'c', '1', '2'];
  const count = random.int(0, names.length);
  const valueOf = (): unknown => {
    const kind = random.int(0, depth > 4 ? 3 : 7);
    if (kind === 0) return random.int(0, 9);
    if (kind === 1) return null;
    if (kind === 2) return new JsonNumber('0.10');
    if (kind === 3) return [random.int(0, 9), { a: random.int(0, 9) }];
    return collidingDocument(random, depth + 1);
  };
  return Object.fromEntries(Array.from({ length: count }, () => [names[random.int(0, 4)], valueOf()]));
}

describe.each(['deep', 'concat'])('%s', (name) => {
  test('P10 equals a naive merge of random documents that collide, and changes none of them', () => {
    const random = createRandom(57);
    for (let turn = 0; turn < 3000; turn++) {
      const parts = deepFreeze(Array.from({ length: random.int(0, 5) }, () => collidingDocument(random)));
      const expected = parts.reduce((all, part) => naive(all, part, name === 'concat') as Data, {});
      const result = combinerOf(name)(parts);
      expect(stringifyJson(result)).toBe(stringifyJson(expected));
      expect(result).toStrictEqual(expected);
    }
  });

  test.each([
    ['the earlier', (own: Data) => [own, { b: 1 }]],
    ['the later', (own: Data) => [{ b: 1 }, own]],
  ])('B06 sets no prototype and keeps no __proto__ below the root where %s part has one', (_which, parts) => {
    const own = Object.defineProperty({ a: 1 }, '__proto__', { value: { polluted: 1 }, enumerable: true });
    const merged = combine(name, ...parts(own).map((part) => ({ o: { o: part } })));
    const inner = (merged['o'] as Data)['o'] as Data;
    expect(Object.getOwnPropertyNames(inner).sort()).toEqual(['a', 'b']);
    expect(Object.getPrototypeOf(inner)).toBe(Object.prototype);
  });

  test('P10 shares what only one part has, whatever its size', () => {
    const [mine, theirs] = [{ list: [1, { a: 1 }] }, { list: [2], map: { x: [3] } }];
    const result = combine(name, { data: { mine, same: { x: 1 } } }, { data: { theirs, same: { y: 1 } } });
    const data = result['data'] as Data;
    expect(data['mine']).toBe(mine);
    expect(data['theirs']).toBe(theirs);
    expect(data['same']).toEqual({ x: 1, y: 1 });
  });

  test('P10 merges a thousand levels', () => {
    const nested = (leaf: Data) => Array.from({ length: 1000 }).reduce<Data>((inner) => ({ a: inner }), leaf);
    expect(JSON.stringify(combinerOf(name)([nested({ x: 1 }), nested({ y: 2 })]))).toBe(
      JSON.stringify(nested({ x: 1, y: 2 })),
    );
  });

  test('leaves buffers what they are', () => {
    const later = Buffer.from('x');
    for (const earlier of [1, [1], { a: 1 }, Buffer.from('yy')]) {
      const result = combinerOf(name)([{ o: { k: earlier } }, { o: { k: later } }]);
      expect(result).toStrictEqual({ o: { k: later } });
    }
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
