import { expect, test } from 'vitest';
import type { z } from 'zod';
import type * as types from '../../lib/config/input.js';
import { defineConfig } from '../../lib/gateway.js';
import type * as namespaces from './support/schemas.js';
import type { backendSchema, endpointSchema, rootSchema } from './support/schemas.js';

/** A table of two components, as `lib/components/index.ts` derives one. */
interface Extra {
  service: { 'security/cors'?: { allow_origins: string[] } };
  endpoint: { 'qos/ratelimit/router'?: { max_rate: number } };
  backend: { 'qos/circuit-breaker'?: { max_errors: number } };
}
type Config = types.GatewayConfig<Extra>;

type KnownKeys<T> = keyof { [K in keyof T as K extends `${'@' | '$' | '#' | '_'}${infer _}` ? never : K]: T[K] };
type OldNames = 'headers_to_pass' | 'querystring_params' | 'whitelist' | 'blacklist';
type SameKeys<Authoring, Schema extends z.ZodType> = [
  Exclude<KnownKeys<Authoring>, keyof z.input<Schema> | OldNames>,
  Exclude<keyof z.input<Schema>, KnownKeys<Authoring>>,
] extends [never, never]
  ? true
  : false;

const backend = [{ url_pattern: '/' }] as const;

test('G01 the types and the schemas know the same options', () => {
  const agree: [
    SameKeys<types.GatewayConfig, typeof rootSchema>,
    SameKeys<types.EndpointInput, typeof endpointSchema>,
    SameKeys<types.BackendInput, typeof backendSchema>,
    SameKeys<types.EndpointProxyInput, typeof namespaces.endpointProxySchema>,
    SameKeys<types.BackendProxyInput, typeof namespaces.backendProxySchema>,
    SameKeys<types.HttpInput, typeof namespaces.httpSchema>,
    SameKeys<types.HttpClientInput, typeof namespaces.httpClientSchema>,
    SameKeys<types.ClientTlsInput, typeof namespaces.clientTlsSchema>,
    SameKeys<types.RouterInput, typeof namespaces.routerSchema>,
  ] = [true, true, true, true, true, true, true, true, true];
  expect(agree).not.toContain(false);
});

test('both dialects, comments and long namespaces are green', () => {
  const config: Config = {
    $schema: 'https://example.test/schema.json',
    '@comment': 'which is ignored',
    version: 3,
    timeout: '2s',
    host: ['http://api.internal'],
    extra_config: {
      router: { auto_options: true },
      'security/cors': { allow_origins: ['https://shop.test'] },
      'github_com/devopsfaith/krakend-cors': { anything: 1 },
    },
    endpoints: [
      {
        endpoint: '/users/{id}',
        method: 'get',
        headers_to_pass: ['Authorization'],
        querystring_params: ['page'],
        extra_config: {
          proxy: { sequential: true, static: { data: { degraded: true } } },
          'qos/ratelimit/router': { max_rate: 5 },
        },
        backend: [
          {
            whitelist: ['id'],
            mapping: { collection: 'users' },
            extra_config: {
              'github.com/devopsfaith/krakend/http': { return_error_details: 'users' },
              'qos/circuit-breaker': { max_errors: 3 },
            },
          },
        ],
      },
    ],
  };
  expect(defineConfig(config)).toBe(config);
});

test('wrong options are red', () => {
  const configs: Config[] = [
    // @ts-expect-error a typo at the root
    { timeuot: '2s' },
    // @ts-expect-error a duration is a string
    { timeout: 2000 },
    // @ts-expect-error an unknown version
    { version: 1 },
    // @ts-expect-error an unknown namespace
    { extra_config: { 'security/corsx': {} } },
    // @ts-expect-error a namespace of the wrong level
    { extra_config: { 'qos/circuit-breaker': { max_errors: 1 } } },
    // @ts-expect-error an unknown option of the router
    { extra_config: { router: { auto_option: true } } },
    // @ts-expect-error an endpoint without backends
    { endpoints: [{ endpoint: '/a' }] },
    // @ts-expect-error a typo in an endpoint
    { endpoints: [{ endpoint: '/a', backend, input_header: ['A'] }] },
    // @ts-expect-error an unknown method
    { endpoints: [{ endpoint: '/a', backend, method: 'FETCH' }] },
    // @ts-expect-error a typo in a backend
    { endpoints: [{ endpoint: '/a', backend: [{ urlpattern: '/' }] }] },
    // @ts-expect-error a wrong type in a backend
    { endpoints: [{ endpoint: '/a', backend: [{ allow: 'id' }] }] },
    // @ts-expect-error an unknown option of a component
    { endpoints: [{ endpoint: '/a', backend: [{ extra_config: { 'qos/circuit-breaker': { maxErrors: 3 } } }] }] },
  ];
  const proxies: types.EndpointExtra<Extra>[] = [
    // @ts-expect-error an unknown operation
    { proxy: { flatmap_filter: [{ type: 'cut', args: ['a'] }] } },
    // @ts-expect-error an unknown option in the old spelling
    { 'github.com/devopsfaith/krakend/proxy': { sequental: true } },
    // @ts-expect-error an unknown strategy
    { proxy: { static: { strategy: 'never', data: {} } } },
    // @ts-expect-error a namespace of backends
    { 'backend/http': { return_error_code: true } },
  ];
  expect([configs.length, proxies.length]).toEqual([12, 4]);
});

test('defineConfig is red for typos as well', () => {
  // @ts-expect-error a typo in a backend
  defineConfig({ endpoints: [{ endpoint: '/a', backend: [{ urlpattern: '/' }] }] });
  // @ts-expect-error a typo at the root
  defineConfig({ hosts: ['http://a'] });
  expect(defineConfig({ host: ['http://a'] })).toEqual({ host: ['http://a'] });
});
