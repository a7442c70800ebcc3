import { describe, expect, test } from 'vitest';
import {
  createClaimReader,
  createDemand,
  faultOfOrigin,
  isTimely,
  readValidity,
  toText,
} from '../../../lib/components/jwt/claims.js';

describe('a claim is found', () => {
  const claims = { a: { b: 1, 'c.d': 2 }, 'a.b': 3, 'http://x.y/z': 4, list: [{ b: 5 }] };

  test.each<[string, boolean, unknown]>([
    ['a.b', false, 3],
    ['a.b', true, 3],
    ['a.c.d', true, undefined],
    ['http://x.y/z', true, 4],
    ['http://x', true, undefined],
    ['list.0.b', true, undefined],
    ['list.length', true, undefined],
    ['__proto__', true, undefined],
    ['__proto__.toString', true, undefined],
    ['constructor.name', true, undefined],
    ['a.constructor', true, undefined],
  ])('%s, nested %s', (name, isNested, value) => {
    expect(createClaimReader(name, isNested)(claims)).toBe(value);
  });

  test('nested only where that is asked for', () => {
    expect(createClaimReader('x.y', true)({ x: { y: 1 } })).toBe(1);
    expect(createClaimReader('x.y', false)({ x: { y: 1 } })).toBeUndefined();
  });
});

describe('the time of a token', () => {
  test('is read in milliseconds; what is missing sets no limit', () => {
    expect(readValidity({ exp: 10, nbf: 2, iat: 3.5 })).toEqual({ from: 3_500, until: 10_000 });
    expect(readValidity({})).toEqual({ from: -Infinity, until: Infinity });
  });

  test.each([['exp'], ['nbf'], ['iat']])('A04 is no token where %s is no number', (name) => {
    for (const value of ['10', null, [10], {}, true, Infinity]) expect(readValidity({ [name]: value })).toBeUndefined();
  });

  test('A04 counts with a leeway, and ends where that ends', () => {
    const validity = { from: 10_000, until: 20_000 };
    const good = [8_999, 9_000, 20_999, 21_000].map((now) => isTimely(validity, now, 1_000));
    expect(good).toEqual([false, true, true, false]);
  });
});

test('A04 issuer and audience are compared exactly', () => {
  const wanted = { issuer: 'me', audience: ['a', 'b'] };
  expect(faultOfOrigin({ iss: 'me', aud: ['b', 'a'] }, wanted)).toBeUndefined();
  expect(faultOfOrigin({ iss: 'me', aud: 'a' }, wanted)).toContain('audience');
  expect(faultOfOrigin({ iss: 'ME', aud: ['a', 'b'] }, wanted)).toContain('issuer');
  expect(faultOfOrigin({ aud: ['a', 'b'] }, wanted)).toContain('issuer');
  expect(faultOfOrigin({}, { issuer: undefined, audience: [] })).toBeUndefined();
});

test('A04 a demand is met by texts only', () => {
  const any = createDemand(['x', 'y'], createClaimReader('r', false), 'any');
  const all = createDemand(['x', 'y'], createClaimReader('r', false), 'all');
  const values = ['x', 'y x', ['y'], ['x', 'y', 'z'], ['x', 1], { x: 1 }, null, undefined, 'xy', ['x y']];
  expect(values.map((r) => any({ r }))).toEqual([true, true, true, true, ...Array(6).fill(false)]);
  expect(values.map((r) => all({ r }))).toEqual([false, true, false, true, ...Array(6).fill(false)]);
});

test('A08 a claim becomes text by the rules of KrakenD', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
  const values = ['t', '', 7, 1.5, 7.0, true, ['a', 1, null, ['b']], { a: [1] }, null, undefined, Infinity];
  expect(values.map(toText)).toEqual([
    't',
    '',
    '7',
    '1.5',
    '7',
    'true',
    'a,1,,b',
    '{"a":[1]}',
    undefined,
    undefined,
    undefined,
  ]);
  expect(toText(deep)).toBeUndefined();
});
