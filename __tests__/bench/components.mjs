// What the cases `full` and `unused` give the gateway on top.

import { z } from 'zod';

/** Each with the place it stands at. A limit never reached and an expression always true: what it costs to ask. */
const WANTED = [
  { at: 'endpoint', namespace: 'qos/ratelimit/router', value: { max_rate: 1e9, client_max_rate: 1e9, strategy: 'ip' } },
  { at: 'endpoint', namespace: 'validation/cel', value: [{ check_expr: "req_params.Id != 'nobody'" }] },
  { at: 'backend', namespace: 'qos/circuit-breaker', value: { interval: 60, timeout: 10, max_errors: 5 } },
  { at: 'backend', namespace: 'qos/ratelimit/proxy', value: { max_rate: 1e9, capacity: 1e9 } },
  // The backends' answers may not be stored, so each request is a miss.
  { at: 'backend', namespace: 'qos/http-cache', value: { shared: true } },
];

/** @param {object} config with one more namespace in each endpoint or backend */
function add(config, { at, namespace, value }) {
  function extended(part) {
    return { ...part, extra_config: { ...part.extra_config, [namespace]: value } };
  }
  const endpoints = config.endpoints.map((endpoint) =>
    at === 'endpoint' ? extended(endpoint) : { ...endpoint, backend: endpoint.backend.map(extended) },
  );
  return { ...config, endpoints };
}

/**
 * The configuration with every component of the list that this gateway has.
 *
 * @param {object} config
 * @param {(config: object) => { close(): Promise<void> }} createGateway
 */
export function addComponents(config, createGateway) {
  const used = [];
  let full = config;
  for (const wanted of WANTED) {
    const next = add(full, wanted);
    try {
      createGateway(next).close();
    } catch (error) {
      if (error.code !== 'ERR_CONFIG') throw error;
      continue;
    }
    full = next;
    used.push(wanted.namespace);
  }
  return { full, used };
}

const UNUSED = 100;

/** Components that no configuration names, with every hook. */
export function unusedComponents(defineComponent) {
  function pass(next) {
    return (request) => next(request);
  }
  return Array.from({ length: UNUSED }, (_, index) =>
    defineComponent({
      namespace: `bench/unused-${index}`,
      schema: z.looseObject({}),
      service: () => (_request, _response, next) => next(),
      endpoint: () => pass,
      client: () => pass,
      backend: () => pass,
      transport: () => pass,
    }),
  );
}
