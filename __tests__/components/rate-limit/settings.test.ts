import { expect, test } from 'vitest';
import { z } from 'zod';
import { capacity, every, rate, storeFields, toLimit } from '../../../lib/components/rate-limit/settings.js';

test('a bucket holds what comes back in a second, and one at least', () => {
  expect(toLimit(100, undefined, 1_000)).toEqual({ rate: 100, capacity: 100 });
  expect(toLimit(2.7, undefined, 1_000)).toEqual({ rate: 2.7, capacity: 2 });
  expect(toLimit(0.5, undefined, 1_000)).toEqual({ rate: 0.5, capacity: 1 });
  expect(toLimit(120, undefined, 60_000)).toEqual({ rate: 2, capacity: 2 });
  expect(toLimit(30, undefined, 60_000)).toEqual({ rate: 0.5, capacity: 1 });
});

test('or what it is told, where that is not nought', () => {
  expect(toLimit(1, 500, 1_000)).toEqual({ rate: 1, capacity: 500 });
  expect(toLimit(7, 0, 1_000)).toEqual({ rate: 7, capacity: 7 });
});

test('more than a process can answer is counted as what it can, so that numbers stay exact', () => {
  expect(toLimit(6_000_000, undefined, 60_000)).toEqual({ rate: 100_000, capacity: 100_000 });
  expect(toLimit(1e300, undefined, 1_000)).toEqual({ rate: 1e6, capacity: 1e6 });
  expect(toLimit(10, 1e15, 1_000)).toEqual({ rate: 10, capacity: 1e9 });
});

test('no rate is no limit', () => {
  expect(toLimit(undefined, 5, 1_000)).toBeUndefined();
  expect(toLimit(0, 5, 1_000)).toBeUndefined();
});

test('`every` is a second at least, as in KrakenD', () => {
  expect(every.parse(undefined)).toBe(1_000);
  expect(every.parse('200ms')).toBe(1_000);
  expect(every.parse('1h')).toBe(3_600_000);
  expect(every.safeParse('soon').success).toBe(false);
  expect(every.parse('0s')).toBe(1_000);
  expect(every.parse('20000h')).toBe(72_000_000_000);
});

test('G03 rates and capacities that make no sense are refused', () => {
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e-9, '5']) {
    expect(rate.safeParse(value).success, String(value)).toBe(false);
  }
  for (const value of [-1, 1.5, '5', 2 ** 53]) expect(capacity.safeParse(value).success, String(value)).toBe(false);
  for (const value of [0, 1e-6, 0.5, 6e6, 1e12]) expect(rate.safeParse(value).success, String(value)).toBe(true);
});

test('a store is used as long as it is quick; without it each process limits by itself', () => {
  expect(z.object(storeFields).parse({})).toEqual({ on_store_error: 'local', store_timeout: 100 });
});
