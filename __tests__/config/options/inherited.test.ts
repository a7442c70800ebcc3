import { expect, test } from 'vitest';
import {
  FROM_ENDPOINT_TO_BACKEND,
  FROM_ROOT_TO_BACKEND,
  FROM_ROOT_TO_ENDPOINT,
  inherited,
} from '../../../lib/config/options/inherited.js';
import { backendSchema, endpointSchema, rootSchema } from '../support/schemas.js';

test('what the lower object says counts, falsy values too, and what it does not say is taken from the upper one', () => {
  const upper = { timeout: 2_000, cache_ttl: 60, name: 'root' };
  expect(inherited(['timeout', 'cache_ttl'], { timeout: undefined, cache_ttl: 0 }, upper)).toEqual({
    timeout: 2_000,
    cache_ttl: 0,
  });
});

test('X04 nothing is read from a polluted prototype', () => {
  const lower: { timeout?: number } = Object.create({ timeout: 1 });
  expect(inherited(['timeout'], lower, { timeout: 2_000 })).toEqual({ timeout: 2_000 });
});

test('every option that falls through is known to both levels, and undefined at the lower one unless it is said', () => {
  const levels = [
    [FROM_ROOT_TO_ENDPOINT, rootSchema, endpointSchema, { endpoint: '/' }],
    [FROM_ROOT_TO_BACKEND, rootSchema, backendSchema, {}],
    [FROM_ENDPOINT_TO_BACKEND, endpointSchema, backendSchema, {}],
  ] as const;
  for (const [keys, upper, lower, empty] of levels) {
    const read: Readonly<Record<string, unknown>> = lower.parse(empty);
    for (const key of keys) {
      expect(Object.keys(upper.shape)).toContain(key);
      expect(Object.keys(lower.shape)).toContain(key);
      expect([key, read[key]]).toEqual([key, undefined]);
    }
  }
});
