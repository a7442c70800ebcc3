import type { BackendScope, ServiceScope } from '../../lib/components/component.js';
import type { EndpointConfig } from '../../lib/config/resolved.js';
import { createKeep } from '../../lib/core/reload-state.js';
import { silentLogger } from '../../lib/logger.js';
import { backendConfig } from './backend-config.js';

/** What a hook is given at any level; nothing is registered in it. */
export function componentScope(init: Partial<BackendScope & ServiceScope> = {}): BackendScope & ServiceScope {
  const endpoint: EndpointConfig = {
    at: 'endpoints[0]',
    endpoint: '/x/{id}',
    segments: [{ literal: 'x' }, { param: 'id' }],
    method: 'GET',
    timeout: 2_000,
    cache_ttl: 0,
    output_encoding: 'json',
    concurrent_calls: 1,
    input_headers: ['content-type'],
    input_query_strings: [],
    max_request_body: 2 ** 20,
    max_passed_request_body: Number.POSITIVE_INFINITY,
    backend: [],
    proxy: { sequential: false, combiner: 'deep', sequential_propagated_params: [] },
    components: [],
  };
  return {
    logger: silentLogger,
    functions: new Map(),
    stores: new Map(),
    clients: new Map(),
    keep: createKeep().keep,
    onClose() {},
    onReady() {},
    debug: false,
    observe() {},
    refuseWhen() {},
    clientIp: () => '203.0.113.9',
    endpoint,
    backend: backendConfig(),
    ...init,
  };
}
