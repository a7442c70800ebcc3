import { describe, expect, it } from 'vitest';
import { countHosts, listHosts, spreadHosts } from '../../lib/sd/weights.js';

describe('countHosts', () => {
  it('counts repetitions in order of first appearance', () => {
    expect([...countHosts(['b', 'a', 'b'])]).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });
});

describe('spreadHosts', () => {
  it.each([
    [{}, ''],
    [{ a: 7 }, 'a'],
    [{ a: 5, b: 5 }, 'ab'],
    [{ a: 2, b: 4 }, 'bab'],
    [{ a: 5, b: 1, c: 1 }, 'aabacaa'],
  ])('writes %o out as %s', (weights, expected) => {
    expect(spreadHosts(new Map(Object.entries(weights))).join('')).toBe(expected);
  });
});

describe('listHosts', () => {
  it.each([
    [{}, {}],
    [
      { a: 0, b: 0 },
      { a: 1, b: 1 },
    ],
    [
      { a: 2, b: 1 },
      { a: 2, b: 1 },
    ],
    [
      { a: 65_535, b: 1 },
      { a: 100, b: 1 },
    ],
    [
      { a: 3, b: 1, c: 0 },
      { a: 75, b: 25, c: 1 },
    ],
  ])('S04 gives %o the shares %o', (weights, shares) => {
    expect(Object.fromEntries(countHosts(listHosts(new Map(Object.entries(weights)))))).toEqual(shares);
  });
});
