/** One invented service in both dialects, with every component at its proper level. */

export const oldDialect = {
  version: 2,
  timeout: '3s',
  cache_ttl: '120s',
  host: ['http://books.internal:8000'],
  extra_config: {
    'github_com/devopsfaith/krakend-cors': { allow_origins: ['https://library.test'], max_age: '2h' },
    'github_com/devopsfaith/krakend-botdetector': { denylist: ['evilbot'], patterns: ['(?i)scraper'], cacheSize: 500 },
    'github_com/devopsfaith/krakend-httpsecure': { frame_deny: true },
  },
  endpoints: [
    {
      endpoint: '/books/{isbn}',
      method: 'GET',
      output_encoding: 'negotiate',
      headers_to_pass: ['Authorization', 'Content-Type'],
      querystring_params: ['lang'],
      concurrent_calls: 2,
      extra_config: {
        'github.com/devopsfaith/krakend/proxy': {
          sequential: true,
          static: { strategy: 'incomplete', data: { stale: true } },
        },
        'github.com/devopsfaith/krakend-ratelimit/juju/router': {
          maxRate: 10,
          clientMaxRate: 2,
          strategy: 'header',
          key: 'X-Key',
        },
        'github.com/devopsfaith/krakend-jose/validator': {
          alg: 'RS256',
          'jwk-url': 'https://login.test/jwks',
          'propagate-claims': [['sub', 'X-Reader']],
        },
        'github.com/devopsfaith/krakend-cel': [{ check_expr: 'size(req_params.Isbn) == 13' }],
      },
      backend: [
        {
          url_pattern: '/titles/{isbn}',
          target: 'data',
          allow: ['id', 'author.ref'],
          group: 'title',
          extra_config: {
            'github.com/devopsfaith/krakend-circuitbreaker/gobreaker': { interval: 30, timeout: 5, maxErrors: 2 },
            'github.com/devopsfaith/krakend-ratelimit/juju/proxy': { maxRate: 20, capacity: 20 },
            'github.com/devopsfaith/krakend-httpcache': {},
            'github.com/devopsfaith/krakend/http': { return_error_details: 'title' },
          },
        },
        {
          url_pattern: '/authors/{resp0_title.id}?reader={JWT.sub}',
          host: ['http://authors1.internal', 'http://authors2.internal'],
          method: 'GET',
          is_collection: true,
          mapping: { collection: 'authors' },
          extra_config: {
            'github.com/devopsfaith/krakend-martian': {
              'header.Modifier': { scope: ['request'], name: 'X-From', value: 'gateway' },
            },
          },
        },
        {
          url_pattern: '/trial/{isbn}',
          host: ['http://trial.internal'],
          extra_config: { 'github.com/devopsfaith/krakend/proxy': { shadow: true } },
        },
      ],
    },
  ],
};

export const newDialect = {
  $schema: 'https://example.test/v2.json',
  version: 3,
  timeout: '3s',
  cache_ttl: '120s',
  host: ['http://books.internal:8000'],
  extra_config: {
    'security/cors': { allow_origins: ['https://library.test'] },
    'security/bot-detector': { deny: ['evilbot'], empty_user_agent_is_bot: true },
    router: { return_error_msg: true, auto_options: true, error_body: { '404': { error: 'nothing here' } } },
  },
  endpoints: [
    {
      endpoint: '/books/{isbn}',
      input_headers: ['Authorization', 'Content-Type'],
      input_query_strings: ['lang'],
      extra_config: {
        proxy: { sequential: true, sequential_propagated_params: ['resp0_title.id'] },
        'qos/ratelimit/router': { max_rate: 10, every: '1m', strategy: 'ip' },
        'auth/validator': { alg: 'RS256', jwk_url: 'https://login.test/jwks', cache: true },
        'validation/cel': [{ check_expr: 'true' }],
      },
      backend: [
        {
          url_pattern: '/titles/{isbn}',
          group: 'title',
          extra_config: {
            'qos/circuit-breaker': { interval: 30, timeout: 5, max_errors: 2 },
            'qos/http-cache': { shared: true },
            'backend/http': { return_error_code: true },
          },
        },
        {
          url_pattern: '/authors/{resp0_title.id}',
          input_headers: ['Authorization'],
          encoding: 'safejson',
          extra_config: {
            'auth/client-credentials': { client_id: 'c', client_secret: 's', token_url: 'https://login.test/token' },
            proxy: {
              flatmap_filter: [
                { type: 'move', args: ['collection', 'authors'] },
                { type: 'del', args: ['authors.*.secret'] },
              ],
            },
          },
        },
      ],
    },
    {
      endpoint: '/loans',
      method: 'POST',
      output_encoding: 'json',
      extra_config: { 'validation/json-schema': { type: 'object', required: ['isbn'] } },
      backend: [
        {
          host: ['kafka://'],
          disable_host_sanitize: true,
          extra_config: { 'backend/pubsub/publisher': { topic_url: 'loans' } },
        },
      ],
    },
    {
      endpoint: '/fees/{id}',
      backend: [
        {
          host: ['http://ignored'],
          method: 'GET',
          extra_config: { 'backend/lambda': { function_name: 'fee', region: 'eu-west-1' } },
        },
      ],
    },
  ],
};
