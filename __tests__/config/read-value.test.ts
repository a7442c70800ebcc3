import { expect, test } from 'vitest';
import { z } from 'zod';
import { readValue } from '../../lib/config/read-value.js';
import { createReport } from '../../lib/config/report.js';
import type { ConfigIssue } from '../../lib/errors.js';

const schema = z.strictObject({
  max_rate: z.number().min(0).default(1),
  inner: z.strictObject({ key_name: z.string() }).optional(),
  list: z.array(z.strictObject({ expr: z.string() })).optional(),
});

function read<S extends z.ZodType>(of: S, value: unknown, fallback?: Readonly<Record<string, unknown>>) {
  const report = createReport();
  const config = readValue(of, value, [], report, fallback);
  return { config, issues: report.issues as readonly ConfigIssue[] };
}

test('takes both spellings, fills in defaults and leaves comments out', () => {
  const value = { '@why': 'because', inner: { keyName: 'a', _x: 1 }, list: [{ expr: 'e', $note: '' }] };
  expect(read(schema, value)).toEqual({
    issues: [],
    config: { max_rate: 1, inner: { key_name: 'a' }, list: [{ expr: 'e' }] },
  });
  expect(read(schema, { maxRate: 3 })).toEqual({ issues: [], config: { max_rate: 3 } });
});

test('G01 says everything that is wrong, as its author spelt it, with the nearest known name', () => {
  expect(read(schema, { maxRate: -1, list: [{ expr: 1, exp: 'x' }] })).toEqual({
    issues: [
      { path: 'maxRate', message: 'must be at least 0, not -1.' },
      { path: 'list[0].expr', message: 'must be a string, not 1.' },
      { path: 'list[0].exp', message: 'is not a known option here. Did you mean "expr"?' },
    ],
    // What is sound, so that it can be looked at as well.
    config: read(schema, {}).config,
  });
  expect(read(schema, { max_rate: 1, maxRate: 1 })).toMatchObject({ issues: [{ path: 'max_rate' }] });
});

test('a value that is no object at all', () => {
  expect(read(schema, [])).toEqual({
    config: undefined,
    issues: [{ path: '', message: 'must be an object, not an empty array.' }],
  });
});

test('schemas that are no objects see the value as it is', () => {
  const strings = z.array(z.record(z.string(), z.string()));
  expect(read(strings, [{ '@a': 'b' }])).toEqual({ issues: [], config: [{ '@a': 'b' }] });
});

test('what is sound stands over a fallback', () => {
  const named = z.strictObject({ name: z.string(), max: z.number().optional() });
  expect(read(named, { max: 3, colour: 1 }).config).toBeUndefined();
  expect(read(named, { max: 3, colour: 1 }, { name: 'a', max: 1 })).toMatchObject({ config: { name: 'a', max: 3 } });
});

test('what has been reported before is not reported again', () => {
  const report = createReport();
  report.add(['here', 'list'], 'must be plain data');
  expect(readValue(z.strictObject({ list: z.array(z.string()) }), {}, ['here'], report)).toBeUndefined();
  expect(report.issues).toHaveLength(1);
});
