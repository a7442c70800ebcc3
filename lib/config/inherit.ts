import { createPlain } from './copy.js';
import type { EndpointPath } from './endpoint-path.js';
import { sanitizeHost } from './hosts.js';
import { propagatedOf } from './leftovers.js';
import type { RawBackend } from './options/backend.js';
import {
  FROM_ENDPOINT_TO_BACKEND,
  FROM_ROOT_TO_BACKEND,
  FROM_ROOT_TO_ENDPOINT,
  inherited,
} from './options/inherited.js';
import { DEFAULT_DNS_TTL, type RawRoot } from './options/root.js';
import type { CoreNamespaces, ReadBackend, ReadEndpoint, ReadRoot } from './read.js';
import type {
  BackendConfig,
  ClientConfig,
  ClientTls,
  Config,
  EndpointConfig,
  EndpointProxyConfig,
  HttpClientConfig,
  HttpConfig,
  ResolvedComponent,
} from './resolved.js';
import type { UrlPattern } from './url-pattern.js';

/** KrakenD takes a shorter `dns_cache_ttl` for none. */
export const SHORTEST_DNS_TTL = 1_000;
/** Takes the place of a host, for backends that are not reached over HTTP; nothing resolves it. */
const NO_WIRE = 'http://gateway.invalid';

/** What inheriting needs to have worked out before. */
export interface Compiled {
  readonly passthrough: ReadonlySet<string>;
  pathOf(endpoint: ReadEndpoint): EndpointPath;
  patternOf(backend: ReadBackend): UrlPattern;
}

/** Hands values down from the root to the endpoints and from those to their backends, and fills in the defaults. */
export function inherit(root: ReadRoot, compiled: Compiled): Config {
  const { raw, core, components } = root;
  const client = inheritClient(raw);
  const { forwarded_by_client_ip, max_multipart_memory, remote_ip_headers } = core.router;
  return {
    endpoints: root.endpoints.map((endpoint, index) => inheritEndpoint(root, client, endpoint, index, compiled)),
    // Every member is written here itself, so that nothing is read from a polluted Object.prototype.
    router: {
      ...core.router,
      forwarded_by_client_ip,
      max_multipart_memory,
      remote_ip_headers: unlessEmpty(remote_ip_headers),
    },
    client,
    components,
    max_in_flight_requests: raw.max_in_flight_requests,
    max_buffered_bytes: raw.max_buffered_bytes,
    debug_endpoint: raw.debug_endpoint,
    echo_endpoint: raw.echo_endpoint,
    dns_cache_ttl: dnsTtl(raw),
  };
}

function dnsTtl({ dns_cache_ttl: ttl }: RawRoot): number {
  return ttl < SHORTEST_DNS_TTL ? DEFAULT_DNS_TTL : ttl;
}

function inheritClient(raw: RawRoot): ClientConfig {
  return {
    max_idle_connections_per_host: raw.max_idle_connections_per_host,
    max_connections_per_host: raw.max_connections_per_host,
    idle_connection_timeout: raw.idle_connection_timeout,
    connection_rest: raw.connection_rest,
    dialer_keep_alive: raw.dialer_keep_alive,
    dialer_fallback_delay: raw.dialer_fallback_delay,
    response_header_timeout: raw.response_header_timeout,
    disable_keep_alives: raw.disable_keep_alives,
    disable_compression: raw.disable_compression,
    client_tls: inheritTls(raw),
  };
}

/** The root's `allow_insecure_connections` is the older spelling of the one inside `client_tls`. */
function inheritTls({ client_tls: tls, allow_insecure_connections: isInsecure }: RawRoot): ClientTls {
  return {
    allow_insecure_connections: isInsecure || (tls?.allow_insecure_connections ?? false),
    ca_certs: tls?.ca_certs ?? [],
    disable_system_ca_pool: tls?.disable_system_ca_pool ?? false,
    min_version: tls?.min_version,
    max_version: tls?.max_version,
    cipher_suites: tls?.cipher_suites ?? [],
    client_certs: tls?.client_certs ?? [],
  };
}

function inheritEndpoint(
  { raw: root }: ReadRoot,
  client: ClientConfig,
  endpoint: ReadEndpoint,
  index: number,
  compiled: Compiled,
): EndpointConfig {
  const { raw, core, components } = endpoint;
  const path = compiled.pathOf(endpoint);
  const { timeout, cache_ttl, output_encoding, encoding, max_request_body } = inherited(
    FROM_ROOT_TO_ENDPOINT,
    raw,
    root,
  );
  const isEncodingForced = compiled.passthrough.has(output_encoding);
  const parent: Parent = {
    root,
    client,
    at: `endpoints[${index}]`,
    method: raw.method ?? 'GET',
    timeout,
    encoding: isEncodingForced ? output_encoding : encoding,
    isEncodingForced,
    concurrent_calls: raw.concurrent_calls,
  };
  const backend = endpoint.backends.map((read, place) => inheritBackend(parent, read, place, compiled));
  return {
    at: parent.at,
    endpoint: path.text,
    segments: path.segments,
    method: parent.method,
    timeout,
    cache_ttl: cache_ttl / 1_000,
    output_encoding,
    concurrent_calls: parent.concurrent_calls,
    // As KrakenD has it: no list at all lets Content-Type through, any list replaces that. Names beside a "*" are kept:
    // they let in what "*" alone does not.
    input_headers: raw.input_headers.length === 0 ? ['content-type'] : [...new Set(raw.input_headers.map(lowerCase))],
    input_query_strings: nameList(raw.input_query_strings),
    max_request_body,
    max_passed_request_body: raw.max_request_body ?? Number.POSITIVE_INFINITY,
    backend,
    proxy: parent.isEncodingForced ? UNSHAPED : inheritProxy(core.proxy, backend),
    components,
  };
}

/** What is passed through untouched is neither combined nor shaped. */
const UNSHAPED: EndpointProxyConfig = { sequential: false, combiner: 'deep', sequential_propagated_params: [] };

function inheritProxy(
  proxy: CoreNamespaces<'endpoint'>['proxy'],
  backends: readonly BackendConfig[],
): EndpointProxyConfig {
  const sequential = proxy.strategy === undefined ? proxy.sequential === true : proxy.strategy === 'sequential';
  const regular = backends.filter((backend) => !backend.proxy.shadow).length;
  return {
    sequential,
    combiner: proxy.combiner === 'default' ? 'deep' : proxy.combiner,
    static: proxy.static,
    flatmap_filter: unlessEmpty(proxy.flatmap_filter),
    sequential_propagated_params: propagatedOf(proxy.sequential_propagated_params, sequential, regular),
  };
}

interface Parent {
  readonly root: RawRoot;
  readonly client: ClientConfig;
  readonly at: string;
  readonly method: string;
  readonly timeout: number;
  readonly encoding: string;
  readonly isEncodingForced: boolean;
  readonly concurrent_calls: number;
}

function inheritBackend(parent: Parent, backend: ReadBackend, index: number, compiled: Compiled): BackendConfig {
  const { root, client } = parent;
  const { raw, core, components } = backend;
  const pattern = compiled.patternOf(backend);
  const own = inherited(FROM_ENDPOINT_TO_BACKEND, raw, parent);
  const { method, concurrent_calls } = own;
  const timeout = Math.min(own.timeout, parent.timeout);
  const encoding = parent.isEncodingForced ? parent.encoding : own.encoding;
  const isUntouched = compiled.passthrough.has(encoding);
  const flatmap_filter = isUntouched ? undefined : unlessEmpty(core.proxy.flatmap_filter);
  const connect = raw.connect_timeout ?? root.connect_timeout ?? root.dialer_timeout;
  return {
    at: `${parent.at}.backend[${index}]`,
    name: `backend[${index}] ${method} ${pattern.text}`,
    host: inheritHosts(root, raw, components),
    url_pattern: pattern,
    method,
    encoding,
    is_collection: raw.is_collection,
    target: raw.target,
    // A flatmap_filter takes the place of the filters and the mapping; allow takes the place of deny.
    allow: flatmap_filter === undefined ? raw.allow : [],
    deny: flatmap_filter === undefined && raw.allow.length === 0 ? raw.deny : [],
    mapping: Object.assign(createPlain(), flatmap_filter === undefined ? raw.mapping : {}) as Record<string, string>,
    group: raw.group,
    required: raw.required,
    timeout,
    concurrent_calls,
    sd: raw.sd,
    sd_scheme: raw.sd_scheme,
    disable_host_sanitize: raw.disable_host_sanitize,
    input_headers: narrowing(raw.input_headers?.map(lowerCase)),
    input_query_strings: narrowing(raw.input_query_strings),
    ...inherited(FROM_ROOT_TO_BACKEND, raw, root),
    connect_timeout: Math.min(connect, timeout),
    max_passed_response_body: raw.max_response_body ?? Number.POSITIVE_INFINITY,
    output_headers: raw.output_headers,
    retry: raw.retry,
    ejection: raw.ejection,
    proxy: { shadow: core.proxy.shadow, shadow_timeout: core.proxy.shadow_timeout, flatmap_filter },
    http: inheritHttp(core['backend/http']),
    http_client: inheritHttpClient(core['backend/http/client'], client.client_tls),
    components,
    ...(isUntouched && UNTOUCHED),
  };
}

/** An answer that is passed through has the shape, the status and the body that it came with. */
const UNTOUCHED: Pick<BackendConfig, 'is_collection' | 'target' | 'mapping' | 'group' | 'http'> = {
  is_collection: false,
  target: '',
  mapping: createPlain() as Record<string, string>,
  group: '',
  http: { return_error_details: undefined, return_error_code: false },
};

/** Only the hosts of `sd: static` are addresses of ours to tidy; the hosts of the root always are. */
function inheritHosts(root: RawRoot, backend: RawBackend, components: readonly ResolvedComponent[]): string[] {
  const own = backend.host ?? [];
  if (own.length > 0 && usesHostsVerbatim(backend)) return own;
  const hosts = own.length > 0 ? own : (root.host ?? []);
  if (hosts.length === 0 && components.some(({ replacesWire }) => replacesWire)) return [NO_WIRE];
  return hosts.flatMap((host) => sanitizeHost(host) ?? []);
}

export function usesHostsVerbatim({ sd, disable_host_sanitize }: RawBackend): boolean {
  return disable_host_sanitize || sd !== 'static';
}

/** `return_error_details` wins, and its empty text switches both off, as in KrakenD. */
function inheritHttp({
  return_error_details,
  return_error_code,
}: CoreNamespaces<'backend'>['backend/http']): HttpConfig {
  if (return_error_details === undefined) return { return_error_details, return_error_code };
  return { return_error_details: return_error_details || undefined, return_error_code: false };
}

function inheritHttpClient(
  {
    no_redirect,
    redirects = 'follow',
    send_body_on_redirect,
    client_tls,
  }: CoreNamespaces<'backend'>['backend/http/client'],
  inherited: ClientTls,
): HttpClientConfig {
  return { redirects: no_redirect ? 'none' : redirects, send_body_on_redirect, client_tls: client_tls ?? inherited };
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

function nameList(names: readonly string[]): readonly string[] {
  return names.includes('*') ? ['*'] : [...new Set(names)];
}

/** No list and `["*"]` narrow nothing; `[""]` lets nothing through. */
function narrowing(names: readonly string[] | undefined): readonly string[] | undefined {
  if (names === undefined || names.length === 0 || names.includes('*')) return undefined;
  return nameList(names).filter((name) => name !== '');
}

function unlessEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list;
}
