/** What `extra_config` may hold at each level, besides what belongs to the core. */
export interface ExtraTypes {
  service: object;
  endpoint: object;
  backend: object;
}

/** A duration with a unit, such as `"1500ms"`, `"2s"` or `"1h30m"`. */
export type Duration = string;

type MethodName = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
export type Method = MethodName | Lowercase<MethodName>;

/** Keys that begin with `@`, `$`, `#` or `_` are comments. */
interface Comments {
  readonly [comment: `@${string}` | `$${string}` | `#${string}` | `_${string}`]: unknown;
}

/** Namespaces under their long names of 1.3; they are checked at start, not by the compiler. */
interface LongNamespaces {
  readonly [namespace: `github.com/${string}` | `github_com/${string}`]: unknown;
}

/** One step of a `flatmap_filter`. */
export interface FlatmapInput extends Comments {
  /** `move` renames, promotes or embeds; `append` joins two arrays; `del` deletes. */
  readonly type: 'move' | 'append' | 'del';
  /** Dotted paths; `*` means any key or index. `move` and `append` take source and destination. */
  readonly args: readonly string[];
}

/** The `proxy` namespace of an endpoint. */
export interface EndpointProxyInput extends Comments {
  /** Calls the backends one after another, so that a later one can use `{resp0_field}`. Default false. */
  readonly sequential?: boolean;
  /** The same by name; wins over `sequential`. */
  readonly strategy?: 'parallel' | 'sequential';
  /** How answers become one: `deep` (default), `shallow`, `concat`, or a name of `options.combiners`. */
  readonly combiner?: string;
  /** Fixed data for the answer. */
  readonly static?: Comments & {
    /** When the data is added. Default `always`. */
    readonly strategy?: 'always' | 'success' | 'errored' | 'complete' | 'incomplete';
    /** Keys to set on the answer. */
    readonly data: object;
  };
  /** Operations on the merged document, in order. */
  readonly flatmap_filter?: readonly FlatmapInput[];
  /** Values of earlier answers that all later backends receive, such as `resp0_user.id`. */
  readonly sequential_propagated_params?: readonly string[];
  /** Accepted: every backend gets its own copy of the request anyway. */
  readonly force_sandboxed_request?: boolean;
}

/** The `proxy` namespace of a backend. */
export interface BackendProxyInput extends Comments {
  /** Calls the backend without waiting for it or using its answer. Default false. */
  readonly shadow?: boolean;
  /** Deadline of the shadow call. Default: the endpoint's `timeout`. */
  readonly shadow_timeout?: Duration;
  /** Operations on the answer, in order; `allow`, `deny` and `mapping` do nothing beside it. */
  readonly flatmap_filter?: readonly FlatmapInput[];
}

/** The `backend/http` namespace. */
export interface HttpInput extends Comments {
  /** A failing status becomes data under `error_<name>` instead of a failure. */
  readonly return_error_details?: string;
  /** A failing status of the only backend becomes the status of the answer. Default false. */
  readonly return_error_code?: boolean;
}

type TlsVersion = 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';

/** TLS towards backends. */
export interface ClientTlsInput extends Comments {
  /** Does not verify certificates of backends. Default false. */
  readonly allow_insecure_connections?: boolean;
  /** PEM files of authorities to trust besides those of the system. */
  readonly ca_certs?: readonly string[];
  /** Trusts the files of `ca_certs` only. Default false. */
  readonly disable_system_ca_pool?: boolean;
  readonly min_version?: TlsVersion;
  readonly max_version?: TlsVersion;
  /** IANA numbers of the cipher suites to offer. */
  readonly cipher_suites?: readonly number[];
  /** Certificates to show to backends, as PEM files. */
  readonly client_certs?: readonly (Comments & { readonly certificate: string; readonly private_key: string })[];
}

/** The `backend/http/client` namespace. */
export interface HttpClientInput extends Comments {
  /** KrakenD's name of `redirects: 'none'`. Default false. */
  readonly no_redirect?: boolean;
  /**
   * Which redirects are followed, up to 10: all, only those that stay within the origin of the URL that was called, or none.
   * The others are answers like any other. None leads to loopback, private or other internal addresses, unless the
   * backend's own host has such an address. Default `follow`.
   */
  readonly redirects?: 'follow' | 'same-origin' | 'none';
  /** Repeats the body when a 307 or 308 is followed. Default false: they are not followed then. */
  readonly send_body_on_redirect?: boolean;
  /** TLS of this backend, instead of the root's. */
  readonly client_tls?: ClientTlsInput;
}

/** The `router` namespace. */
export interface RouterInput extends Comments {
  /** No redirect when only the trailing slash differs. Default false. */
  readonly disable_redirect_trailing_slash?: boolean;
  /** No redirect when only case or superfluous slashes differ. Default false. */
  readonly disable_redirect_fixed_path?: boolean;
  /** 404 instead of 405 for a known path. Default false. */
  readonly disable_handle_method_not_allowed?: boolean;
  /** Answers OPTIONS of a known path with the list of its methods. Default false. */
  readonly auto_options?: boolean;
  /** Treats `//a` like `/a`. Default false. */
  readonly remove_extra_slash?: boolean;
  /** The message of a failure becomes the body of the answer. Default false. */
  readonly return_error_msg?: boolean;
  /** No health route. Default false. */
  readonly disable_health?: boolean;
  /** Path of the health route. Default `/__health`. */
  readonly health_path?: string;
  /** JSON bodies of 404 and 405 instead of the built-in texts. */
  readonly error_body?: Comments & { readonly 404?: unknown; readonly 405?: unknown };
  /** Reads the client's address from headers of trusted proxies. */
  readonly forwarded_by_client_ip?: boolean;
  /** The headers to read it from, in order. */
  readonly remote_ip_headers?: readonly string[];
  /** Addresses and networks of proxies whose forwarding headers are believed. */
  readonly trusted_proxies?: readonly string[];
  /** Accepted: the version is never shown. */
  readonly hide_version_header?: boolean;
  /** Does nothing here. */
  readonly disable_path_decoding?: boolean;
  /** Does nothing here: the access log belongs to the app. */
  readonly disable_access_log?: boolean;
  /** Does nothing here: the access log belongs to the app. */
  readonly logger_skip_paths?: readonly string[];
  /** Does nothing here. */
  readonly disable_gzip?: boolean;
  readonly app_engine?: boolean;
  /** Does nothing here: see `max_request_body`. */
  readonly max_multipart_memory?: number;
  /** Does nothing here: the server belongs to the app. */
  readonly use_h2c?: boolean;
}

/** `extra_config` of the root. */
export type ServiceExtra<Extra extends ExtraTypes> = Extra['service'] &
  Comments &
  LongNamespaces & { readonly router?: RouterInput };

/** `extra_config` of an endpoint. */
export type EndpointExtra<Extra extends ExtraTypes> = Extra['endpoint'] &
  Comments &
  LongNamespaces & {
    readonly proxy?: EndpointProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github.com/devopsfaith/krakend/proxy'?: EndpointProxyInput;
  };

/** `extra_config` of a backend. */
export type BackendExtra<Extra extends ExtraTypes> = Extra['backend'] &
  Comments &
  LongNamespaces & {
    readonly proxy?: BackendProxyInput;
    readonly 'backend/http'?: HttpInput;
    readonly 'backend/http/client'?: HttpClientInput;
    /** @deprecated Write `proxy`. */
    readonly 'github.com/devopsfaith/krakend/proxy'?: BackendProxyInput;
    /** @deprecated Write `backend/http`. */
    readonly 'github.com/devopsfaith/krakend/http'?: HttpInput;
  };

/** Limits that the root sets for all backends and a backend for itself. */
export interface BackendLimits {
  /** The longest that connecting may take. Default `1s`, never above `timeout`. */
  readonly connect_timeout?: Duration;
  /** Largest body of a backend in bytes, on the wire and inflated. Default 32 MiB. A body that is only passed on has the backend's own limit, or none. */
  readonly max_response_body?: number;
  /** Largest header section of a backend in bytes. Default 64 KiB. */
  readonly max_response_headers?: number;
  /** Most calls of a backend at a time; more fail at once. Default 4096. */
  readonly max_pending?: number;
  /** Never uses a connection for a second call: for backends that may mix up answers. Default false. */
  readonly isolate_connections?: boolean;
  /** `round_robin` (default), `random`, or a name of `options.balancers`. */
  readonly balancer?: string;
}

/** One backend of an endpoint. */
export interface BackendInput<Extra extends ExtraTypes = ExtraTypes> extends Comments, BackendLimits {
  /** Origins to choose from, such as `http://users.internal:8080`. Default: the root's. */
  readonly host?: readonly string[];
  /** Path and query, with `{placeholders}` for params, earlier answers and claims. Default `/`. */
  readonly url_pattern?: string;
  /** Default: the endpoint's. */
  readonly method?: Method;
  /** How the backend encodes its answer. Default: the endpoint's, then the root's, then `json`. */
  readonly encoding?: string;
  /** The answer is an array; it is put under `collection`. Default false. */
  readonly is_collection?: boolean;
  /** Dotted path of the object to take out of the answer. */
  readonly target?: string;
  /** Dotted paths to keep. */
  readonly allow?: readonly string[];
  /** Dotted paths to drop; does nothing beside `allow`. */
  readonly deny?: readonly string[];
  /** New names of root keys. */
  readonly mapping?: Readonly<Record<string, string>>;
  /** The key to put the answer under. */
  readonly group?: string;
  /** Its failure fails the endpoint and stops the other calls. Default false. */
  readonly required?: boolean;
  /** Deadline of this call. Default and upper bound: the endpoint's `timeout`. */
  readonly timeout?: Duration;
  /** Copies of the call to race, 1 to 100, GET only. Default: the endpoint's. */
  readonly concurrent_calls?: number;
  /** Where hosts come from: `static` (default), `dns`, or a name of `options.subscribers`. */
  readonly sd?: string;
  /** Scheme of discovered hosts. Default `http`. */
  readonly sd_scheme?: 'http' | 'https';
  /** Uses the hosts as they are written, base paths included. Default false. */
  readonly disable_host_sanitize?: boolean;
  /** Narrows the headers for this backend; `[""]` for none. Default: all that the endpoint lets in. */
  readonly input_headers?: readonly string[];
  /** Narrows the query parameters for this backend; `[""]` for none. Default: all that the endpoint lets in. */
  readonly input_query_strings?: readonly string[];
  /**
   * Headers of this backend that reach the client. When an earlier backend sent the same one, the `last` one stays
   * (default), or the `first`, or both (`append`); `Set-Cookie` is always appended.
   */
  readonly output_headers?: readonly (
    | string
    | { readonly name: string; readonly keep?: 'first' | 'last' | 'append' }
  )[];
  /** Repeats failed calls, at other hosts first and inside the timeout. Default: never. Not for POST and PATCH. */
  readonly retry?: {
    /** Further tries after the first, 1 to 5. Default 1. */
    readonly attempts?: number;
    /** Kinds of failure and statuses worth another try. Default `["connection", 502, 503, 504]`. */
    readonly on?: readonly ('connection' | 'timeout' | number)[];
    /** Longest pause before the first retry, doubled each time; the pause is random below it. Default `50ms`. */
    readonly backoff?: Duration;
  };
  /** Leaves out hosts that keep failing. Default: never. */
  readonly ejection?: {
    /** Share of failed calls from which on a host is left out. Default 0.5. */
    readonly failure_ratio?: number;
    /** Calls needed to judge a host. Default 10. */
    readonly min_samples?: number;
    /** How long a call counts. Default `10s`. */
    readonly window?: Duration;
    /** How long a host is left out; doubles when it fails again at once. Default `30s`. */
    readonly duration?: Duration;
  };
  /** Features of this backend, by namespace. */
  readonly extra_config?: BackendExtra<Extra>;
  /** @deprecated Write `allow`. */
  readonly whitelist?: readonly string[];
  /** @deprecated Write `deny`. */
  readonly blacklist?: readonly string[];
}

/** What the root sets for all endpoints and an endpoint for itself. */
export interface EndpointDefaults {
  /** The longest a whole request may take, up to `576h`. Default `2s`, also for `0s`. */
  readonly timeout?: Duration;
  /** `max-age` of complete answers, in whole seconds. Default `0s`: no `Cache-Control`. */
  readonly cache_ttl?: Duration;
  /** How the answer is encoded. Default `json`. */
  readonly output_encoding?: string;
  /** How backends encode their answers. Default `json`. */
  readonly encoding?: string;
  /** Largest body of a request that is buffered, in bytes. Default 16 MiB. A body that is only passed on has the endpoint's own limit, or none. */
  readonly max_request_body?: number;
}

/** One route. */
export interface EndpointInput<Extra extends ExtraTypes = ExtraTypes> extends Comments, EndpointDefaults {
  /** The path: `{name}` takes one segment, a last `/*` takes the rest. */
  readonly endpoint: string;
  /** Default `GET`. */
  readonly method?: Method;
  /** One or more backends. */
  readonly backend: readonly BackendInput<Extra>[];
  /** Copies of each call to race, 1 to 100, GET only. Default 1. */
  readonly concurrent_calls?: number;
  /** Headers that reach the backends; `["*"]` for all. Default: `Content-Type` only. */
  readonly input_headers?: readonly string[];
  /** Query parameters that reach the backends; `["*"]` for all. Default: none. */
  readonly input_query_strings?: readonly string[];
  /** Features of this endpoint, by namespace. */
  readonly extra_config?: EndpointExtra<Extra>;
  /** @deprecated Write `input_headers`. */
  readonly headers_to_pass?: readonly string[];
  /** @deprecated Write `input_query_strings`. */
  readonly querystring_params?: readonly string[];
}

/** Settings of the connections to backends. For durations `0s` means the default, unless they say otherwise. */
export interface ClientInput {
  /** Idle connections kept per host. Default 250. */
  readonly max_idle_connections_per_host?: number;
  /** Connections per host. Default 1024. */
  readonly max_connections_per_host?: number;
  /** Idle connections are closed after this. */
  readonly idle_connection_timeout?: Duration;
  /** A connection rests this long before its next call, where another is free or may be opened. Default 50ms; `0s`: no rest. */
  readonly connection_rest?: Duration;
  /** Default of `connect_timeout`. */
  readonly dialer_timeout?: Duration;
  /** Delay of TCP keep-alive probes. */
  readonly dialer_keep_alive?: Duration;
  /** Head start of the preferred address family. */
  readonly dialer_fallback_delay?: Duration;
  /** The longest to wait for the headers of a backend. */
  readonly response_header_timeout?: Duration;
  /** A new connection for every call. Default false. */
  readonly disable_keep_alives?: boolean;
  /** Does not ask backends for compressed answers. Default false. */
  readonly disable_compression?: boolean;
  /** Does not verify certificates of backends. Default false. */
  readonly allow_insecure_connections?: boolean;
  /** TLS towards backends. */
  readonly client_tls?: ClientTlsInput;
}

/** Options of KrakenD's own process: accepted, without effect, reported once in the log. */
export interface IdleInput {
  readonly port?: number;
  readonly listen_ip?: string;
  readonly read_timeout?: Duration;
  readonly read_header_timeout?: Duration;
  readonly write_timeout?: Duration;
  readonly idle_timeout?: Duration;
  readonly max_header_bytes?: number;
  readonly max_shutdown_wait_time?: Duration;
  readonly tls?: object;
  readonly use_h2c?: boolean;
  readonly plugin?: object;
  readonly disable_rest?: boolean;
  readonly sequential_start?: boolean;
  readonly max_idle_connections?: number;
  readonly expect_continue_timeout?: Duration;
  readonly async_agent?: readonly [];
}

/**
 * A gateway's configuration: KrakenD's, 1.3 or 2.x. `Extra` types the `extra_config` of each level; left out, any
 * namespace is accepted by the compiler and checked at start.
 */
export interface GatewayConfig<Extra extends ExtraTypes = ExtraTypes>
  extends Comments,
    EndpointDefaults,
    BackendLimits,
    ClientInput,
    IdleInput {
  /** Generation of the format: 2 for KrakenD 1.x, 3 for 2.x. May be left out. */
  readonly version?: 2 | 3;
  /** Free text. */
  readonly name?: string;
  /** Hosts of every backend without its own. */
  readonly host?: readonly string[];
  /** The routes. */
  readonly endpoints?: readonly EndpointInput<Extra>[];
  /** Most requests at a time; more are answered 503. Default 10000. */
  readonly max_in_flight_requests?: number;
  /**
   * Most bytes of bodies that all requests together hold in memory: requests, answers of backends, and answers that clients
   * have not taken yet. What does not fit is answered 503. Default: a quarter of the limit of the heap.
   */
  readonly max_buffered_bytes?: number;
  /** Mounts `/__debug/`. Default false. */
  readonly debug_endpoint?: boolean;
  /** Mounts `/__echo/`. Default false. */
  readonly echo_endpoint?: boolean;
  /** How often discovered hosts are looked up again, at least `1s`. Default `30s`. */
  readonly dns_cache_ttl?: Duration;
  /** Features of the whole gateway, by namespace. */
  readonly extra_config?: ServiceExtra<Extra>;
}

/**
 * Returns the configuration as it is: the editor completes and checks it. Same as annotating it with `GatewayConfig`.
 *
 * @example
 * export default defineConfig({
 *   host: ['http://api.internal'],
 *   endpoints: [{ endpoint: '/users/{id}', backend: [{ url_pattern: '/v1/users/{id}' }] }],
 * });
 */
export function defineConfig<Extra extends ExtraTypes = ExtraTypes>(
  config: GatewayConfig<Extra>,
): GatewayConfig<Extra> {
  return config;
}
