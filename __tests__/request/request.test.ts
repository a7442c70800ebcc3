import { describe, expect, test } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { createRequestReader, type RequestReaderOptions } from '../../lib/request/request.js';
import { fakeRequest } from '../router/wire.js';

const { signal } = new AbortController();
const NO_PARAMS = Object.freeze(Object.create(null));

function reader(options: Partial<RequestReaderOptions> = {}) {
  return createRequestReader({ userAgent: 'gw/1', clientIp: () => '192.0.2.1', ...options });
}

function refusal(url: string, lines: [string, string][], params = NO_PARAMS): unknown {
  try {
    return reader({ input_query_strings: ['*'] })(fakeRequest(url, lines), params, signal, undefined);
  } catch (error) {
    return error instanceof RequestError ? [error.status, error.code] : error;
  }
}

test('reads what the endpoint lets in', () => {
  const request = fakeRequest(
    '/users/a%20b?q=1&x=2',
    [
      ['Host', 'gw'],
      ['X-A', '1'],
      ['X-B', '2'],
    ],
    'PUT',
  );
  const read = reader({ input_headers: ['X-A'], input_query_strings: ['q'] });
  expect(read(request, { id: 'a%20b' }, signal)).toEqual({
    method: 'PUT',
    path: '/users/a%20b',
    params: { id: 'a b' },
    query: [{ name: 'q', value: '1', text: 'q=1' }],
    headers: { 'x-a': '1', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-host': 'gw', 'user-agent': 'gw/1' },
    body: undefined,
    signal,
    client: { ip: '192.0.2.1', headers: request.headers },
  });
});

test('lets nothing in by default but Content-Type', () => {
  const request = fakeRequest('/a?q=1', [
    ['Content-Type', 'text/x'],
    ['X-A', '1'],
  ]);
  const { headers, query } = reader({ input_headers: [], input_query_strings: [] })(
    request,
    NO_PARAMS,
    signal,
    undefined,
  );
  expect(query).toEqual([]);
  expect(Object.keys(headers).sort()).toEqual(['content-type', 'user-agent', 'x-forwarded-for']);
});

test('U07 the authority of an absolute-form target is nobody', () => {
  const request = fakeRequest('http://evil/a?q=1', [['Host', 'gw']]);
  const { path, headers, query } = reader({ input_query_strings: ['q'] })(request, NO_PARAMS, signal, undefined);
  expect(path).toBe('/a');
  expect(query).toHaveLength(1);
  expect(JSON.stringify(headers)).not.toContain('evil');
});

describe('refusals', () => {
  test('U07 two hosts', () => {
    expect(
      refusal('/', [
        ['Host', 'a'],
        ['Host', 'a'],
      ]),
    ).toEqual([400, 'ERR_REQUEST_FRAMING']);
  });
  test('F01 an odd Transfer-Encoding', () => {
    expect(refusal('/', [['Transfer-Encoding', 'xchunked']])).toEqual([400, 'ERR_REQUEST_FRAMING']);
  });
  test('U01 a hostile param', () => {
    expect(refusal('/', [], { id: 'a%2Fb' })).toEqual([400, 'ERR_REQUEST_PATH']);
  });
  test('U10 a query of too many pairs', () => {
    expect(refusal(`/?${'a=1&'.repeat(20_000)}`, [])).toEqual([400, 'ERR_REQUEST_QUERY']);
  });
});

test('F06 the coding that a body parser has undone does not pass, any other does', async () => {
  const lines: [string, string][] = [
    ['Content-Encoding', 'gzip'],
    ['Content-Type', 'application/json'],
  ];
  for (const input_headers of [['content-encoding', 'content-type'], ['*']]) {
    const request = fakeRequest('/', lines, 'POST');
    const read = reader({ input_headers });
    expect(read(request, NO_PARAMS, signal, undefined).headers['content-encoding']).toBe('gzip');
    request.push('{}');
    request.push(null);
    await request.toArray();
    const { headers } = read(request, NO_PARAMS, signal, undefined);
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['content-type']).toBe('application/json');
    expect(Object.getPrototypeOf(headers)).toBeNull();
  }
});
