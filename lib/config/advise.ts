import { SHORTEST_DNS_TTL } from './inherit.js';
import type { ReadRoot } from './read.js';
import type { Config } from './resolved.js';
import { whyNotReturned, whyNotSent } from './unforwarded.js';
import type { Vocabulary } from './vocabulary.js';

const SERVER = 'belongs to the server of the app, and does nothing here; set it there.';

/** Options of the root that are accepted, do nothing, and what to use instead. */
const IDLE: ReadonlyMap<string, string> = new Map([
  ['port', SERVER],
  ['listen_ip', SERVER],
  ['read_timeout', 'does nothing here; set "requestTimeout" of the node:http server.'],
  ['read_header_timeout', 'does nothing here; set "headersTimeout" of the node:http server.'],
  ['write_timeout', 'does nothing here; the "timeout" of an endpoint bounds its answer.'],
  ['idle_timeout', 'does nothing here; set "keepAliveTimeout" of the node:http server.'],
  ['max_header_bytes', 'does nothing here; set "maxHeaderSize" of the node:http server.'],
  ['max_shutdown_wait_time', 'does nothing here; pass it to close({ timeout }).'],
  ['tls', SERVER],
  ['use_h2c', SERVER],
  ['plugin', 'does nothing here; write components and pass them in the options.'],
  ['disable_rest', 'does nothing here; a {param} always takes a whole segment.'],
  ['sequential_start', 'does nothing here; there are no async agents.'],
  ['max_idle_connections', 'does nothing here; use "max_idle_connections_per_host".'],
  ['expect_continue_timeout', 'does nothing here; requests are sent without "Expect".'],
]);

/** The same for the `router` namespace. */
const IDLE_ROUTER: ReadonlyMap<string, string> = new Map([
  ['disable_path_decoding', 'does nothing here; path params that are still encoded once decoded are always refused.'],
  ['disable_access_log', 'does nothing here; the access log is a middleware of the app.'],
  ['logger_skip_paths', 'does nothing here; the access log is a middleware of the app.'],
  ['app_engine', 'does nothing here; use "trusted_proxies".'],
  ['disable_gzip', 'does nothing here; answers are compressed by a middleware of the app.'],
  ['max_multipart_memory', 'does nothing here; "max_request_body" bounds buffered bodies.'],
  ['use_h2c', SERVER],
]);

/** What tells one user from another; `*` lets it in as well. */
const PERSONAL: ReadonlySet<string> = new Set(['authorization', 'cookie', '*']);

/** Warns of options that are accepted but have no effect, each once. */
export function advise(config: Config, root: ReadRoot, vocabulary: Vocabulary): void {
  for (const [key, message] of IDLE) {
    if (Object.hasOwn(root.raw, key)) vocabulary.warn(key, `"${key}" ${message}`);
  }
  for (const [key, message] of IDLE_ROUTER) {
    const value = Object.getOwnPropertyDescriptor(root.core.router, key)?.value;
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    vocabulary.warn(`extra_config.router.${key}`, `"${key}" ${message}`);
  }
  const ttl = root.raw.dns_cache_ttl ?? 0;
  if (ttl > 0 && ttl < SHORTEST_DNS_TTL)
    vocabulary.warn(
      'dns_cache_ttl',
      `is shorter than a second and does nothing, as in KrakenD; it is ${config.dns_cache_ttl / 1_000}s.`,
    );
  config.endpoints.forEach((endpoint, index) => {
    const { backends } = root.endpoints[index]!;
    const personal = endpoint.input_headers.find((name) => PERSONAL.has(name));
    if (endpoint.cache_ttl > 0 && personal !== undefined) {
      vocabulary.warn(
        `endpoints[${index}].cache_ttl`,
        `says "Cache-Control: public" beside "${personal}" in "input_headers": shared caches may give the answer of one user to others; set it to 0 where answers are personal.`,
      );
    }
    adviseOnHeaders(endpoint.input_headers, `endpoints[${index}].input_headers`, whyNotSent, vocabulary);
    endpoint.backend.forEach((backend, place) => {
      const returned = backend.output_headers.map(({ name }) => name);
      adviseOnHeaders(backend.input_headers ?? [], `${backend.at}.input_headers`, whyNotSent, vocabulary);
      adviseOnHeaders(returned, `${backend.at}.output_headers`, whyNotReturned, vocabulary);
      const { raw } = backends[place]!;
      if (backend.proxy.flatmap_filter) {
        for (const key of ['allow', 'deny', 'mapping'] as const) {
          if (Object.keys(raw[key]).length > 0)
            vocabulary.warn(`${backend.at}.${key}`, 'does nothing beside a "flatmap_filter".');
        }
      } else if (raw.allow.length > 0 && raw.deny.length > 0) {
        vocabulary.warn(`${backend.at}.deny`, 'does nothing beside "allow", which already says what is kept.');
      }
      if (vocabulary.passthrough.has(backend.encoding) && !vocabulary.passthrough.has(endpoint.output_encoding)) {
        vocabulary.warn(
          `${backend.at}.encoding`,
          `"${backend.encoding}" adds nothing to the "${endpoint.output_encoding}" output.`,
        );
      }
    });
  });
}

function adviseOnHeaders(
  names: readonly string[],
  at: string,
  whyNot: (name: string) => string | undefined,
  vocabulary: Vocabulary,
): void {
  for (const name of new Set(names)) {
    const reason = whyNot(name);
    if (reason !== undefined) vocabulary.warn(at, `"${name}" ${reason}`);
  }
}
