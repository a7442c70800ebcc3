import { describe, expect, test } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { serializeParsed } from '../../lib/request/parsed-body.js';
import { fakeRequest } from '../router/wire.js';

interface Arrival {
  /** The length that was announced. */
  readonly length?: number;
  readonly rawBody?: unknown;
  readonly coding?: string;
}

function serialize(body: unknown, type?: string, { length, coding, ...kept }: Arrival = {}): Buffer {
  const lines: [string, string][] = [];
  if (type !== undefined) lines.push(['Content-Type', type]);
  if (length !== undefined) lines.push(['Content-Length', String(length)]);
  if (coding !== undefined) lines.push(['Content-Encoding', coding]);
  return serializeParsed(Object.assign(fakeRequest('/', lines), { body }, kept));
}

function textOf(body: unknown, type?: string, arrival?: Arrival): string {
  return serialize(body, type, arrival).toString();
}

const CONSUMED = expect.objectContaining({ status: 500, code: 'ERR_REQUEST_BODY_CONSUMED' });
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';

test('F06 bytes and text are what they are', () => {
  expect(serialize(Buffer.from([0, 255]), 'multipart/form-data')).toEqual(Buffer.from([0, 255]));
  expect(serialize(new Uint8Array([1, 2, 3]).subarray(1))).toEqual(Buffer.from([2, 3]));
  expect(textOf('{ "a":1 }', JSON_TYPE, { length: 9 })).toBe('{ "a":1 }');
  expect(serialize('caf\u00e9', 'text/plain; charset=iso-8859-1')).toEqual(Buffer.from('caf\u00e9', 'latin1'));
  expect(serialize('caf\u00e9', 'text/plain; Charset="UTF-8"')).toEqual(Buffer.from('caf\u00e9'));
});

test.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/problem+json'])(
  'F06 what json() left under %s is JSON again',
  (type) => {
    expect(textOf({ a: [1, null], b: 'caf\u00e9' }, type)).toBe('{"a":[1,null],"b":"caf\u00e9"}');
    expect(textOf([], type)).toBe('[]');
    expect(textOf(null, type)).toBe('null');
    expect(textOf(7, type)).toBe('7');
    expect(textOf(false, type)).toBe('false');
  },
);

describe('F06 what urlencoded() left', () => {
  const form = (body: object) => textOf(body, 'application/x-www-form-urlencoded; charset=utf-8');

  test('is a form again', () => {
    expect(form({ a: '1 2', 'b&': 'x=y', c: '' })).toBe('a=1+2&b%26=x%3Dy&c=');
    expect(form({ a: { b: { c: '1' } } })).toBe('a%5Bb%5D%5Bc%5D=1');
    expect(form({ a: null, b: undefined })).toBe('a=&b=');
    expect(form(Object.assign(Object.create(null), { a: 'caf\u00e9' }))).toBe('a=caf%C3%A9');
  });

  test('a CR or LF stays inside its field', () => {
    expect(form({ 'a\r\nX-Admin': '1\r\n\r\nGET /admin' })).toBe('a%0D%0AX-Admin=1%0D%0A%0D%0AGET+%2Fadmin');
  });
});

describe('F06 bytes that the app has kept', () => {
  const text = '{"id":12345678901234567890, "x":0.10}';
  const parsed = JSON.parse(text);

  test.each([
    ['a Buffer', Buffer.from(text)],
    ['bytes', new Uint8Array(Buffer.from(text))],
    ['a text', text],
  ])('go on as they are: %s', (_, rawBody) => {
    expect(textOf(parsed, JSON_TYPE, { rawBody, length: text.length })).toBe(text);
    expect(textOf(parsed, JSON_TYPE, { rawBody })).toBe(text);
  });

  test('are used under any type', () => {
    const rawBody = Buffer.from('--x\r\n');
    expect(serialize({}, 'multipart/form-data; boundary=x', { rawBody, length: 5 })).toEqual(rawBody);
    expect(serialize({}, 'text/plain; charset=iso-8859-1', { rawBody: 'caf\u00e9', length: 4 })).toEqual(
      Buffer.from('caf\u00e9', 'latin1'),
    );
  });

  test.each<[string, Arrival]>([
    ['another length', { rawBody: Buffer.from('{"a":22}'), length: 7 }],
    ['a text of another length', { rawBody: '{"a":22}', length: 7 }],
    ['a text that was not of its charset', { rawBody: '{"a":"\ufffd"}' }],
    ['a coding that may be undone', { rawBody: Buffer.from('{"a":22}'), length: 8, coding: 'gzip' }],
    ['nothing', { rawBody: Buffer.alloc(0) }],
    ['something else', { rawBody: { a: 22 }, length: 7 }],
  ])('are not used when they have %s', (_, arrival) => {
    expect(textOf({ a: 1 }, JSON_TYPE, arrival)).toBe('{"a":1}');
  });
});

describe('F06 a string under a JSON type', () => {
  test('is quoted again where json({ strict: false }) has taken its quotes', () => {
    expect(textOf('caf\u00e9 "x"', JSON_TYPE, { length: 13 })).toBe('"caf\u00e9 \\"x\\""');
    expect(textOf('7', JSON_TYPE, { length: 3 })).toBe('"7"');
    expect(textOf('Abc', JSON_TYPE, { length: '"\\u0041bc" '.length })).toBe('"Abc"');
  });
  test('is the text where text() has left it', () => {
    expect(textOf('7', JSON_TYPE, { length: 1 })).toBe('7');
    expect(textOf('"a"', JSON_TYPE, { length: 3 })).toBe('"a"');
  });
  test.each<[string, Arrival]>([
    ['{"a":1}', {}],
    ['abc', { length: 5, coding: 'gzip' }],
    ['{"a":1}', { length: 10 }],
  ])('is refused where that cannot be told: %s %j', (text, arrival) => {
    expect(() => serialize(text, JSON_TYPE, arrival)).toThrow(CONSUMED);
  });
});

test.each([JSON.parse('12345678901234567890'), 2 ** 53, 1e21, Infinity, -0, 7n, new Date(0), new Map(), () => {}])(
  'F06 %s may not be what the client wrote in its JSON',
  (value) => {
    expect(() => serialize(value, JSON_TYPE)).toThrow(CONSUMED);
    expect(() => serialize({ a: [{ b: value }] }, JSON_TYPE)).toThrow(CONSUMED);
  },
);

test('F06 a text that its charset does not have is refused', () => {
  expect(() => serialize('\u20ac', 'text/plain; charset=iso-8859-1')).toThrow(CONSUMED);
  expect(() => serialize('\u00e9', 'text/plain; charset=us-ascii')).toThrow(CONSUMED);
  expect(() => serialize('a\ufffd', 'text/plain', { length: 2 })).toThrow(CONSUMED);
  expect(textOf('a\ufffd', 'text/plain', { length: 4 })).toBe('a\ufffd');
});

test('F06 a form keeps the charset of its header', () => {
  const type = `${FORM}; charset=iso-8859-1`;
  expect(textOf({ caf\u00e9: '\u00fc 1' }, type)).toBe('caf%E9=%FC+1');
  expect(() => serialize({ a: '\u20ac' }, type)).toThrow(CONSUMED);
  expect(() => serialize({ a: '1' }, `${FORM}; charset=shift_jis`)).toThrow(CONSUMED);
});

test.each([
  ['a multipart form', { a: 1 }, 'multipart/form-data; boundary=x'],
  ['an object of an unknown type', { a: 1 }, 'application/x-unknown'],
  ['an object without a type', { a: 1 }, undefined],
  ['nothing', undefined, 'application/json'],
  ['a text in a charset that cannot be written', 'x', 'text/plain; charset=shift_jis'],
  ['a JSON type in a charset that cannot be written', {}, 'application/json; charset=utf-32'],
  ['a BigInt', { a: 1n }, 'application/json'],
  ['a null form', null, 'application/x-www-form-urlencoded'],
])('F06 %s is a clear error', (_, body, type) => {
  try {
    serialize(body, type);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ status: 500, code: 'ERR_REQUEST_BODY_CONSUMED' });
    expect((error as Error).message).toMatch(/mount the gateway before that parser/);
  }
});

test('F06 cycles are errors, not loops', () => {
  const body: Record<string, unknown> = {};
  body['self'] = body;
  expect(() => serialize(body, 'application/json')).toThrow(RequestError);
  expect(() => serialize(body, 'application/x-www-form-urlencoded')).toThrow(RequestError);
});
