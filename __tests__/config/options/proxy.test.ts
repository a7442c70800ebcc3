import { describe, expect, test } from 'vitest';
import { backendProxySchema, endpointProxySchema } from '../support/schemas.js';

test('an empty namespace says the same as none', () => {
  expect(endpointProxySchema.parse({})).toEqual({ combiner: 'deep', sequential_propagated_params: [] });
  expect(backendProxySchema.parse({})).toEqual({ shadow: false });
});

test('static data is always added unless a strategy says otherwise', () => {
  expect(endpointProxySchema.parse({ static: { data: { a: 1 } } }).static).toEqual({
    strategy: 'always',
    data: { a: 1 },
  });
});

describe('flatmap_filter', () => {
  function accepts(operation: unknown): boolean {
    return backendProxySchema.safeParse({ flatmap_filter: [operation] }).success;
  }

  test.each([
    { type: 'del', args: ['a'] },
    { type: 'del', args: ['a.*.b', 'c.0'] },
    { type: 'move', args: ['a.*.b', 'a.*.c'] },
    { type: 'append', args: ['a', 'b'] },
  ])('%j is accepted', (operation) => {
    expect(accepts(operation)).toBe(true);
  });

  test.each([
    { type: 'cut', args: ['a'] },
    { type: 'del', args: [] },
    { type: 'del' },
    { args: ['a'] },
    { type: 'move', args: ['a'] },
    { type: 'move', args: ['a', 'b', 'c'] },
    { type: 'append', args: ['a'] },
    { type: 'del', args: 'a' },
    { type: 'del', args: [''] },
    { type: 'del', args: ['a..b'] },
    { type: 'move', args: ['a', 'b.__proto__'] },
    { type: 'del', args: ['constructor.prototype'] },
    { type: 'del', args: ['a'], extra: 1 },
    'del',
  ])('G01 %j is refused', (operation) => {
    expect(accepts(operation)).toBe(false);
  });
});

test.each(['resp', 'resp_a', 'resp0_', 'resp-1', 'user', 'resp0.a', 'respx_a'])(
  'G01 %j cannot be propagated',
  (name) => {
    expect(endpointProxySchema.safeParse({ sequential_propagated_params: [name] }).success).toBe(false);
  },
);
