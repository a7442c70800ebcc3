import { describe, expect, test } from 'vitest';
import type { FlatmapOperation } from '../../lib/config/resolved.js';
import { JsonNumber, stringifyJson } from '../../lib/core/json-number.js';
import { ConfigError } from '../../lib/errors.js';
import { createFlatmap } from '../../lib/manipulation/flatmap.js';
import type { Data } from '../../lib/proxy.js';
import { createRandom, type Random } from '../faults/random.js';
import { flatmapOracle } from '../support/flatmap-oracle.js';
import { deepFreeze } from '../support/freeze.js';
import { describeGrowth } from '../support/growth.js';
import { isMutated, turns } from '../support/mutated.js';

/** `move a.b c` as the configuration would say it. */
function operation(line: string): FlatmapOperation {
  const [type = '', ...args] = line.split(' ');
  return { type: type as FlatmapOperation['type'], args };
}

function run(lines: readonly string[], data: Data | null): Data | null {
  return createFlatmap(lines.map(operation))(deepFreeze(data));
}

const LIST = { a: [{ c: 1, d: 'x' }, { c: 2 }] };

describe('del', () => {
  test.each<[string[], Data, Data | null]>([
    [['del a.*.c'], LIST, { a: [{ d: 'x' }, null] }],
    [['del a.0'], LIST, { a: [{ c: 2 }] }],
    [['del a'], { a: 1 }, null],
    [['del *'], { a: 1, b: 2 }, null],
    [['del a'], { a: 1, b: 2 }, { b: 2 }],
    [['del a.b'], { a: { b: 1 } }, { a: null }],
    [['del a.*'], { a: { b: 1, c: 2 }, d: 1 }, { a: null, d: 1 }],
    [['del a.*'], { a: [1, 2] }, { a: null }],
    [['del a.*'], { a: [], b: {} }, { a: [], b: {} }],
    [['del *.x'], { a: { x: 1, y: 2 }, b: { x: 1, y: 3 } }, { a: { y: 2 }, b: { y: 3 } }],
    [['del a.b.c', 'del missing', 'del a.0', 'del a.length'], { a: 'text' }, { a: 'text' }],
    [['del a b'], { a: 1, b: 2, c: 3 }, { c: 3 }],
    [['del a.0', 'del a.1'], { a: ['x', 'y', 'z'] }, { a: ['z'] }],
    [['del a.00', 'del a.-1', 'del a.3'], { a: ['x'] }, { a: ['x'] }],
    [['del toString', 'del constructor.name'], { a: 1 }, { a: 1 }],
  ])('%j on %j gives %j', (lines, data, expected) => {
    expect(run(lines, data)).toEqual(expected);
  });
});

describe('move to the same depth renames', () => {
  test.each<[string[], Data, Data | null]>([
    [['move a.*.c a.*.k'], LIST, { a: [{ d: 'x', k: 1 }, { k: 2 }] }],
    [['move a.*.c z.*.k'], LIST, { a: [{ d: 'x', k: 1 }, { k: 2 }] }],
    [
      ['move collection paths', 'del paths.*.i', 'move paths.*.path paths.*.url'],
      { collection: [{ path: '/x', i: 0 }] },
      { paths: [{ url: '/x' }] },
    ],
    [['move a b'], { a: 1, b: 2 }, { b: 1 }],
    [['move a a'], { a: 1 }, { a: 1 }],
    [['move a b'], { c: 1 }, { c: 1 }],
    [['move a.* b.x'], { a: { c: 1 } }, { a: { c: 1 } }],
    [['move * b'], { a: 1 }, { a: 1 }],
    [['move a.* a.x'], { a: { '*': 1 } }, { a: { '*': 1 } }],
    [['move a.0 a.9'], { a: ['x', 'y'] }, { a: ['x', 'y'] }],
    [['move a.0 a.9', 'del a.9'], { a: ['x', 'y'] }, { a: ['x', 'y'] }],
    [['move a.0 a.1'], { a: ['x', 'y'] }, { a: ['x', 'y'] }],
  ])('%j on %j gives %j', (lines, data, expected) => {
    expect(run(lines, data)).toEqual(expected);
  });
});

describe('move to a lesser depth lifts', () => {
  test.each<[string[], Data, Data | null]>([
    [['move a.0.c first'], LIST, { a: [{ d: 'x' }, { c: 2 }], first: 1 }],
    [['move a.b.c a.c'], { a: { b: { c: 1 } } }, { a: { b: null, c: 1 } }],
    [
      ['move a.*.b.c a.*.c'],
      { a: [{ b: { c: 1 } }, { b: { c: 2, d: 3 } }] },
      {
        a: [
          { b: null, c: 1 },
          { b: { d: 3 }, c: 2 },
        ],
      },
    ],
    [['move a.b.c x.c'], { a: { b: { c: 1 } } }, { a: { b: null }, c: 1 }],
    [['move a.b.c x.c'], { a: { b: { c: 1 } }, x: {} }, { a: { b: null }, x: { c: 1 } }],
    [['move a.*.c last'], LIST, { a: [{ d: 'x' }, null], last: 2 }],
    [['move a.*.c list.x'], { ...LIST, list: [] }, { a: [{ d: 'x' }, null], list: [1, 2] }],
    [['move a.b.c *.d'], { a: { b: { c: 1 } } }, { a: { b: null, d: 1 } }],
    [['move a.b.c a.*'], { a: { b: { c: 1 } } }, { a: { b: 1 } }],
    [['move a.b.c x.c'], { a: { b: { c: 1 } }, x: 5 }, { a: { b: null }, x: { c: 1 } }],
  ])('%j on %j gives %j', (lines, data, expected) => {
    expect(run(lines, data)).toEqual(expected);
  });
});

describe('move to a greater depth sinks', () => {
  test.each<[string[], Data, Data | null]>([
    [['move a.*.c a.*.n.m'], LIST, { a: [{ d: 'x', n: { m: 1 } }, { n: { m: 2 } }] }],
    [['move a.*.c a.*.c.d.e'], LIST, { a: [{ c: { d: { e: 1 } }, d: 'x' }, { c: { d: { e: 2 } } }] }],
    [['move a a.b'], { a: 1 }, { a: { b: 1 } }],
    [['move a x.b'], { a: 1, x: { c: 2 } }, { x: { c: 2, b: 1 } }],
    [['move a x.b'], { a: 1, x: [2] }, { x: [2, 1] }],
    [['move a x.b'], { a: 1, x: 'scalar' }, { x: { b: 1 } }],
    [['move a x.*.b'], { a: 1 }, { x: { '*': { b: 1 } } }],
    [['move a.0 a.0.n'], { a: ['x', 'y'] }, { a: [{ n: 'x' }, 'y'] }],
    [['move missing x.b'], { a: 1 }, { a: 1 }],
  ])('%j on %j gives %j', (lines, data, expected) => {
    expect(run(lines, data)).toEqual(expected);
  });
});

describe('append', () => {
  test.each<[string[], Data, Data | null]>([
    [['append a b'], { a: [1, 2], b: [3] }, { b: [3, 1, 2] }],
    [['append a b'], { a: [], b: [3] }, { b: [3] }],
    [['append a b'], { a: [1], b: [] }, { b: [1] }],
    [['append x.a y.b'], { x: { a: [1] }, y: { b: [2] } }, { x: null, y: { b: [2, 1] } }],
    [['append a.0 a'], { a: [[1], 2] }, { a: [2, 1] }],
    [['append a b', 'del b.0', 'del b.2'], { a: [1, 2], b: [3] }, { b: [1] }],
    [['append a b'], { a: 1, b: [3] }, { a: 1, b: [3] }],
    [['append a b'], { a: [1], b: 3 }, { a: [1], b: 3 }],
    [['append a b'], { a: [1] }, { a: [1] }],
    [['append a b'], { b: [1] }, { b: [1] }],
    [['append *.a b'], { x: { a: [1] }, b: [2] }, { x: { a: [1] }, b: [2] }],
  ])('%j on %j gives %j', (lines, data, expected) => {
    expect(run(lines, data)).toEqual(expected);
  });
});

test('no data stays no data', () => {
  expect(run(['del a'], null)).toBeNull();
});

test('B04 numbers keep their digits', () => {
  const data = { a: [{ id: new JsonNumber('12345678901234567890'), p: new JsonNumber('0.10') }] };
  expect(stringifyJson(run(['move a.*.id a.*.key', 'del a.*.p.text', 'move a.0.p price'], data))).toBe(
    '{"a":[{"key":12345678901234567890}],"price":0.10}',
  );
});

test.each<[FlatmapOperation, string]>([
  [{ type: 'move', args: ['a'] }, 'needs a source and a destination'],
  [{ type: 'append', args: [] }, 'needs a source and a destination'],
  [{ type: 'del', args: [] }, 'needs a path'],
  [{ type: 'append', args: ['a', 'a'] }, 'cannot be appended to itself'],
  [{ type: 'append', args: ['a', 'a.0'] }, 'cannot be appended to itself'],
])('%j is refused at start', (wrong, reason) => {
  const create = () => createFlatmap([{ type: 'del', args: ['x'] }, wrong]);
  expect(create).toThrow(ConfigError);
  expect(create).toThrow(reason);
  expect(create).toThrow('flatmap_filter[1]');
});

describe('M06 wild input', () => {
  test('50,000 random lists of operations do what a naive oracle does, change nothing they were given, and repeat themselves', {
    timeout: 60_000,
  }, () => {
    const random = createRandom(6);
    for (let turn = 0; turn < turns(50_000); turn++) {
      const data = deepFreeze(randomObject(random, 4));
      const operations = Array.from({ length: random.int(1, 4) }, () => randomOperation(random)).filter(isPossible);
      const flatmap = createFlatmap(operations);
      const result = flatmap(data);
      if (stringifyJson(flatmap(data)) !== stringifyJson(result)) expect.fail('it did something else the second time');
      const expected = flatmapOracle(operations, data);
      // The order of keys may differ.
      if (stringifyJson(expected) !== stringifyJson(result)) {
        expect(result, `${JSON.stringify(operations)} on ${stringifyJson(data)}`).toEqual(expected);
      }
    }
  });

  test.skipIf(isMutated)('time grows with the document, not with its square', { timeout: 60_000 }, () => {
    const operations = [
      'move a.*.b.c a.*.c',
      'move a.*.d a.*.n.m',
      'del a.*.e',
      'append x y',
      'move a.*.c list.x',
      'move a.0 a.z',
    ];
    const flatmap = createFlatmap(operations.map(operation));
    const small = timeOf(2_000);
    const large = timeOf(40_000);
    // The square would be 400 times the time.
    expect(large / small).toBeLessThan(200);

    function timeOf(count: number): number {
      const item = () => ({ b: { c: 1 }, d: 2, e: 3 });
      const data = { a: Array.from({ length: count }, item), x: new Array(count).fill(1), y: [], list: [] };
      let best = Number.POSITIVE_INFINITY;
      for (let turn = 0; turn < 5; turn++) {
        const start = performance.now();
        flatmap(data);
        best = Math.min(best, performance.now() - start);
      }
      return best;
    }
  });

  test('leaves out scalars that nothing was said about', () => {
    const random = createRandom(7);
    for (let turn = 0; turn < turns(5_000); turn++) {
      const data = deepFreeze({ kept: { a: randomObject(random, 3) }, b: randomObject(random, 3) });
      const result = createFlatmap([randomDelete(random)])(data);
      expect(result?.['kept']).toEqual(data.kept);
    }
  });

  function randomObject(random: Random, depth: number): Data {
    return Object.fromEntries(
      ['a', 'b', 'c', '0'].filter(() => random.chance(0.7)).map((key) => [key, randomValue(random, depth - 1)]),
    );
  }

  function randomValue(random: Random, depth: number): unknown {
    if (depth <= 0 || random.chance(0.3)) return random.pick([1, 'x', null, true, new JsonNumber('1.0')]);
    if (random.chance(0.5)) return Array.from({ length: random.int(0, 3) }, () => randomValue(random, depth - 1));
    return randomObject(random, depth);
  }

  function randomPath(random: Random): string {
    return Array.from({ length: random.int(1, 4) }, () =>
      random.pick(['a', 'b', 'c', '0', '1', '*', '__proto__', 'constructor']),
    ).join('.');
  }

  function randomOperation(random: Random): FlatmapOperation {
    const type = random.pick(['del', 'move', 'append', 'move'] as const);
    return { type, args: [randomPath(random), randomPath(random)] };
  }

  function randomDelete(random: Random): FlatmapOperation {
    return { type: 'del', args: [`b.${randomPath(random)}`] };
  }

  /** Appending to itself is refused at start. */
  function isPossible({ type, args: [source, destination] }: FlatmapOperation): boolean {
    return type !== 'append' || !`${destination}.`.startsWith(`${source}.`);
  }
});

describeGrowth('flatmap');
