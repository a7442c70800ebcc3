import { describe, expect, test } from 'vitest';
import { createRequestBuilder } from '../../lib/backend/request.js';
import { NO_HEADERS } from '../../lib/proxy.js';
import { backendConfig } from '../support/backend-config.js';
import { headersOf, proxyRequest, queryOf } from '../support/requests.js';

const HOST = 'http://h:8080';

test('has the method of the backend, and what came in', () => {
  const request = proxyRequest({ method: 'POST', path: '/x', body: Buffer.from('b'), headers: headersOf({ a: '1' }) });
  const built = createRequestBuilder(backendConfig({ method: 'PUT' }), true)(request, HOST);
  expect(built).toEqual({ ...request, method: 'PUT', url: 'http://h:8080/a', stream: true });
  expect(built.signal).toBe(request.signal);
});

test('has the user of the request, and which headers are about that user', () => {
  const request = proxyRequest({ user: { sub: 'u7' }, personal: ['x-user'] });
  const { user, personal } = createRequestBuilder(backendConfig(), false)(request, HOST);
  expect([user, personal]).toEqual([{ sub: 'u7' }, ['x-user']]);
});

test('M01 leaves the request as it was', () => {
  const request = Object.freeze(
    proxyRequest({ headers: Object.freeze(headersOf({ a: '1', b: '2' })), query: Object.freeze(queryOf('p=1&q=2')) }),
  );
  const backend = backendConfig({ input_headers: ['a'], input_query_strings: ['p'] });
  expect(createRequestBuilder(backend, false)(request, HOST)).toMatchObject({
    headers: { a: '1' },
    query: queryOf('p=1'),
  });
  expect(request.headers).toEqual({ a: '1', b: '2' });
});

describe('the URL', () => {
  function urlOf(pattern: string, query = '', params = {}, init = {}) {
    const request = proxyRequest({ params, query: query === '' ? [] : queryOf(query) });
    return createRequestBuilder(backendConfig({ pattern, ...init }), false)(request, HOST).url;
  }

  test('is host, path and query', () => {
    expect(urlOf('/a')).toBe('http://h:8080/a');
    expect(urlOf('/a', 'p=1&p=2')).toBe('http://h:8080/a?p=1&p=2');
    expect(urlOf('/a?x=1', 'p=1')).toBe('http://h:8080/a?x=1&p=1');
    expect(urlOf('/a/{id}?x={id}', 'p=1', { id: 'ü' })).toBe('http://h:8080/a/%C3%BC?x=%C3%BC&p=1');
  });

  test('U10 keeps what the pattern says of a key: the client cannot repeat it', () => {
    expect(urlOf('/a?role=user', 'role=admin&p=1&role=root')).toBe('http://h:8080/a?role=user&p=1');
  });

  test('U10 compares names after decoding, with their case', () => {
    const request = proxyRequest({
      query: [
        { name: 'role', value: 'x', text: '%72ole=x' },
        { name: 'Role', value: 'x', text: 'Role=x' },
      ],
    });
    const build = createRequestBuilder(backendConfig({ pattern: '/a?role=user' }), false);
    expect(build(request, HOST).url).toBe('http://h:8080/a?role=user&Role=x');
  });

  test('U06 is not built without a value for each placeholder', () => {
    expect(() => urlOf('/a/{id}')).toThrow(
      expect.objectContaining({ code: 'ERR_BACKEND_URL', status: 502, message: expect.stringContaining('{id}') }),
    );
  });

  test.each(['../admin', 'a/b', 'a?b', 'a#b', 'a%2fb', 'a\\b', '..', '', 'a\r\nb', '\u0000'])(
    'M07 is not built with %j, wherever it comes from, and the message does not quote it',
    (value) => {
      expect(() => urlOf('/a/{resp0_id}', '', { resp0_id: value })).toThrow(
        expect.objectContaining({
          code: 'ERR_BACKEND_URL',
          message: 'backend[0] GET /a/{resp0_id} was not called: The value of {resp0_id} cannot stand in a URL.',
        }),
      );
    },
  );

  test('U06 fills each placeholder in once', () => {
    expect(urlOf('/{a}/{b}', '', { a: '{b}', b: '$&' })).toBe('http://h:8080/%7Bb%7D/$&');
  });
});

describe('the headers', () => {
  function headersFor(input_headers: readonly string[] | undefined) {
    const request = proxyRequest({ headers: headersOf({ a: '1', b: ['2', '3'], 'user-agent': 'x' }) });
    return createRequestBuilder(backendConfig({ input_headers }), false)(request, HOST).headers;
  }

  test('are those of the endpoint, unless the backend narrows them', () => {
    expect(headersFor(undefined)).toEqual({ a: '1', b: ['2', '3'], 'user-agent': 'x' });
    expect(headersFor(['*'])).toEqual({ a: '1', b: ['2', '3'], 'user-agent': 'x' });
    expect(headersFor(['b', 'c'])).toEqual({ b: ['2', '3'] });
    expect(Object.keys(headersFor(['b', 'c']))).toEqual(['b']);
    // One object for all requests that have none.
    expect(headersFor([''])).toBe(NO_HEADERS);
    expect(headersFor([])).toBe(NO_HEADERS);
  });

  test('H06 named like members of Object.prototype are not found where they were not sent', () => {
    expect(headersFor(['constructor', '__proto__', 'tostring'])).toEqual({});
  });
});

describe('the query', () => {
  function queryFor(input_query_strings: readonly string[] | undefined) {
    const request = proxyRequest({ query: queryOf('a=1&b=2&a=3') });
    return createRequestBuilder(backendConfig({ input_query_strings }), false)(request, HOST).url;
  }

  test('is that of the endpoint, unless the backend narrows it', () => {
    expect(queryFor(undefined)).toBe('http://h:8080/a?a=1&b=2&a=3');
    expect(queryFor(['*'])).toBe('http://h:8080/a?a=1&b=2&a=3');
    expect(queryFor(['a'])).toBe('http://h:8080/a?a=1&a=3');
    expect(queryFor([])).toBe('http://h:8080/a');
    expect(queryFor([''])).toBe('http://h:8080/a');
  });
});
