import { describe, expect, test } from 'vitest';
import { createHeaderReader, nominated } from '../../lib/request/headers.js';
import { fakeRequest } from '../router/wire.js';

type Lines = readonly (readonly [string, string])[];

function read(names: string[] | undefined, lines: Lines, ip = '192.0.2.1') {
  return createHeaderReader({ names, userAgent: 'gw/1' })(fakeRequest('/', lines), ip);
}

/** What passes, beside the headers the gateway sets. */
function passed(names: string[] | undefined, lines: Lines) {
  const { 'x-forwarded-for': _for, 'x-forwarded-host': _host, 'user-agent': _agent, ...rest } = read(names, lines);
  return rest;
}

const LINES: Lines = [
  ['Host', 'gw.example'],
  ['Content-Type', 'text/x'],
  ['X-A', '1'],
  ['X-B', '2'],
  ['Cookie', 'c=1'],
  ['Authorization', 'Bearer t'],
];

describe('input_headers', () => {
  test.each([undefined, []])('only Content-Type without a list: %j', (names) => {
    expect(passed(names, LINES)).toEqual({ 'content-type': 'text/x' });
  });

  test('a list passes exactly its names, in any case', () => {
    expect(passed(['X-a', 'COOKIE', 'x-missing'], LINES)).toEqual({ 'x-a': '1', cookie: 'c=1' });
  });

  test('an empty name blocks everything', () => {
    expect(passed([''], LINES)).toEqual({});
  });

  test('`*` passes everything', () => {
    expect(passed(['*'], LINES)).toEqual({
      'content-type': 'text/x',
      'x-a': '1',
      'x-b': '2',
      cookie: 'c=1',
      authorization: 'Bearer t',
    });
  });

  test('repeated lines keep all values', () => {
    const lines: Lines = [
      ['X-A', '1'],
      ['x-a', '2, 3'],
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2'],
    ];
    for (const names of [['x-a', 'cookie'], ['*']]) {
      expect(passed(names, lines)).toEqual({ 'x-a': '1, 2, 3', cookie: 'a=1; b=2' });
    }
  });

  test('what a middleware added or removed before us counts', () => {
    const request = fakeRequest('/', LINES);
    request.headers['x-user'] = 'u1';
    delete request.headers['x-a'];
    const headers = createHeaderReader({ names: ['x-user', 'x-a'], userAgent: 'gw/1' })(request, '');
    expect(headers['x-user']).toBe('u1');
    expect(headers['x-a']).toBeUndefined();
  });
});

describe('headers of the gateway', () => {
  test('client address, host and name are set', () => {
    expect(read(undefined, [['Host', 'gw.example']])).toEqual({
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-host': 'gw.example',
      'user-agent': 'gw/1',
    });
  });

  test('nothing is made up when nothing is known', () => {
    expect(read(undefined, [], '')).toEqual({ 'user-agent': 'gw/1' });
  });

  test.each([['User-Agent'], ['*']])(
    "with %s the client's User-Agent stays and ours goes into X-Forwarded-Via",
    (name) => {
      const headers = read([name], [['User-Agent', 'curl/8']]);
      expect(headers['user-agent']).toBe('curl/8');
      expect(headers['x-forwarded-via']).toBe('gw/1');
    },
  );

  test('User-Agent is ours when the client sent none, though it is listed', () => {
    const headers = read(['user-agent'], []);
    expect(headers['user-agent']).toBe('gw/1');
    expect(headers['x-forwarded-via']).toBeUndefined();
  });
});

const HOSTILE: Lines = [
  ['Host', 'gw.example'],
  ['Connection', 'close, X-User , x-forwarded-for,X-A'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Authorization', 'Basic x'],
  ['Proxy-Authenticate', 'x'],
  ['Proxy-Connection', 'keep-alive'],
  ['TE', 'trailers'],
  ['Trailer', 'X-Admin'],
  ['Transfer-Encoding', 'chunked'],
  ['Upgrade', 'h2c'],
  ['HTTP2-Settings', 'x'],
  ['Alt-Svc', 'x'],
  ['Expect', '100-continue'],
  ['Proxy', 'http://evil'],
  ['Content-Length', '7'],
  ['X-User', 'me'],
  ['X-A', '1'],
  ['X-Keep', '1'],
];

test('H01 hop-by-hop and nominated headers are stripped, ours are there exactly once', () => {
  const names = HOSTILE.map(([name]) => name);
  for (const list of [['*'], names]) {
    expect(read(list, HOSTILE)).toEqual({
      'x-keep': '1',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-host': 'gw.example',
      'user-agent': 'gw/1',
    });
  }
});

describe('H02 what is ours to say, a client cannot say', () => {
  const spoofed: Lines = [
    ['X-Forwarded-For', '6.6.6.6'],
    ['X_Forwarded_For', '6.6.6.6'],
    ['X-Forwarded_For', '6.6.6.6'],
    ['X-Forwarded-Host', 'evil'],
    ['X_Forwarded_Host', 'evil'],
    ['X-Forwarded-Via', 'evil'],
    ['X_Forwarded_Via', 'evil'],
    ['Content_Length', '9'],
    ['Transfer_Encoding', 'chunked'],
  ];

  test.each([[['*']], [spoofed.map(([name]) => name)]])('with %j', (names) => {
    expect(read(names, spoofed)).toEqual({ 'x-forwarded-for': '192.0.2.1', 'user-agent': 'gw/1' });
  });

  const claims: Lines = [
    ['Forwarded', 'for=6.6.6.6'],
    ['X-Real-IP', '6.6.6.6'],
    ['X_Real_IP', '6.6.6.6'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Port', '1'],
    ['X-Forwarded-Prefix', '/x'],
  ];

  test('unchecked claims of the way here do not pass with `*`, only by their own name', () => {
    expect(passed(['*'], claims)).toEqual({});
    expect(passed(['*', 'X-Forwarded-Proto'], claims)).toEqual({ 'x-forwarded-proto': 'https' });
    expect(passed(['x-real-ip'], claims)).toEqual({ 'x-real-ip': '6.6.6.6' });
  });
});

test('H06 names of members of Object.prototype do no harm', () => {
  const lines: Lines = [
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['X-A', '1'],
  ];
  for (const names of [['*'], ['__proto__', 'constructor', 'toString', 'x-a']]) {
    const headers = read(names, lines);
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(headers['x-a']).toBe('1');
    expect(headers['constructor']).toBe('y');
    expect(headers['toString']).toBeUndefined();
  }
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

test('H08 latin1 bytes stay as they are', () => {
  expect(passed(['x-a'], [['X-A', '\xe9']])).toEqual({ 'x-a': '\xe9' });
});

test('HTTP/2 pseudo headers are no headers', () => {
  expect(passed(['*', ':path'], [[':path', '/x']])).toEqual({});
});

test('nominated reads what Connection names', () => {
  expect(nominated(undefined)).toEqual([]);
  expect(nominated('keep-alive')).toEqual([]);
  expect(nominated('Close,  X-A')).toEqual(['close', 'x-a']);
  expect(nominated(['close', 'X-B'])).toEqual(['close', 'x-b']);
});
