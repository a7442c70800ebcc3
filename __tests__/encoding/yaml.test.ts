import { describe, expect, test } from 'vitest';
import { JsonNumber, stringifyJson } from '../../lib/core/json-number.js';
import { yaml } from '../../lib/encoding/yaml.js';
import { DecodeError } from '../../lib/errors.js';
import { describeEncoding } from '../contracts/encoding.js';

describeEncoding(yaml, {
  decodes: [
    ['a: 1\nb: [true, null, x]\n', { a: 1, b: [true, null, 'x'] }],
    ['- 1\n- 2\n', { collection: [1, 2] }],
    ['{"a": {"b": "c"}}', { a: { b: 'c' } }],
    ['', null],
    ['null', null],
    ['1: x\ntrue: y\n', { '1': 'x', true: 'y' }],
    ['date: 2024-01-01\nyes: no\n', { date: '2024-01-01', yes: 'no' }],
    ['a: &x {b: 1}\nc: *x\n', { a: { b: 1 }, c: { b: 1 } }],
    ['__proto__: {polluted: 1}\na: {__proto__: 2}\n', { a: {} }],
    ['constructor: {prototype: 1}\n', { constructor: { prototype: 1 } }],
  ],
  refuses: [
    ['token', 'token'],
    ['a: [token', 'token'],
    ['a: 1\na: token', 'token'],
    ['a: token\n---\nb: 2\n', 'token'],
    ['a: *token\n', 'token'],
    ['<html>\n token: </html>\n:', 'token'],
  ],
  encodes: [
    [{ b: 1, a: { c: [1, 'x', null] } }, 'b: 1\na:\n  c:\n    - 1\n    - x\n    - null\n'],
    [{ a: '1.0', b: 'true', c: 'x: y', d: '' }, 'a: "1.0"\nb: "true"\nc: "x: y"\nd: ""\n'],
    [{}, '{}\n'],
    [null, 'null\n'],
  ],
  contentType: 'application/yaml; charset=utf-8',
});

function decode(text: string) {
  return yaml.decoder?.(false)(Buffer.from(text));
}

describe('yaml', () => {
  test('B04 keeps digits, in and out', async () => {
    const text = 'a: 12345678901234567890\nb: 0.10\nc:\n  - 1e400\n  - -0\n  - 1\n';
    const data = await decode(text);
    expect(data).toEqual({
      a: new JsonNumber('12345678901234567890'),
      b: new JsonNumber('0.10'),
      c: [new JsonNumber('1e400'), new JsonNumber('-0'), 1],
    });
    expect(stringifyJson(data)).toBe('{"a":12345678901234567890,"b":0.10,"c":[1e400,-0,1]}');
    expect((await yaml.encode?.(data ?? null, { accept: undefined }))?.body).toBe(text);
  });

  test('writes a value that stands in two places twice', async () => {
    const shared = { x: 1 };
    const { body } = (await yaml.encode?.({ a: shared, b: shared }, { accept: undefined })) ?? {};
    expect(body).toBe('a:\n  x: 1\nb:\n  x: 1\n');
  });

  test.each([
    [
      'a tower of aliases',
      `${Array.from({ length: 20 }, (_, level) => `l${level}: &l${level} [${level ? `*l${level - 1},`.repeat(10) : '1'}]`).join('\n')}\n`,
    ],
    ['257 levels', '['.repeat(257) + ']'.repeat(257)],
    ['20,000 levels', '['.repeat(20_000) + ']'.repeat(20_000)],
  ])('B09 refuses %s', async (_, text) => {
    await expect(decode(text)).rejects.toThrow(DecodeError);
  });

  test('has no fault where its package is installed', () => {
    expect(yaml.fault?.()).toBeUndefined();
  });
});
