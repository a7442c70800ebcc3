import { describe, expect, test } from 'vitest';
import type { BackendConfig, EndpointConfig } from '../../lib/config/resolved.js';
import { parse, parseBackend, parseEndpoint, withBackends } from './support/parse.js';

describe('what nobody says', () => {
  test('has the documented default', () => {
    const config = parse({ host: ['http://api.internal'], endpoints: [{ endpoint: '/', backend: [{}] }] });
    expect(config).toMatchObject({
      components: [],
      max_in_flight_requests: 10_000,
      debug_endpoint: false,
      echo_endpoint: false,
      dns_cache_ttl: 30_000,
      client: {
        max_idle_connections_per_host: 250,
        max_connections_per_host: 1_024,
        disable_keep_alives: false,
        disable_compression: false,
        client_tls: { allow_insecure_connections: false, ca_certs: [], client_certs: [] },
      },
      router: { health_path: '/__health', disable_health: false },
    });
    const endpoint = config.endpoints[0]!;
    expect(endpoint).toMatchObject({
      at: 'endpoints[0]',
      endpoint: '/',
      method: 'GET',
      timeout: 2_000,
      cache_ttl: 0,
      output_encoding: 'json',
      concurrent_calls: 1,
      input_headers: ['content-type'],
      input_query_strings: [],
      max_request_body: 16 * 2 ** 20,
      max_passed_request_body: Number.POSITIVE_INFINITY,
      proxy: { sequential: false, combiner: 'deep', sequential_propagated_params: [] },
      components: [],
    });
    const { url_pattern, ...backend } = endpoint.backend[0]!;
    expect(url_pattern.text).toBe('/');
    expect(backend).toEqual({
      at: 'endpoints[0].backend[0]',
      name: 'backend[0] GET /',
      host: ['http://api.internal'],
      method: 'GET',
      encoding: 'json',
      is_collection: false,
      target: '',
      allow: [],
      deny: [],
      mapping: {},
      group: '',
      required: false,
      timeout: 2_000,
      concurrent_calls: 1,
      sd: 'static',
      sd_scheme: 'http',
      balancer: 'round_robin',
      disable_host_sanitize: false,
      input_headers: undefined,
      input_query_strings: undefined,
      connect_timeout: 1_000,
      max_response_body: 32 * 2 ** 20,
      max_passed_response_body: Number.POSITIVE_INFINITY,
      max_response_headers: 65_536,
      max_pending: 4_096,
      isolate_connections: false,
      output_headers: [],
      retry: undefined,
      ejection: undefined,
      proxy: { shadow: false, shadow_timeout: undefined, flatmap_filter: undefined },
      http: { return_error_details: undefined, return_error_code: false },
      http_client: { redirects: 'follow', send_body_on_redirect: false, client_tls: config.client.client_tls },
      components: [],
    });
  });
});

describe('zero means what it means to KrakenD: not set', () => {
  test.each(['0s', 0])("a timeout of %j is the next level's, then the default", (zero) => {
    expect(parseEndpoint({ timeout: zero }, { timeout: '7s' }).timeout).toBe(7_000);
    expect(parseEndpoint({ timeout: zero }, { timeout: zero }).timeout).toBe(2_000);
    expect(parseBackend({ timeout: zero }, { timeout: '7s' }).timeout).toBe(7_000);
    expect(parseBackend({ connect_timeout: zero }, {}, { connect_timeout: '300ms' }).connect_timeout).toBe(300);
    expect(parseBackend({}, {}, { connect_timeout: zero, dialer_timeout: zero }).connect_timeout).toBe(1_000);
    const shadow = parse(withBackends([{}, { extra_config: { proxy: { shadow: true, shadow_timeout: zero } } }]));
    expect(shadow.endpoints[0]?.backend[1]?.proxy.shadow_timeout).toBeUndefined();
  });

  test('concurrent_calls and max_idle_connections_per_host', () => {
    expect(parseEndpoint({ concurrent_calls: 0 }).concurrent_calls).toBe(1);
    expect(parseBackend({ concurrent_calls: 0 }, { concurrent_calls: 3 }).concurrent_calls).toBe(3);
    expect(parseBackend({ concurrent_calls: 0, method: 'POST' }).concurrent_calls).toBe(1);
    expect(parse({ max_idle_connections_per_host: 0 }).client.max_idle_connections_per_host).toBe(250);
  });

  test.each(['0s', '999ms', 0])('a dns_cache_ttl of %j', (ttl) => {
    expect(parse({ dns_cache_ttl: ttl }).dns_cache_ttl).toBe(30_000);
  });

  test('but a cache_ttl of an endpoint is none: the root may not make personal answers public', () => {
    expect(parseEndpoint({ cache_ttl: '0s' }, { cache_ttl: '5m' }).cache_ttl).toBe(0);
    expect(parseEndpoint({ cache_ttl: 0 }, { cache_ttl: '5m' }).cache_ttl).toBe(0);
  });
});

test('an empty string means the default, as in KrakenD', () => {
  const empty = { method: '', encoding: '', output_encoding: '' };
  const proxy = { strategy: '', combiner: '', static: { strategy: '', data: {} } };
  const backend = {
    method: '',
    encoding: '',
    sd: '',
    sd_scheme: '',
    balancer: '',
    url_pattern: '',
    target: '',
    group: '',
  };
  const config = parse({
    ...withBackends([backend], { ...empty, extra_config: { proxy } }),
    encoding: '',
    output_encoding: '',
    balancer: '',
    extra_config: { router: { health_path: '' } },
  });
  const plain = parse(withBackends([{}], { extra_config: { proxy: { static: { data: {} } } } }));
  expect(JSON.parse(JSON.stringify(config))).toEqual(JSON.parse(JSON.stringify(plain)));
  expect(parseBackend({ method: '', encoding: '' }, { method: 'PUT', encoding: 'xml' })).toMatchObject({
    method: 'PUT',
    encoding: 'xml',
  });
});

type Layer = Record<string, unknown>;

describe('from the root to an endpoint', () => {
  test.each<[keyof EndpointConfig, unknown, unknown, unknown, unknown]>([
    ['timeout', '3s', 3_000, '1s', 1_000],
    ['cache_ttl', '1m', 60, '0s', 0],
    ['output_encoding', 'xml', 'xml', 'string', 'string'],
    ['max_request_body', 10, 10, 20, 20],
  ])('%s', (key, rootSays, rootValue, endpointSays, endpointValue) => {
    expect(parseEndpoint({}, { [key]: rootSays })[key]).toBe(rootValue);
    expect(parseEndpoint({ [key]: endpointSays }, { [key]: rootSays })[key]).toBe(endpointValue);
  });
});

describe('from the root to a backend', () => {
  test.each<[keyof BackendConfig, unknown, unknown, unknown, unknown]>([
    ['max_response_body', 10, 10, 20, 20],
    ['max_response_headers', 10, 10, 20, 20],
    ['max_pending', 10, 10, 20, 20],
    ['isolate_connections', true, true, false, false],
    ['balancer', 'random', 'random', 'round_robin', 'round_robin'],
    ['connect_timeout', '10ms', 10, '20ms', 20],
    ['host', ['a', 'b'], ['http://a', 'http://b'], ['https://c'], ['https://c']],
  ])('%s', (key, rootSays, rootValue, backendSays, backendValue) => {
    expect(parseBackend({}, {}, { [key]: rootSays })[key]).toEqual(rootValue);
    expect(parseBackend({ [key]: backendSays }, {}, { [key]: rootSays })[key]).toEqual(backendValue);
  });

  test('what is passed on has no limit but its own', () => {
    expect(parseBackend({}, {}, { max_response_body: 10 }).max_passed_response_body).toBe(Number.POSITIVE_INFINITY);
    expect(parseBackend({ max_response_body: 20 }, {}, { max_response_body: 10 }).max_passed_response_body).toBe(20);
    expect(parseEndpoint({}, { max_request_body: 10 }).max_passed_request_body).toBe(Number.POSITIVE_INFINITY);
    expect(parseEndpoint({ max_request_body: 20 }, { max_request_body: 10 }).max_passed_request_body).toBe(20);
  });

  test('an empty list of hosts is none', () => {
    expect(parseBackend({ host: [] }, {}, { host: ['a'] }).host).toEqual(['http://a']);
  });
});

describe('from an endpoint to a backend', () => {
  test('the method, also for the name', () => {
    expect(parseBackend({ url_pattern: '/x/{id}' }, { endpoint: '/{id}', method: 'put' })).toMatchObject({
      method: 'PUT',
      name: 'backend[0] PUT /x/{id}',
    });
    expect(parseBackend({ method: 'get' }, { method: 'POST' }).method).toBe('GET');
  });

  test('concurrent_calls', () => {
    expect(parseBackend({}, { concurrent_calls: 3 }).concurrent_calls).toBe(3);
    expect(parseBackend({ concurrent_calls: 1 }, { concurrent_calls: 3 }).concurrent_calls).toBe(1);
    expect(parseBackend({ concurrent_calls: 2 }).concurrent_calls).toBe(2);
  });

  test("T06 a timeout never goes beyond the endpoint's, nor connecting beyond the timeout", () => {
    expect(parseBackend({ timeout: '5s' }, { timeout: '3s' }).timeout).toBe(3_000);
    expect(parseBackend({ timeout: '1s' }, { timeout: '3s' }).timeout).toBe(1_000);
    expect(parseBackend({}, { timeout: '3s' }).timeout).toBe(3_000);
    expect(parseBackend({ timeout: '200ms' }).connect_timeout).toBe(200);
    expect(parseBackend({ connect_timeout: '5s' }, { timeout: '3s' }).connect_timeout).toBe(3_000);
    expect(parseBackend({}, { timeout: '3s' }, { dialer_timeout: '700ms' }).connect_timeout).toBe(700);
    expect(parseBackend({}, {}, { dialer_timeout: '0s' }).connect_timeout).toBe(1_000);
  });
});

describe('encoding', () => {
  test.each<[Layer, Layer, Layer, string]>([
    [{}, {}, {}, 'json'],
    [{}, {}, { encoding: 'xml' }, 'xml'],
    [{}, { encoding: 'string' }, { encoding: 'xml' }, 'string'],
    [{ encoding: 'safejson' }, { encoding: 'string' }, { encoding: 'xml' }, 'safejson'],
    [{ encoding: 'SafeJSON' }, {}, {}, 'safejson'],
    [{ encoding: 'xml' }, { output_encoding: 'no-op' }, {}, 'no-op'],
    [{}, {}, { output_encoding: 'no-op', encoding: 'xml' }, 'no-op'],
    [{}, { output_encoding: 'json', encoding: 'xml' }, { output_encoding: 'no-op' }, 'xml'],
  ])('backend %j, endpoint %j, root %j: %s', (backend, endpoint, root, encoding) => {
    expect(parseBackend(backend, endpoint, root).encoding).toBe(encoding);
  });
});

describe('lists of names', () => {
  test('of an endpoint', () => {
    expect(parseEndpoint({ input_headers: ['X-A', 'x-a', 'X-B'] }).input_headers).toEqual(['x-a', 'x-b']);
    expect(parseEndpoint({ input_headers: ['X-A', '*'] }).input_headers).toEqual(['x-a', '*']);
    expect(parseEndpoint({ input_headers: [] }).input_headers).toEqual(['content-type']);
    expect(parseEndpoint({ input_headers: [''] }).input_headers).toEqual(['']);
    expect(parseEndpoint({ input_query_strings: ['A', 'a', 'A'] }).input_query_strings).toEqual(['A', 'a']);
    expect(parseEndpoint({ input_query_strings: ['a', '*'] }).input_query_strings).toEqual(['*']);
  });

  test('of a backend narrow, or do not', () => {
    expect(parseBackend({ input_headers: ['X-A'], input_query_strings: ['A'] })).toMatchObject({
      input_headers: ['x-a'],
      input_query_strings: ['A'],
    });
    for (const list of [[], ['*'], ['a', '*']]) {
      expect(parseBackend({ input_headers: list, input_query_strings: list })).toMatchObject({
        input_headers: undefined,
        input_query_strings: undefined,
      });
    }
    expect(parseBackend({ input_headers: [''], input_query_strings: [''] })).toMatchObject({
      input_headers: [],
      input_query_strings: [],
    });
  });
});

describe('filters', () => {
  const flatmap = { extra_config: { proxy: { flatmap_filter: [{ type: 'del', args: ['a'] }] } } };

  test('allow takes the place of deny, a flatmap_filter that of both and of the mapping', () => {
    expect(parseBackend({ allow: ['a'], deny: ['b'] })).toMatchObject({ allow: ['a'], deny: [] });
    expect(
      parseBackend({ allow: ['a'], deny: ['b'], mapping: { a: 'b' }, target: 't', group: 'g', ...flatmap }),
    ).toMatchObject({
      allow: [],
      deny: [],
      mapping: {},
      target: 't',
      group: 'g',
      proxy: { flatmap_filter: [{ type: 'del', args: ['a'] }] },
    });
  });

  test('an empty flatmap_filter is none', () => {
    const backend = parseBackend({ deny: ['b'], extra_config: { proxy: { flatmap_filter: [] } } });
    expect([backend.deny, backend.proxy.flatmap_filter]).toEqual([['b'], undefined]);
    expect(parseEndpoint({ extra_config: { proxy: { flatmap_filter: [] } } }).proxy.flatmap_filter).toBeUndefined();
  });

  test('a mapping inherits nothing and keeps its order', () => {
    const { mapping } = parseBackend({ mapping: { b: 'x', a: 'y', toString: 'z' } });
    expect(Object.getPrototypeOf(mapping)).toBeNull();
    expect(Object.entries(mapping)).toEqual([
      ['b', 'x'],
      ['a', 'y'],
      ['toString', 'z'],
    ]);
  });
});

describe('namespaces', () => {
  test.each([
    [{ sequential: true }, true],
    [{ sequential: false }, false],
    [{ strategy: 'sequential' }, true],
    [{ strategy: 'parallel', sequential: true }, false],
    [{ strategy: 'sequential', sequential: false }, true],
  ])('proxy %j', (proxy, isSequential) => {
    expect(parseEndpoint({ extra_config: { proxy } }).proxy.sequential).toBe(isSequential);
  });

  test('"default" is the name KrakenD has for its only combiner', () => {
    expect(parseEndpoint({ extra_config: { proxy: { combiner: 'default' } } }).proxy.combiner).toBe('deep');
    expect(parseEndpoint({ extra_config: { proxy: { combiner: 'concat' } } }).proxy.combiner).toBe('concat');
  });

  test.each([
    [{ return_error_code: true }, { return_error_details: undefined, return_error_code: true }],
    [{ return_error_details: 'x' }, { return_error_details: 'x', return_error_code: false }],
    [
      { return_error_details: 'x', return_error_code: true },
      { return_error_details: 'x', return_error_code: false },
    ],
    [
      { return_error_details: '', return_error_code: true },
      { return_error_details: undefined, return_error_code: false },
    ],
  ])('backend/http %j', (http, resolved) => {
    expect(parseBackend({ extra_config: { 'backend/http': http } }).http).toEqual(resolved);
  });

  test('TLS of the root holds for all backends but those with their own', () => {
    const root = { allow_insecure_connections: true, client_tls: { ca_certs: ['root.pem'], min_version: 'TLS13' } };
    expect(parse({ ...root }).client.client_tls).toMatchObject({
      allow_insecure_connections: true,
      ca_certs: ['root.pem'],
      min_version: 'TLS13',
    });
    expect(parseBackend({}, {}, root).http_client.client_tls.ca_certs).toEqual(['root.pem']);
    const own = { 'backend/http/client': { client_tls: { ca_certs: ['own.pem'] }, no_redirect: true } };
    expect(parseBackend({ extra_config: own }, {}, root).http_client).toMatchObject({
      redirects: 'none',
      client_tls: { ca_certs: ['own.pem'], allow_insecure_connections: false },
    });
  });

  test.each([
    [{}, 'follow'],
    [{ no_redirect: true }, 'none'],
    [{ redirects: 'same-origin' }, 'same-origin'],
    [{ no_redirect: false, redirects: 'none' }, 'none'],
  ])('S15 %j: `redirects` is %s', (own, redirects) => {
    const { http_client } = parseBackend({ extra_config: { 'backend/http/client': own } });
    expect(http_client.redirects).toBe(redirects);
  });

  test('zero durations of the connections mean the default', () => {
    const { client } = parse({
      idle_connection_timeout: '0s',
      response_header_timeout: '0s',
      dialer_keep_alive: '15s',
    });
    expect(client).toMatchObject({
      idle_connection_timeout: undefined,
      response_header_timeout: undefined,
      dialer_keep_alive: 15_000,
    });
  });
});

describe('hosts', () => {
  test('are tidied, unless they are not addresses of ours', () => {
    expect(parseBackend({ host: ['API.internal/', 'https://b:443'] }).host).toEqual([
      'http://api.internal',
      'https://b',
    ]);
    expect(parseBackend({ host: ['HTTP://B/', 'http://a/v1'], disable_host_sanitize: true }).host).toEqual([
      'HTTP://B/',
      'http://a/v1',
    ]);
    expect(parseBackend({ host: ['users'], sd: 'consul' }).host).toEqual(['users']);
    expect(parseBackend({ host: ['_http._tcp.users'], sd: 'dns' }).host).toEqual(['_http._tcp.users']);
  });

  test('repetition is kept: it is weight', () => {
    expect(parseBackend({ host: ['a', 'a', 'b'] }).host).toEqual(['http://a', 'http://a', 'http://b']);
  });
});

test('each endpoint and backend knows its place', () => {
  const { endpoints } = parse({
    host: ['a'],
    endpoints: [
      { endpoint: '/a', backend: [{}] },
      { endpoint: '/b', backend: [{}, { url_pattern: 'x' }] },
    ],
  });
  expect(endpoints.map(({ at }) => at)).toEqual(['endpoints[0]', 'endpoints[1]']);
  expect(endpoints[1]!.backend.map(({ at, name }) => [at, name])).toEqual([
    ['endpoints[1].backend[0]', 'backend[0] GET /'],
    ['endpoints[1].backend[1]', 'backend[1] GET /x'],
  ]);
});

test('cache_ttl is in seconds, and one below a second is not none', () => {
  expect(parseEndpoint({ cache_ttl: '1999ms' }).cache_ttl).toBe(1.999);
  expect(parseEndpoint({ cache_ttl: '500ms' }).cache_ttl).toBe(0.5);
});

test('X04 no optional member is read from a polluted prototype', () => {
  const { endpoints, router, client } = parse(withBackends([{}]));
  for (const key of ['forwarded_by_client_ip', 'remote_ip_headers', 'max_multipart_memory'])
    expect(Object.hasOwn(router, key)).toBe(true);
  for (const key of ['dialer_keep_alive', 'idle_connection_timeout', 'response_header_timeout'])
    expect(Object.hasOwn(client, key)).toBe(true);
  for (const key of ['static', 'flatmap_filter']) expect(Object.hasOwn(endpoints[0]!.proxy, key)).toBe(true);
  for (const key of ['input_headers', 'input_query_strings'])
    expect(Object.hasOwn(endpoints[0]!.backend[0]!, key)).toBe(true);
});
