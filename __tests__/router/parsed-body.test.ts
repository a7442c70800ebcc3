import { describe, expect, test } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { serializeParsed } from '../../lib/router/parsed-body.js';
import { fakeRequest } from './wire.js';

function serialize(body: unknown, type?: string): Buffer {
  return serializeParsed(Object.assign(fakeRequest('/', type === undefined ? [] : [['Content-Type', type]]), { body }));
}

function textOf(body: unknown, type?: string): string {
  return serialize(body, type).toString();
}

test('F06 bytes and text are what they are', () => {
  expect(serialize(Buffer.from([0, 255]), 'multipart/form-data')).toEqual(Buffer.from([0, 255]));
  expect(serialize(new Uint8Array([1, 2, 3]).subarray(1))).toEqual(Buffer.from([2, 3]));
  expect(textOf('{ "a":1 }', 'application/json')).toBe('{ "a":1 }');
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
    expect(form({ a: '1 2', 'b&': 'x=y', c: '', d: ['1', '2'] })).toBe('a=1+2&b%26=x%3Dy&c=&d=1&d=2');
    expect(form({ a: { b: { c: '1' } }, l: [{ x: '1' }, { x: '2' }] })).toBe(
      'a%5Bb%5D%5Bc%5D=1&l%5B0%5D%5Bx%5D=1&l%5B1%5D%5Bx%5D=2',
    );
    expect(form({ a: null, b: undefined })).toBe('a=&b=');
    expect(form(Object.assign(Object.create(null), { a: 'caf\u00e9' }))).toBe('a=caf%C3%A9');
  });

  test('a CR or LF stays inside its field', () => {
    expect(form({ 'a\r\nX-Admin': '1\r\n\r\nGET /admin' })).toBe('a%0D%0AX-Admin=1%0D%0A%0D%0AGET+%2Fadmin');
  });
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
