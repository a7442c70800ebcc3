import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isComment, namespaceName, normalise, withOldNames } from '../../lib/config/dialect.js';
import { createReport } from '../../lib/config/report.js';

const schema = z.strictObject({
  input_headers: z.array(z.string()).optional(),
  allow: z.array(z.string()).default([]),
  max_idle_connections: z.int().optional(),
  mapping: z.record(z.string(), z.string()).optional(),
  inner: z.strictObject({ read_timeout: z.string() }).optional(),
  list: z.array(z.strictObject({ private_key: z.string() })).default([]),
});

function normal(value: unknown): {
  result: unknown;
  issues: readonly { path: string; message: string }[];
  text(path: PropertyKey[]): string;
} {
  const report = createReport();
  const result = normalise(value, schema, [], report);
  return { result, issues: report.issues, text: report.text };
}

describe('normalise', () => {
  test('names of 1.3, camelCase and kebab-case become the names of today', () => {
    const { result, issues } = normal({
      headers_to_pass: ['A'],
      whitelist: ['a'],
      maxIdleConnections: 3,
      inner: { 'read-timeout': '1s' },
      list: [{ privateKey: 'k' }],
    });
    expect(issues).toEqual([]);
    expect(result).toEqual({
      input_headers: ['A'],
      allow: ['a'],
      max_idle_connections: 3,
      inner: { read_timeout: '1s' },
      list: [{ private_key: 'k' }],
    });
  });

  test('messages keep the spelling of the author', () => {
    const { text } = normal({ headersToPass: [], list: [{}, { privateKey: 1 }] });
    expect(text(['input_headers', 0])).toBe('headersToPass[0]');
    expect(text(['list', 1, 'private_key'])).toBe('list[1].privateKey');
    expect(text(['list', 0, 'private_key'])).toBe('list[0].private_key');
  });

  test('unknown names stay, for the schema to refuse', () => {
    expect(normal({ colourScheme: 1 }).result).toEqual({ colourScheme: 1 });
  });

  test('comments are dropped from objects of the schema, never from free data', () => {
    const { result } = normal({
      '@comment': 1,
      $schema: 1,
      '#x': 1,
      _x: 1,
      inner: { _x: 1, read_timeout: '1s' },
      list: [{ $x: 1, private_key: 'k' }],
      mapping: { _id: 'id', '@type': 'type' },
    });
    expect(result).toEqual({
      inner: { read_timeout: '1s' },
      list: [{ private_key: 'k' }],
      mapping: { _id: 'id', '@type': 'type' },
    });
  });

  test('G01 one option under two names is a fault', () => {
    const { issues, result } = normal({ whitelist: ['a'], allow: ['b'] });
    expect(issues).toEqual([
      { path: 'whitelist', message: 'is given twice, as "whitelist" and as "allow"; keep one of them.' },
    ]);
    expect(result).toEqual({ allow: ['a'] });
  });

  test.each([[5], [null], ['x'], [[1]]])('%j, which is no object, is left to the schema', (value) => {
    expect(normal(value).result).toEqual(value);
    expect(normal({ inner: value, list: value }).result).toEqual({ inner: value, list: value });
  });
});

test.each([
  ['github.com/devopsfaith/krakend/proxy', 'proxy'],
  ['github_com/devopsfaith/krakend/proxy', 'proxy'],
  ['github.com/devopsfaith/krakend/http', 'backend/http'],
  ['github_com/luraproject/lura/router/gin', 'router'],
  ['proxy', 'proxy'],
  ['github.com/devopsfaith/krakend-cel', 'github.com/devopsfaith/krakend-cel'],
  ['__proto__', '__proto__'],
])('namespace %s is %s', (written, name) => {
  expect(namespaceName(written)).toBe(name);
});

test('comments begin with @ $ # _', () => {
  expect(['@a', '$a', '#a', '_a', 'a', 'a_', ''].map(isComment)).toEqual([true, true, true, true, false, false, false]);
});

test('suggestions know the old names of what is known', () => {
  expect(withOldNames(['allow', 'host'])).toEqual(['allow', 'host', 'whitelist']);
});
