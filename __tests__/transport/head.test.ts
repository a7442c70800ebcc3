import { describe, expect, it } from 'vitest';
import { readHead } from '../../lib/transport/head.js';

const raw = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));

describe('the headers of an answer', () => {
  it('come in lower case; repeated lines and Set-Cookie come as arrays, in order', () => {
    const head = readHead(
      200,
      raw('X-A', '1', 'SET-COOKIE', 'a=1', 'x-a', '2', 'X-A', '3', 'Content-Length', '0'),
      'GET',
      [],
    );
    expect(head).toMatchObject({ headers: { 'x-a': ['1', '2', '3'], 'set-cookie': ['a=1'], 'content-length': '0' } });
  });

  it('H06 U09 named like members of a prototype are plain data, `__proto__` is dropped', () => {
    const head = readHead(200, raw('__proto__', 'a', 'constructor', 'b', 'toString', 'c', '__proto__', 'd'), 'GET', []);
    expect(head).toMatchObject({ headers: { constructor: 'b', tostring: 'c' } });
    const { headers } = head as { headers: object };
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(Object.keys(headers)).toEqual(['constructor', 'tostring']);
  });

  it('H08 keep bytes beyond ASCII as they are', () => {
    expect(readHead(200, raw('X-A', '\xe9'), 'GET', [])).toMatchObject({ headers: { 'x-a': '\xe9' } });
  });

  it.each(['Content-Type', 'Location', 'ETag', 'Last-Modified'])(
    'H05 keeps both values of %s where no client sees them',
    (name) => {
      expect(readHead(200, raw(name, 'a', name, 'b'), 'GET', [], false, false)).toMatchObject({
        headers: { [name.toLowerCase()]: ['a', 'b'] },
      });
    },
  );

  it('drops white space behind values', () => {
    const head = readHead(200, raw('X-A', 'a b \t', 'ETag', '"a"', 'ETag', '"a" ', 'X-B', ' '), 'GET', []);
    expect(head).toMatchObject({ headers: { 'x-a': 'a b', etag: '"a"', 'x-b': '' } });
    expect(readHead(200, raw('Content-Length', '7  '), 'GET', [])).toMatchObject({ length: 7 });
    expect(readHead(200, raw('Transfer-Encoding', 'chunked '), 'GET', [])).toMatchObject({ isCloseDelimited: false });
  });

  it('F01 a tab behind a length or a coding stays an error: the parser has not understood those', () => {
    expect(typeof readHead(200, raw('Content-Length', '7\t'), 'GET', [])).toBe('string');
    expect(typeof readHead(200, raw('Transfer-Encoding', 'chunked\t'), 'GET', [])).toBe('string');
    expect(typeof readHead(200, raw('Transfer-Encoding', 'chunked \t '), 'GET', [])).toBe('string');
  });

  it.each(['Content-Type', 'Location', 'ETag', 'Last-Modified'])(
    'H05 may say %s twice, but not two different things',
    (name) => {
      expect(readHead(200, raw(name, 'a', name, 'a'), 'GET', [])).toMatchObject({
        headers: { [name.toLowerCase()]: 'a' },
      });
      expect(readHead(200, raw(name, 'a', name, 'b'), 'GET', [])).toContain(name.toLowerCase());
    },
  );

  it('H06 are no more than two hundred lines', () => {
    const lines = (count: number): Buffer[] => raw(...Array.from({ length: count }, (_, n) => [`x-${n}`, '1']).flat());
    expect(readHead(200, lines(1_000), 'GET', [])).toMatchObject({ status: 200 });
    expect(readHead(200, lines(1_001), 'GET', [])).toContain('1000');
  });
});

describe('the end of a body', () => {
  it.each([
    ['a length', raw('Content-Length', '12'), { hasBody: true, length: 12, isCloseDelimited: false }],
    ['a length of 0', raw('Content-Length', '0'), { hasBody: true, length: 0, isCloseDelimited: false }],
    ['chunks', raw('Transfer-Encoding', 'Chunked'), { hasBody: true, length: -1, isCloseDelimited: false }],
    ['the end of the connection', raw(), { hasBody: true, length: -1, isCloseDelimited: true }],
  ])('is told by %s', (_title, headers, expected) => {
    expect(readHead(200, headers, 'GET', [])).toMatchObject(expected);
  });

  it.each([
    [204, 'GET'],
    [304, 'GET'],
    [200, 'HEAD'],
  ])('is that of the head for %i to %s', (status, method) => {
    const expected = { hasBody: false, length: 5, isCloseDelimited: false };
    expect(readHead(status, raw('Content-Length', '5'), method, ['if-none-match', '*'])).toMatchObject(expected);
  });

  it('is told by a length of up to fifteen digits', () => {
    const length = raw('Content-Length', '9'.repeat(15));
    expect(readHead(200, length, 'GET', [])).toMatchObject({ length: 999_999_999_999_999 });
  });

  it.each(['', '+5', '-5', '5 5', '0x5', '5, 5', '1e3', '5:', '5/', '9'.repeat(16)])(
    'F01 is not told by a length of "%s"',
    (length) => {
      expect(readHead(200, raw('Content-Length', length), 'GET', [])).toBe('a length that is no number');
    },
  );

  it.each(['gzip', 'gzip, chunked', 'identity', 'xchunked', ''])(
    'F01 is not told by a transfer encoding of "%s"',
    (coding) => {
      expect(readHead(200, raw('Transfer-Encoding', coding), 'GET', [])).toBe('a transfer encoding other than chunked');
    },
  );

  it.each(['5', '0'])('F01 is not told in two ways, a length of %s and chunks', (length) => {
    const both = raw('Content-Length', length, 'Transfer-Encoding', 'chunked');
    expect(readHead(200, both, 'GET', [])).toBe('two ways to tell where it ends');
  });

  it('F01 is not told by two lines, not even where they agree', () => {
    const lengths = raw('Content-Length', '5', 'Content-Length', '5');
    expect(readHead(200, lengths, 'GET', [])).toBe('a length that is no number');
    const codings = raw('Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked');
    expect(readHead(200, codings, 'GET', [])).toBe('a transfer encoding other than chunked');
  });
});

it.each<[string[], boolean]>([
  [[], false],
  [['if-none-match', '"a"'], true],
  [['accept', '*/*', 'if-modified-since', 'yesterday'], true],
  [['x-a', 'if-none-match'], false],
])('F04 304 answers a condition only: %j', (sent, isFine) => {
  expect(typeof readHead(304, [], 'GET', sent)).toBe(isFine ? 'object' : 'string');
});

it.each<[string[], boolean]>([
  [[], false],
  [['range', 'bytes=0-1'], true],
  [['x-a', 'range'], false],
])('F04 206 answers a request for a part only: %j', (sent, isFine) => {
  expect(typeof readHead(206, [], 'GET', sent)).toBe(isFine ? 'object' : 'string');
});

it('F01 HTTP/1.0 has no transfer encoding', () => {
  expect(readHead(200, raw('Transfer-Encoding', 'chunked'), 'GET', [], true)).toContain('HTTP/1.0');
  expect(readHead(200, raw('Content-Length', '1'), 'GET', [], true)).toMatchObject({ length: 1 });
});
