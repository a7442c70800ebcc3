import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../lib/core/json-number.js';
import { createAllow, createDeny } from '../../lib/manipulation/filter.js';
import type { Data } from '../../lib/proxy.js';
import { createRandom, type Random } from '../faults/random.js';
import { deepFreeze } from '../support/freeze.js';
import { turns } from '../support/mutated.js';

const USER = deepFreeze({
  id: new JsonNumber('12345678901234567890'),
  name: 'Ada',
  address: { city: 'London', zip: { code: 'N1', extra: {} } },
  orders: [{ id: 1 }],
  none: null,
  empty: {},
});

describe('allow', () => {
  test.each<[string[], Data]>([
    [['name'], { name: 'Ada' }],
    [['name', 'id'], { id: USER.id, name: 'Ada' }],
    [['address.city'], { address: { city: 'London' } }],
    [['address.zip.code', 'address.city'], { address: { city: 'London', zip: { code: 'N1' } } }],
    [['address.zip.extra'], { address: { zip: { extra: {} } } }],
    [['orders'], { orders: [{ id: 1 }] }],
    [['none', 'empty'], { none: null, empty: {} }],
    [['orders.id'], {}],
    [['orders.0'], {}],
    [['name.first', 'none.a', 'id.text'], {}],
    [['empty.a'], {}],
    [['address.nothing'], {}],
    [['missing', 'missing.too'], {}],
  ])('%j keeps that', (paths, expected) => {
    expect(createAllow(paths)(USER)).toEqual(expected);
  });

  test('of a path and one that goes on below it, the last one declared wins', () => {
    const city = { address: { city: 'London' } };
    expect(createAllow(['address', 'address.city'])(USER)).toEqual(city);
    expect(createAllow(['address.city', 'address'])(USER)).toEqual({ address: USER.address });
    expect(createAllow(['address', 'name', 'address.city'])(USER)).toEqual({ ...city, name: 'Ada' });
  });

  test('M04 sets no prototype and keeps no __proto__', () => {
    const data = Object.defineProperty({ a: 1 }, '__proto__', { value: { polluted: 1 }, enumerable: true });
    const kept = createAllow(['a', '__proto__'])(data);
    expect(Object.getOwnPropertyNames(kept)).toEqual(['a']);
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
  });

  test('keeps the order of the document', () => {
    expect(Object.keys(createAllow(['orders', 'name', 'id'])(USER))).toEqual(['id', 'name', 'orders']);
  });
});

describe('deny', () => {
  test.each<[string[], Data]>([
    [['address', 'orders', 'none', 'empty', 'id'], { name: 'Ada' }],
    [['address.city'], { ...USER, address: { zip: USER.address.zip } }],
    [['address.city', 'address.zip'], { ...USER, address: {} }],
    [['address.zip.code'], { ...USER, address: { city: 'London', zip: { extra: {} } } }],
    [['address', 'address.city'], { ...USER, address: undefined }],
    [['address.city', 'address'], { ...USER, address: undefined }],
    [['orders.id', 'orders.0', 'name.first', 'none.a', 'missing', 'missing.too', 'id.text'], USER],
  ])('%j removes that', (paths, expected) => {
    expect(createDeny(paths)(USER)).toEqual(expected);
  });

  test('gives back the same object when there is nothing to remove, and shares what it leaves', () => {
    expect(createDeny(['missing', 'address.missing'])(USER)).toBe(USER);
    expect(createDeny(['address.city'])(USER)['orders']).toBe(USER.orders);
  });
});

describe('M04 names of prototype members', () => {
  const names = [
    'toString',
    'constructor',
    'constructor.prototype',
    '__proto__',
    '__proto__.toString',
    'hasOwnProperty.call',
  ];

  test('yield nothing unless the document has them', () => {
    expect(createAllow(names)(deepFreeze({ a: 1, b: {} }))).toEqual({});
    expect(createDeny(names)(USER)).toBe(USER);
    const own = deepFreeze({ toString: 1, constructor: { prototype: 2 } });
    expect(createAllow(['toString', 'constructor.prototype'])(own)).toEqual(own);
    expect(createDeny(['toString', 'constructor.prototype'])(own)).toEqual({ constructor: {} });
    expect(typeof {}.toString).toBe('function');
  });
});

describe('random documents and paths', () => {
  test('equal what a naive oracle keeps and removes', () => {
    const random = createRandom(21);
    for (let turn = 0; turn < turns(20_000); turn++) {
      const data = deepFreeze(randomData(random, 4));
      const paths = Array.from({ length: random.int(1, 4) }, () => randomPath(random));
      expect(createAllow(paths)(data), `allow ${paths} ${JSON.stringify(data)}`).toEqual(
        oracleAllow(data, paths) ?? {},
      );
      expect(createDeny(paths)(data), `deny ${paths} ${JSON.stringify(data)}`).toEqual(oracleDeny(data, paths));
    }
  });

  function randomData(random: Random, depth: number): Data {
    const data: Record<string, unknown> = {};
    for (const key of ['a', 'b', 'c']) {
      if (random.chance(0.3)) continue;
      data[key] =
        depth > 0 && random.chance(0.6)
          ? randomData(random, depth - 1)
          : random.pick([1, 'x', null, [], [{ a: 1 }], {}]);
    }
    return data;
  }

  function randomPath(random: Random): string {
    return Array.from({ length: random.int(1, 4) }, () => random.pick(['a', 'b', 'c'])).join('.');
  }

  function oracleAllow(data: Data, paths: readonly string[], prefix = ''): Data | undefined {
    // A path is in force unless one above or below it was declared later.
    const inForce = paths.filter(
      (path, index) =>
        !paths
          .slice(index + 1)
          .some((later) => `${later}.`.startsWith(`${path}.`) || `${path}.`.startsWith(`${later}.`)),
    );
    const entries = Object.entries(data).flatMap(([key, value]): [string, unknown][] => {
      const path = prefix + key;
      if (inForce.includes(path)) return [[key, value]];
      if (!inForce.some((other) => other.startsWith(`${path}.`)) || !isPlain(value)) return [];
      const below = oracleAllow(value, inForce, `${path}.`);
      return below ? [[key, below]] : [];
    });
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  }

  function oracleDeny(data: Data, paths: readonly string[], prefix = ''): Data {
    return Object.fromEntries(
      Object.entries(data).flatMap(([key, value]): [string, unknown][] => {
        const path = prefix + key;
        if (paths.includes(path)) return [];
        return [[key, isPlain(value) ? oracleDeny(value, paths, `${path}.`) : value]];
      }),
    );
  }

  function isPlain(value: unknown): value is Data {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
});
