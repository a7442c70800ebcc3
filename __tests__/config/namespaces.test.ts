import { describe, expect, test } from 'vitest';
import {
  backendProxySchema,
  clientTlsSchema,
  endpointProxySchema,
  httpClientSchema,
  httpSchema,
  routerSchema,
} from '../../lib/config/namespaces.js';

describe('defaults', () => {
  test('an empty namespace says the same as none', () => {
    expect(endpointProxySchema.parse({})).toEqual({ combiner: 'deep', sequential_propagated_params: [] });
    expect(backendProxySchema.parse({})).toEqual({ shadow: false });
    expect(httpSchema.parse({})).toEqual({ return_error_code: false });
    expect(httpClientSchema.parse({})).toEqual({ no_redirect: false, send_body_on_redirect: false });
    expect(clientTlsSchema.parse({ ca_certs: ['a.pem'] }).allow_insecure_connections).toBe(false);
    expect(routerSchema.parse({})).toMatchObject({ health_path: '/__health', error_body: {}, auto_options: false });
  });

  test('S15 `no_redirect` and `redirects` must not contradict each other', () => {
    const fault = httpClientSchema.safeParse({ no_redirect: true, redirects: 'follow' }).error?.issues[0];
    expect(fault).toMatchObject({ path: ['redirects'], message: expect.stringContaining('no_redirect') });
    for (const fine of [
      { no_redirect: true, redirects: 'none' },
      { no_redirect: false, redirects: 'none' },
    ]) {
      expect(httpClientSchema.safeParse(fine).success).toBe(true);
    }
    expect(httpClientSchema.safeParse({ redirects: 'all' }).error?.issues[0]?.message).toMatch(/"follow" or/);
  });

  test('static data is always added unless a strategy says otherwise', () => {
    expect(endpointProxySchema.parse({ static: { data: { a: 1 } } }).static).toEqual({
      strategy: 'always',
      data: { a: 1 },
    });
  });
});

describe('flatmap_filter', () => {
  function accepts(operation: unknown): boolean {
    return backendProxySchema.safeParse({ flatmap_filter: [operation] }).success;
  }

  test.each([
    { type: 'del', args: ['a'] },
    { type: 'del', args: ['a.*.b', 'c.0'] },
    { type: 'move', args: ['a.*.b', 'a.*.c'] },
    { type: 'append', args: ['a', 'b'] },
  ])('%j is accepted', (operation) => {
    expect(accepts(operation)).toBe(true);
  });

  test.each([
    { type: 'cut', args: ['a'] },
    { type: 'del', args: [] },
    { type: 'del' },
    { args: ['a'] },
    { type: 'move', args: ['a'] },
    { type: 'move', args: ['a', 'b', 'c'] },
    { type: 'append', args: ['a'] },
    { type: 'del', args: 'a' },
    { type: 'del', args: [''] },
    { type: 'del', args: ['a..b'] },
    { type: 'move', args: ['a', 'b.__proto__'] },
    { type: 'del', args: ['constructor.prototype'] },
    { type: 'del', args: ['a'], extra: 1 },
    'del',
  ])('G01 %j is refused', (operation) => {
    expect(accepts(operation)).toBe(false);
  });
});

describe('trusted_proxies', () => {
  function accepts(entry: unknown): boolean {
    return routerSchema.safeParse({ trusted_proxies: [entry] }).success;
  }

  test.each(['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '::/0', '1.2.3.4/32'])(
    '%s is a network',
    (entry) => {
      expect(accepts(entry)).toBe(true);
    },
  );

  test.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    8,
  ])('G01 %j is not', (entry) => {
    expect(accepts(entry)).toBe(false);
  });
});

test.each(['health', '/', '/a b', '/a?b', '/{a}', '//evil\\', '/a*'])('G01 health_path %j is refused', (path) => {
  expect(routerSchema.safeParse({ health_path: path }).success).toBe(false);
});

test.each(['SSL3.0', 'TLS1.2', 'tls12', '', 12])('G01 TLS version %j is refused', (version) => {
  expect(clientTlsSchema.safeParse({ min_version: version }).success).toBe(false);
});

test.each(['resp', 'resp_a', 'resp0_', 'resp-1', 'user', 'resp0.a', 'respx_a'])(
  'G01 %j cannot be propagated',
  (name) => {
    expect(endpointProxySchema.safeParse({ sequential_propagated_params: [name] }).success).toBe(false);
  },
);
