import { afterEach, describe, expect, test } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { checkHeaderLines, checkHost, checkTransferEncoding } from '../../lib/request/framing.js';
import { fakeRequest, serve, type Wire } from '../router/wire.js';

type Lines = readonly (readonly [string, string])[];

function verdict(lines: Lines, version = 1): unknown {
  const request = fakeRequest('/', lines, 'POST');
  request.httpVersionMinor = version;
  try {
    checkTransferEncoding(request);
    checkHeaderLines(request);
    return 'fine';
  } catch (error) {
    return error instanceof RequestError ? [error.status, error.code] : error;
  }
}
const REFUSED = [400, 'ERR_REQUEST_FRAMING'];

describe('F01 Transfer-Encoding', () => {
  test('chunked and none are fine', () => {
    expect(verdict([['Transfer-Encoding', 'chunked']])).toBe('fine');
    expect(verdict([['Content-Length', '3']])).toBe('fine');
    expect(verdict([])).toBe('fine');
  });

  test.each(['xchunked', 'identity', 'gzip, chunked', 'chunked, chunked', 'chunked;q=1', '"chunked"', 'x', ''])(
    '%j is refused',
    (value) => {
      expect(verdict([['Transfer-Encoding', value]])).toEqual(REFUSED);
    },
  );

  test('two lines are refused', () => {
    const line = ['Transfer-Encoding', 'chunked'] as const;
    expect(verdict([line, line])).toEqual(REFUSED);
  });

  test('HTTP/1.0 knows none', () => {
    expect(verdict([['Transfer-Encoding', 'chunked']], 0)).toEqual(REFUSED);
    expect(verdict([['Content-Length', '3']], 0)).toBe('fine');
  });
});

describe('H05 headers that may stand once', () => {
  test.each([
    [
      ['Host', 'Host'],
      ['a', 'b'],
    ],
    [
      ['Host', 'hOST'],
      ['a', 'a'],
    ],
    [
      ['Content-Type', 'content-type'],
      ['text/a', 'text/b'],
    ],
    [
      ['Authorization', 'Authorization'],
      ['a', 'b'],
    ],
    [
      ['Content-Encoding', 'Content-Encoding'],
      ['gzip', 'br'],
    ],
  ])('%j with %j is refused', (names, values) => {
    expect(verdict(names.map((name, index) => [name, values[index]!]))).toEqual(REFUSED);
    expect(
      verdict([
        ['X-A', '1'],
        [names[0]!, values[0]!],
        ['X-B', '2'],
        [names[1]!, values[1]!],
      ]),
    ).toEqual(REFUSED);
  });

  test('saying the same twice is no contradiction, except for Host', () => {
    const line = ['Content-Type', 'text/a'] as const;
    expect(verdict([line, line])).toBe('fine');
  });

  test('a third value is seen as well', () => {
    const line = ['Content-Type', 'text/a'] as const;
    expect(verdict([line, line, ['Content-Type', 'text/b']])).toEqual(REFUSED);
  });

  test('other headers may come as often as they like', () => {
    expect(
      verdict([
        ['X-A', '1'],
        ['X-A', '2'],
        ['Accept', 'a'],
        ['Accept', 'b'],
        ['Cookie', 'a'],
        ['Cookie', 'b'],
      ]),
    ).toBe('fine');
  });
});

describe('H02 the host', () => {
  test.each([
    'a',
    'a.example',
    'a_b.example:8080',
    'a.example:',
    '127.0.0.1:80',
    '[::1]',
    '[2001:db8::1]:8443',
    '[v1.a:b]',
    'a%20b',
    '',
  ])('may be %j', (host) => {
    expect(() => checkHost(fakeRequest('/', [['Host', host]]))).not.toThrow();
    expect(() => checkHost(fakeRequest('/', [['Host', host]]))).not.toThrow();
  });

  test('may be missing', () => {
    expect(() => checkHost(fakeRequest('/'))).not.toThrow();
  });

  test.each([
    'user@evil',
    'a/b',
    'a b',
    'a\tb',
    'http://a',
    'a:80:90',
    'a:x',
    'a:123456',
    '[::1',
    '::1]',
    'a"b',
    'a<b',
    'a?b',
    'a#b',
    'a\\b',
    'a%zz',
    'caf\xe9',
    'a'.repeat(301),
  ])('is refused when it is none: %j', (host) => {
    const refused = expect.objectContaining({ code: 'ERR_REQUEST_HEADERS', status: 400 });
    for (let count = 0; count < 2; count++) {
      expect(() => checkHost(fakeRequest('/', [['Host', host]]))).toThrow(refused);
    }
  });
});

test('H06 a flood of lines is refused before Node drops some of them', () => {
  const lines = (count: number): Lines => Array.from({ length: count }, (_, index) => [`x-${index}`, '1'] as const);
  expect(verdict(lines(1000))).toBe('fine');
  expect(verdict(lines(1001))).toEqual([431, 'ERR_REQUEST_HEADERS']);
});

describe('on the wire', () => {
  let wire: Wire;
  afterEach(() => wire.close());

  test.each([
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n',
    'POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
  ])('F01 nobody but Node or us decides where %j ends', async (text) => {
    const accepted: string[] = [];
    wire = await serve((request, response) => {
      response.setHeader('Connection', 'close');
      try {
        checkTransferEncoding(request);
        checkHeaderLines(request);
        accepted.push(request.url ?? '');
      } catch {
        response.statusCode = 400;
      }
      response.end();
    });
    expect(await wire.send(text)).toMatch(/^HTTP\/1\.1 400 /);
    if (!text.includes('Host: i')) expect(accepted).toEqual([]);
  });
});
