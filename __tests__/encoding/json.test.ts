import { describe, expect, test } from 'vitest';
import { isJsonNumber, JsonNumber } from '../../lib/core/json-number.js';
import type { Decoder, EncodedBody, Encoding } from '../../lib/encoding/encoding.js';
import { fastJson, json, jsonCollection, safeJson } from '../../lib/encoding/json.js';
import { DecodeError } from '../../lib/errors.js';
import type { Data } from '../../lib/proxy.js';
import { describeEncoding } from '../contracts/encoding.js';
import { describeGrowth } from '../support/growth.js';
import { JSON_CASES } from '../support/json-cases.js';

const CONTENT_TYPE = 'application/json; charset=utf-8';
const REFUSES: [string, string][] = [
  ['', 'nothing'],
  ['<html>token</html>', 'token'],
  ['{"password":"token"', 'token'],
  ['{"password":"token"} x', 'token'],
];

for (const encoding of [json, fastJson]) {
  describeEncoding(encoding, {
    decodes: [
      ['{"a":1,"b":[true,null,"x"]}', { a: 1, b: [true, null, 'x'] }],
      ['[1,2]', { collection: [1, 2] }],
      ['null', null],
      ['{}', {}],
    ],
    refuses: [...REFUSES, ['"token"', 'token'], ['12', '12']],
    encodes: [
      [{ b: 1, a: { d: [1.5], c: null } }, '{"b":1,"a":{"d":[1.5],"c":null}}'],
      [null, 'null'],
      [{}, '{}'],
    ],
    contentType: CONTENT_TYPE,
  });
}

describeEncoding(safeJson, {
  decodes: [
    ['{"a":1}', { a: 1 }],
    ['[1]', { collection: [1] }],
    ['"text"', { content: 'text' }],
    ['3', { content: 3 }],
    ['false', { content: false }],
    ['null', { content: null }],
    ['1.0', { content: new JsonNumber('1.0') }],
  ],
  refuses: REFUSES,
  encodes: [],
});

describeEncoding(jsonCollection, {
  decodes: [],
  refuses: [],
  encodes: [
    [{ collection: [{ a: 1 }], other: 1 }, '[{"a":1}]'],
    [{ collection: { a: 1 } }, '{"a":1}'],
    [{ other: 1 }, '[]'],
    [{}, '[]'],
    [null, '[]'],
  ],
  contentType: CONTENT_TYPE,
});

function decoderOf(encoding: Encoding, isCollection = false): Decoder {
  if (!encoding.decoder) throw new Error('has no decoder');
  return encoding.decoder(isCollection);
}

describe('is_collection', () => {
  const decode = decoderOf(json, true);

  test('wants an array', () => {
    expect(decode(Buffer.from('[{"a":1}]'))).toEqual({ collection: [{ a: 1 }] });
    for (const body of ['{"a":1}', '"a"', '1']) expect(() => decode(Buffer.from(body))).toThrow('it is not an array');
  });

  test('takes null for no data', () => {
    expect(decode(Buffer.from('null'))).toBeNull();
  });
});

describe('B03 strictness', () => {
  const decode = decoderOf(safeJson);

  test.each(Object.entries(JSON_CASES.y))('accepts: %s', (_, text) => {
    expect(plain(unwrap(decode(toBytes(text)), text))).toEqual(JSON.parse(String(text)));
  });

  test.each(Object.entries(JSON_CASES.n))('refuses: %s', (_, text) => {
    expect(() => decode(toBytes(text))).toThrow(DecodeError);
  });

  test.each(Object.entries(JSON_CASES.i))('decides without harm: %s', (_, text) => {
    let data: unknown;
    try {
      data = decode(toBytes(text));
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
      return;
    }
    expect(typeof data).toBe('object');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  function toBytes(text: string | Buffer): Buffer {
    return Buffer.isBuffer(text) ? text : Buffer.from(text);
  }

  function unwrap(data: unknown, text: string | Buffer): unknown {
    return String(text).trimStart().startsWith('[') ? (data as Data)['collection'] : data;
  }
});

/** Exact numbers as plain ones, for comparing with `JSON.parse`. */
function plain(value: unknown): unknown {
  if (isJsonNumber(value)) return value.valueOf();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe('encode', () => {
  function write(data: Data | null): string {
    const answer = json.encode?.(data, { accept: undefined }) as EncodedBody;
    return String(answer.body);
  }

  test('B09 escapes what could leave a script element', () => {
    expect(write({ a: '</script>&', '<': '\u2028\u2029' })).toBe(
      '{"a":"\\u003c/script\\u003e\\u0026","\\u003c":"\\u2028\\u2029"}',
    );
  });

  test('B07 keeps lone surrogates escaped', () => {
    expect(write(decoderOf(json)(Buffer.from('{"a":"\\ud800","b":"\\u00e9"}')) as Data)).toBe(
      '{"a":"\\ud800","b":"é"}',
    );
  });

  test('B04 keeps digits from body to body', () => {
    const body = '{"id":12345678901234567890,"price":19.90,"list":[1.0,-0,1e400],"n":1}';
    expect(write(decoderOf(json)(Buffer.from(body)) as Data)).toBe(body);
  });
});

describeGrowth('json');
describeGrowth('to json');
