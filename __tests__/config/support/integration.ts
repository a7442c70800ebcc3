/**
 * A file of the shape that a product's integration tests have: one endpoint for each feature, deadlines no backend can meet,
 * options left over from other features, numbers that are zero and names that are empty.
 */
export const integration = {
  $schema: 'https://example.test/v2.json',
  version: 3,
  name: 'integration',
  port: 8080,
  timeout: '1500ms',
  cache_ttl: '1h2m',
  host: ['http://127.0.0.1:8081'],
  output_encoding: '',
  dns_cache_ttl: '0s',
  max_idle_connections: 0,
  max_idle_connections_per_host: 0,
  idle_connection_timeout: '0s',
  dialer_timeout: '0s',
  read_timeout: '0s',
  '@comment': 'keys like this one are comments',
  extra_config: {
    router: { return_error_msg: true, disable_gzip: false, health_path: '', logger_skip_paths: ['/__health'] },
    'telemetry/logging': { level: 'DEBUG', prefix: '[IT]', stdout: true },
    'telemetry/metrics': { collection_time: '0s', listen_address: ':8090' },
    'security/bot-detector': { deny: ['evil'], patterns: ['(?i)crawler'], cache_size: 0 },
    'security/cors': { allow_origins: ['*'], max_age: '12h' },
    'security/http': { frame_deny: true },
    'modifier/lua-endpoint': { pre: 'x()' },
  },
  endpoints: [
    {
      endpoint: '/timeouts/{id}',
      timeout: '150us',
      backend: [
        { url_pattern: '/slow/{id}', timeout: '30µs' },
        { url_pattern: '/slower', timeout: '1ns' },
      ],
    },
    { endpoint: '/long', timeout: '2h', backend: [{ url_pattern: '/long', timeout: '0s', concurrent_calls: 0 }] },
    {
      endpoint: '/cached',
      cache_ttl: '8760h',
      concurrent_calls: 0,
      method: '',
      backend: [{ url_pattern: '/a', method: '', encoding: '', sd: '' }],
    },
    {
      endpoint: '/passed',
      output_encoding: 'no-op',
      extra_config: {
        proxy: { sequential: true, static: { strategy: 'always', data: { a: 1 } }, combiner: 'default' },
      },
      backend: [
        {
          url_pattern: '/status/418',
          group: 'g',
          target: 'data',
          is_collection: true,
          mapping: { a: 'b' },
          extra_config: {
            'backend/http': { return_error_code: true },
            proxy: { flatmap_filter: [{ type: 'move', args: ['a', 'b'] }] },
          },
        },
      ],
    },
    {
      endpoint: '/passed/details',
      output_encoding: 'no-op',
      backend: [
        {
          url_pattern: '/status/500',
          encoding: 'json',
          group: 'g',
          extra_config: { 'backend/http': { return_error_details: 'backend' } },
        },
      ],
    },
    ...['always', 'success', 'errored', 'complete', 'incomplete'].map((strategy) => ({
      endpoint: `/static/${strategy}`,
      extra_config: { proxy: { static: { strategy, data: { static: true } } } },
      backend: [
        { url_pattern: '/a', group: 'a' },
        { url_pattern: '/status/404', group: 'b', timeout: '1us' },
      ],
    })),
    {
      endpoint: '/sequential/{id}',
      input_query_strings: ['q'],
      extra_config: { proxy: { sequential: true, sequential_propagated_params: ['resp0_user.id', 'resp1'] } },
      backend: [
        { url_pattern: '/users/{id}', allow: ['user'] },
        { url_pattern: '/posts?by={resp0_user.id}', is_collection: true, mapping: { collection: 'posts' } },
      ],
    },
    {
      endpoint: '/propagated',
      extra_config: { proxy: { sequential_propagated_params: ['resp0'] } },
      backend: [{ url_pattern: '/a' }],
    },
    ...['negotiate', 'string', 'xml', 'json-collection'].map((output_encoding) => ({
      endpoint: `/as/${output_encoding}`,
      output_encoding,
      backend: [{ url_pattern: '/feed', encoding: output_encoding === 'xml' ? 'rss' : 'json' }],
    })),
    {
      endpoint: '/limited/{id}',
      extra_config: {
        'qos/ratelimit/router': {
          max_rate: 6_000_000,
          client_max_rate: 0.5,
          every: '10m',
          strategy: 'param',
          key: 'id',
        },
      },
      backend: [
        {
          url_pattern: '/a',
          extra_config: {
            'qos/ratelimit/proxy': { max_rate: 0, capacity: 0, every: '0s' },
            'qos/circuit-breaker': { interval: 0, timeout: 0, max_errors: 0 },
            'qos/http-cache': {},
          },
        },
      ],
    },
    {
      endpoint: '/flatmap',
      extra_config: { proxy: { flatmap_filter: [{ type: 'del', args: ['a.*.b'] }] } },
      backend: [{ url_pattern: '/a', deny: ['x.y'] }],
    },
    {
      endpoint: '/redirected',
      method: 'post',
      backend: [
        { url_pattern: '/r', method: 'GET', extra_config: { 'backend/http/client': { send_body_on_redirect: true } } },
        { url_pattern: '/shadow', extra_config: { proxy: { shadow: true, shadow_timeout: '0s' } } },
      ],
    },
    {
      endpoint: '/verbatim',
      backend: [{ url_pattern: '/a', host: ['http://127.0.0.1:8081/base'], disable_host_sanitize: true }],
    },
    {
      endpoint: '/guarded',
      extra_config: {
        'auth/validator': { alg: 'RS256', jwk_url: 'https://id.test/jwks' },
        'validation/json-schema': { type: 'object' },
        'documentation/openapi': { summary: 'x' },
      },
      backend: [
        {
          url_pattern: '/a',
          extra_config: {
            'modifier/martian': { 'header.Modifier': { scope: ['request'], name: 'X', value: 'y' } },
            'validation/cel': [{ check_expr: 'true' }],
          },
        },
      ],
    },
  ],
};
