import { expect, test } from 'vitest';
import { z } from 'zod';
import { readOptions } from '../../lib/components/read-options.js';

const schema = z.strictObject({
  max_rate: z.number().min(0).default(1),
  inner: z.strictObject({ key_name: z.string() }).optional(),
  list: z.array(z.strictObject({ expr: z.string() })).optional(),
});

test('takes both spellings, fills in defaults and leaves comments out', () => {
  const value = { '@why': 'because', inner: { keyName: 'a', _x: 1 }, list: [{ expr: 'e', $note: '' }] };
  expect(readOptions(schema, value)).toEqual({
    config: { max_rate: 1, inner: { key_name: 'a' }, list: [{ expr: 'e' }] },
  });
  expect(readOptions(schema, { maxRate: 3 })).toEqual({ config: { max_rate: 3 } });
});

test('G01 says everything that is wrong, as its author spelt it, with the nearest known name', () => {
  expect(readOptions(schema, { maxRate: -1, list: [{ expr: 1, exp: 'x' }] })).toEqual({
    issues: [
      { path: 'maxRate', message: 'must be at least 0, not -1.' },
      { path: 'list[0].expr', message: 'must be a string, not 1.' },
      { path: 'list[0].exp', message: 'is not a known option here. Did you mean "expr"?' },
    ],
    // What is sound, so that it can be looked at as well.
    config: readOptions(schema, {}).config,
  });
  expect(readOptions(schema, { max_rate: 1, maxRate: 1 })).toMatchObject({ issues: [{ path: 'max_rate' }] });
});

test('a value that is no object at all', () => {
  expect(readOptions(schema, [])).toEqual({
    issues: [{ path: '', message: 'must be an object, not an empty array.' }],
  });
});

test('schemas that are no objects see the value as it is', () => {
  const strings = z.array(z.record(z.string(), z.string()));
  expect(readOptions(strings, [{ '@a': 'b' }])).toEqual({ config: [{ '@a': 'b' }] });
});
