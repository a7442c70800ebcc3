// What the cases `full` and `unused` give the gateway on top.

import { pathToFileURL } from 'node:url';
import { z } from 'zod';

/** Each with the place it stands at. A limit never reached and an expression always true: what it costs to ask. */
const WANTED = [
  { at: 'service', namespace: 'telemetry/metrics', value: {} },
  { at: 'service', namespace: 'qos/load-shedding', value: { max_loop_delay: '10s' } },
  { at: 'endpoint', namespace: 'security/bot-detector', value: { deny: ['a bot'], patterns: ['^Evil', 'crawler$'] } },
  { at: 'endpoint', namespace: 'qos/ratelimit/router', value: { max_rate: 1e6, client_max_rate: 1e6, strategy: 'ip' } },
  { at: 'endpoint', namespace: 'validation/cel', value: [{ check_expr: "req_params.Id != 'nobody'" }] },
  { at: 'backend', namespace: 'qos/circuit-breaker', value: { interval: 60, timeout: 10, max_errors: 5 } },
  { at: 'backend', namespace: 'qos/ratelimit/proxy', value: { max_rate: 1e6 } },
  // The backends' answers may not be stored, so each request is a miss.
  { at: 'backend', namespace: 'qos/http-cache', value: { shared: true } },
];

/** @param {object} config with one more namespace at the root, or in each endpoint or backend */
function add(config, { at, namespace, value }) {
  function extended(part) {
    return { ...part, extra_config: { ...part.extra_config, [namespace]: value } };
  }
  if (at === 'service') return extended(config);
  const endpoints = config.endpoints.map((endpoint) =>
    at === 'endpoint' ? extended(endpoint) : { ...endpoint, backend: endpoint.backend.map(extended) },
  );
  return { ...config, endpoints };
}

/**
 * The configuration with every component of the list that this gateway has, or with one of them.
 *
 * @param {object} config
 * @param {(config: object) => { close(): Promise<void> }} createGateway
 * @param {string} [only] the namespace of one
 */
export function addComponents(config, createGateway, only) {
  const used = [];
  let full = config;
  for (const wanted of WANTED.filter(({ namespace }) => only === undefined || namespace === only)) {
    const next = add(full, wanted);
    try {
      createGateway(next).close();
    } catch (error) {
      if (!isMissing(error, wanted)) throw error;
      continue;
    }
    full = next;
    used.push(wanted.namespace);
  }
  return { full, used };
}

/**
 * Those of the list that a gateway has, by their namespaces.
 *
 * @param {string} library where the compiled gateway is
 */
export async function componentsOf(library) {
  const { createGateway } = await import(pathToFileURL(`${library}/index.js`).href);
  const config = { endpoints: [{ endpoint: '/', backend: [{ host: ['http://127.0.0.1'] }] }] };
  return addComponents(config, createGateway).used;
}

/** A wrong value would be measured as nothing. */
function isMissing({ code, issues }, { namespace }) {
  return code === 'ERR_CONFIG' && issues.every(({ message }) => message.startsWith(`"${namespace}" `));
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
