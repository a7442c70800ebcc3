import type { z } from 'zod';
import type { ConfigIssue } from '../errors.js';
import type { endpointProxySchema } from './options/proxy.js';
import type { routerSchema } from './options/router.js';
import type { clientTlsSchema } from './options/tls.js';
import type { UrlPattern } from './url-pattern.js';

/** A value that cannot be changed any more, at any depth. */
export type Frozen<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** TLS towards backends, as `client_tls` says. */
export type ClientTls = Frozen<z.output<typeof clientTlsSchema>>;

/** The `router` namespace. */
export interface RouterConfig extends Frozen<Omit<z.output<typeof routerSchema>, 'remote_ip_headers'>> {
  /** `undefined` for the usual ones. */
  readonly remote_ip_headers: readonly string[] | undefined;
}

/** One operation of a `flatmap_filter`. */
export interface FlatmapOperation {
  readonly type: 'move' | 'append' | 'del';
  /** Dotted paths; a segment `*` stands for every key or index. */
  readonly args: readonly string[];
}

/** `static` of an endpoint's `proxy` namespace. */
export type StaticData = Frozen<NonNullable<z.output<typeof endpointProxySchema>['static']>>;

/** A component switched on by an `extra_config`, with its checked configuration. What `C` is, this folder need not know. */
export interface ResolvedComponent<C = unknown> {
  readonly component: C;
  readonly config: unknown;
  /** Its place in the table of components: the lowest is the outermost. */
  readonly rank: number;
  /** True for one that answers in place of the wire: its backend needs no host. */
  readonly replacesWire?: boolean;
  /** True for one that may add to the params that URLs are built from. */
  readonly addsParams?: boolean;
  /** What is wrong with it beside its endpoint and backend. */
  faultsAt?(endpoint: EndpointConfig, backend?: BackendConfig): readonly ConfigIssue[];
}

/** How the connections to backends are made and kept. Times in milliseconds; `undefined` leaves it to the transport. */
export interface ClientConfig {
  readonly max_idle_connections_per_host: number;
  readonly max_connections_per_host: number;
  readonly idle_connection_timeout?: number | undefined;
  readonly connection_rest: number;
  readonly dialer_keep_alive?: number | undefined;
  readonly dialer_fallback_delay?: number | undefined;
  readonly response_header_timeout?: number | undefined;
  readonly disable_keep_alives: boolean;
  readonly disable_compression: boolean;
  readonly client_tls: ClientTls;
}

/** The whole configuration: checked, inherited, defaulted, frozen. */
export interface Config {
  readonly endpoints: readonly EndpointConfig[];
  readonly router: RouterConfig;
  readonly client: ClientConfig;
  /** Components of the service scope, outermost first, as those of endpoints and backends. */
  readonly components: readonly ResolvedComponent[];
  /** Requests at a time; more are answered 503. */
  readonly max_in_flight_requests: number;
  /** Bytes held in memory by all requests together; undefined for a share of the heap's limit. */
  readonly max_buffered_bytes: number | undefined;
  readonly debug_endpoint: boolean;
  readonly echo_endpoint: boolean;
  /** Milliseconds. */
  readonly dns_cache_ttl: number;
}

/** One segment of an endpoint's path. A literal is written as it must match: percent-encoded where a client has to encode. */
export type Segment = { readonly literal: string } | { readonly param: string } | { readonly wildcard: true };

export interface EndpointConfig {
  /** Its place, e.g. `endpoints[0]`. */
  readonly at: string;
  /** The path with its leading slash, e.g. `/users/{id}` or `/svc/*`. */
  readonly endpoint: string;
  /** The path cut at its slashes; `/` is one empty literal, so is what follows a trailing slash. */
  readonly segments: readonly Segment[];
  /** Upper case. */
  readonly method: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Whole seconds; 0 for no `Cache-Control`. */
  readonly cache_ttl: number;
  readonly output_encoding: string;
  readonly concurrent_calls: number;
  /** Lower case; `['*']` for all. */
  readonly input_headers: readonly string[];
  /** `['*']` for all. */
  readonly input_query_strings: readonly string[];
  /** Bytes of a body that is held in memory. */
  readonly max_request_body: number;
  /** Bytes of a body that is passed on as it comes; `Infinity` unless the endpoint itself says otherwise. */
  readonly max_passed_request_body: number;
  readonly backend: readonly BackendConfig[];
  readonly proxy: EndpointProxyConfig;
  readonly components: readonly ResolvedComponent[];
}

export interface EndpointProxyConfig {
  readonly sequential: boolean;
  readonly combiner: string;
  readonly static?: StaticData | undefined;
  readonly flatmap_filter?: readonly FlatmapOperation[] | undefined;
  readonly sequential_propagated_params: readonly string[];
}

export interface BackendConfig {
  /** Its place, e.g. `endpoints[0].backend[1]`. */
  readonly at: string;
  /** How messages name it, e.g. `backend[1] GET /orders/{id}`. */
  readonly name: string;
  readonly host: readonly string[];
  readonly url_pattern: UrlPattern;
  readonly method: string;
  readonly encoding: string;
  readonly is_collection: boolean;
  /** Empty for none, as `group`. */
  readonly target: string;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly mapping: Readonly<Record<string, string>>;
  readonly group: string;
  readonly required: boolean;
  /** Milliseconds, never above the endpoint's. */
  readonly timeout: number;
  readonly concurrent_calls: number;
  readonly sd: string;
  readonly sd_scheme: string;
  readonly balancer: string;
  readonly disable_host_sanitize: boolean;
  /** Lower case; `undefined` for no narrowing, `[]` to let nothing through. */
  readonly input_headers?: readonly string[] | undefined;
  /** `undefined` for no narrowing, `[]` to let nothing through. */
  readonly input_query_strings?: readonly string[] | undefined;
  /** Milliseconds, never above `timeout`. */
  readonly connect_timeout: number;
  /** Bytes of a body that is held in memory, on the wire and inflated. */
  readonly max_response_body: number;
  /** Bytes of a body that is passed on as it comes; `Infinity` unless the backend itself says otherwise. */
  readonly max_passed_response_body: number;
  /** Bytes. */
  readonly max_response_headers: number;
  /** Calls at a time; more fail at once. */
  readonly max_pending: number;
  readonly isolate_connections: boolean;
  /** Lower-case names. */
  readonly output_headers: readonly OutputHeader[];
  readonly retry?: RetryConfig | undefined;
  readonly ejection?: EjectionConfig | undefined;
  readonly proxy: BackendProxyConfig;
  readonly http: HttpConfig;
  readonly http_client: HttpClientConfig;
  readonly components: readonly ResolvedComponent[];
}

/** `output_headers`: one header that reaches the client, and what becomes of it when several backends send it. */
export interface OutputHeader {
  readonly name: string;
  readonly keep: 'first' | 'last' | 'append';
}

/** `retry`; times in milliseconds. */
export interface RetryConfig {
  readonly attempts: number;
  readonly on: readonly ('connection' | 'timeout' | number)[];
  readonly backoff: number;
}

/** `ejection`; times in milliseconds. */
export interface EjectionConfig {
  readonly failureRatio: number;
  readonly minSamples: number;
  readonly window: number;
  readonly duration: number;
}

export interface BackendProxyConfig {
  readonly shadow: boolean;
  /** Milliseconds. */
  readonly shadow_timeout?: number | undefined;
  readonly flatmap_filter?: readonly FlatmapOperation[] | undefined;
}

/** `backend/http`; at most one of the two is in force. */
export interface HttpConfig {
  readonly return_error_details?: string | undefined;
  readonly return_error_code: boolean;
}

/** `backend/http/client`. */
export interface HttpClientConfig {
  readonly redirects: 'same-origin' | 'follow' | 'none';
  readonly send_body_on_redirect: boolean;
  /** This backend's own, or the root's. */
  readonly client_tls: ClientTls;
}
