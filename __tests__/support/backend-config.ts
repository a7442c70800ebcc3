import type { BackendConfig } from '../../lib/config/resolved.js';
import { compileUrlPattern } from '../../lib/config/url-pattern.js';

/** A resolved backend; what a test does not care about has its default. */
export function backendConfig(
  init: Partial<Omit<BackendConfig, 'url_pattern'>> & { pattern?: string } = {},
): BackendConfig {
  const { pattern = '/a', ...rest } = init;
  return {
    at: 'endpoints[0].backend[0]',
    name: `backend[0] GET ${pattern}`,
    host: ['http://backend.test'],
    url_pattern: compileUrlPattern(pattern),
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
    connect_timeout: 1_000,
    max_response_body: 4_194_304,
    max_passed_response_body: Number.POSITIVE_INFINITY,
    max_response_headers: 16_384,
    max_pending: 256,
    isolate_connections: false,
    output_headers: [],
    proxy: { shadow: false },
    http: { return_error_code: false },
    http_client: {
      redirects: 'follow',
      send_body_on_redirect: false,
      client_tls: {
        allow_insecure_connections: false,
        ca_certs: [],
        disable_system_ca_pool: false,
        min_version: undefined,
        max_version: undefined,
        cipher_suites: [],
        client_certs: [],
      },
    },
    components: [],
    ...rest,
  };
}
