import { describe, expect, test } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { decodeParams } from '../../lib/request/params.js';

function decode(value: string, name = 'id'): string | undefined {
  return decodeParams(Object.assign(Object.create(null), { [name]: value }))[name];
}

function refusal(value: string, name = 'id'): unknown {
  try {
    return decode(value, name);
  } catch (error) {
    return error instanceof RequestError ? [error.status, error.code] : error;
  }
}
const REFUSED = [400, 'ERR_REQUEST_PATH'];

test.each([
  ['7', '7'],
  ['a.b-c_d~e', 'a.b-c_d~e'],
  ['a%20b', 'a b'],
  ['a+b', 'a+b'],
  ['caf%C3%A9', 'caf\u00e9'],
  ['%F0%9F%98%80', '\u{1F600}'],
  ["a:b@c;d=e,f&g!$'()*", "a:b@c;d=e,f&g!$'()*"],
  ['...', '...'],
  ['..a', '..a'],
])('decodes %s once', (raw, value) => {
  expect(decode(raw)).toBe(value);
});

test.each(['a%2Fb', 'a%2fb', '%2F', 'a%5Cb', 'a\\b', '%2e%2e%2fadmin', '..%5c'])(
  'U01 a separator in %s is refused',
  (raw) => {
    expect(refusal(raw)).toEqual(REFUSED);
  },
);

test.each(['.', '..', '%2e', '%2E%2e', '.%2e', '%2e.', '..;', '.;x', '%2e%2e;a=b', '..%3b'])(
  'U02 the dot segment %s is refused',
  (raw) => {
    expect(refusal(raw)).toEqual(REFUSED);
  },
);

test('U03 every control byte, `?` and `#` is refused, encoded or not', () => {
  const codes = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index), 0x3f, 0x23];
  for (const code of codes) {
    const character = String.fromCharCode(code);
    expect([code, refusal(`a${encodeURIComponent(character)}b`)]).toEqual([code, REFUSED]);
    expect([code, refusal(`a${character}b`)]).toEqual([code, REFUSED]);
  }
});

test.each(['%', 'a%', '%4', '%zz', '%E0%A4%A', '%C3', '%C0%AF', '%ED%A0%80', '%FF'])(
  'U04 %s is no valid UTF-8',
  (raw) => {
    expect(refusal(raw)).toEqual(REFUSED);
  },
);

test.each(['%252F', '%2541', '%25', 'a%2500'])('U04 %s is still encoded after decoding', (raw) => {
  expect(refusal(raw)).toEqual(REFUSED);
});

test.each(['{other}', '{{.Resp0_secret}}', '{JWT.sub}', '$&', '$1'])('U06 the template %s is plain text', (text) => {
  expect(decode(encodeURIComponent(text))).toBe(text);
});

describe('the rest of a wildcard', () => {
  test.each([
    ['', ''],
    ['a/b', 'a/b'],
    ['a/b/', 'a/b/'],
    ['a%20b/c', 'a b/c'],
  ])('decodes %j segment by segment', (raw, value) => {
    expect(decode(raw, '*')).toBe(value);
  });

  test.each(['../a', 'a/..', 'a/./b', 'a/%2e%2e/b', 'a%2Fb', 'a//b', '/a', 'a/..;/b', 'a/%252e%252e/b'])(
    'U02 %s is refused',
    (raw) => {
      expect(refusal(raw, '*')).toEqual(REFUSED);
    },
  );
});

test('U09 names of members of Object.prototype hold the value', () => {
  const raw = Object.assign(Object.create(null), { constructor: 'a', toString: 'b' });
  Object.defineProperty(raw, '__proto__', { value: 'c', enumerable: true });
  const params = decodeParams(raw);
  expect(Object.getPrototypeOf(params)).toBeNull();
  expect(Object.entries(params)).toEqual([
    ['constructor', 'a'],
    ['toString', 'b'],
    ['__proto__', 'c'],
  ]);
});

test('no params at all', () => {
  expect(Object.keys(decodeParams(Object.create(null)))).toEqual([]);
});
