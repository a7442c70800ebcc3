// Written by `npm run generate` from the schemas; changes are lost.
import type { Comments, Duration, ExtraTypes, LongNamespaces, Method } from './types.js';

/** The `router` namespace of the root. */
export interface RouterInput extends Comments {
  /** The message of a failure, as the log has it, becomes the body of the answer. It names backends by position and `url_pattern`: keep it from the public. Default: `false`. */
  readonly return_error_msg?: boolean;
  /** No health route. Default: `false`. */
  readonly disable_health?: boolean;
  /** Path of the health route, which answers GET and HEAD; with `fallthrough: false` any other method gets 405. Default: `/__health`. */
  readonly health_path?: string;
  /** OPTIONS on a known path is answered with its methods. Default: `false`. */
  readonly auto_options?: boolean;
  /** `//a` is the same as `/a`. Default: `false`. */
  readonly remove_extra_slash?: boolean;
  /** With `fallthrough: false`: no redirect when only the last slash differs. Default: `false`. */
  readonly disable_redirect_trailing_slash?: boolean;
  /** With `fallthrough: false`: no redirect when only case or extra slashes differ. Default: `false`. */
  readonly disable_redirect_fixed_path?: boolean;
  /** With `fallthrough: false`: 404 instead of 405. Default: `false`. */
  readonly disable_handle_method_not_allowed?: boolean;
  /** With `fallthrough: false`: JSON bodies for `404` and `405`. Default: `{}`. */
  readonly error_body?: Comments & {
    /** Body of a 404. */
    readonly '404'?: unknown;
    /** Body of a 405. */
    readonly '405'?: unknown;
  };
  /** Addresses and networks whose forwarding headers are believed. Default: `[]`. */
  readonly trusted_proxies?: readonly string[];
  /** The headers that they write, in the order in which they are read. Default: `X-Forwarded-For`, `X-Real-IP`. */
  readonly remote_ip_headers?: readonly string[];
  /** `false`: the address of the socket counts, whatever else is set. Default: `true`. */
  readonly forwarded_by_client_ip?: boolean;
  /** Accepted: the version is never shown. Default: `false`. */
  readonly hide_version_header?: boolean;
  /** Without effect. */
  readonly disable_path_decoding?: boolean;
  /** Without effect: the access log belongs to the app. */
  readonly disable_access_log?: boolean;
  /** Without effect: compression of answers belongs to the app. */
  readonly disable_gzip?: boolean;
  /** Without effect: the access log belongs to the app. */
  readonly logger_skip_paths?: readonly string[];
  /** Without effect. */
  readonly app_engine?: boolean;
  /** Without effect: see `max_request_body`. */
  readonly max_multipart_memory?: number;
  /** Without effect: the server belongs to the app. */
  readonly use_h2c?: boolean;
}

/** The `proxy` namespace of an endpoint. */
export interface EndpointProxyInput extends Comments {
  /** Backends are called one after another; later ones can use `{resp0_field}`. Default: `false`. */
  readonly sequential?: boolean;
  /** The same by name; wins over `sequential`. */
  readonly strategy?: 'parallel' | 'sequential';
  /** How answers become one: `deep`, `shallow`, `concat`, or a name of `options.combiners`; `default` means `deep`. Default: `deep`. */
  readonly combiner?: 'deep' | 'shallow' | 'concat' | 'default' | (string & {});
  /** `data` (an object) is added to the answer, when `strategy` says so: `always` (default), `success`, `errored`, `complete`, `incomplete`. */
  readonly static?: Comments & {
    /** When the data is added. Default: `always`. */
    readonly strategy?: 'always' | 'success' | 'errored' | 'complete' | 'incomplete';
    /** Keys to set on the answer. */
    readonly data: object;
  };
  /** Operations on the merged document, or on that of a single backend, in order; not on partial answers. */
  readonly flatmap_filter?: readonly (Comments & {
    /** `move` renames, promotes or embeds; `append` joins two arrays; `del` deletes. */
    readonly type: 'move' | 'append' | 'del';
    /** Dotted paths; `*` stands for any key or index. `move` and `append` take source and destination. */
    readonly args: readonly string[];
  })[];
  /** Values of earlier answers that all later backends receive: `resp0_user.id`, or `resp0`; does nothing where no backend comes after. Default: `[]`. */
  readonly sequential_propagated_params?: readonly string[];
  /** Accepted: each backend gets its own copy of the request anyway. */
  readonly force_sandboxed_request?: boolean;
}

/** The `proxy` namespace of a backend. */
export interface BackendProxyInput extends Comments {
  /** Calls it, but neither waits for it nor uses its answer. Default: `false`. */
  readonly shadow?: boolean;
  /** Deadline of that call. Default: endpoint's `timeout`. */
  readonly shadow_timeout?: Duration | 0;
  /** Operations on the answer, in order, after `target` and before `group`; `allow`, `deny` and `mapping` do nothing beside it. */
  readonly flatmap_filter?: readonly (Comments & {
    /** `move` renames, promotes or embeds; `append` joins two arrays; `del` deletes. */
    readonly type: 'move' | 'append' | 'del';
    /** Dotted paths; `*` stands for any key or index. `move` and `append` take source and destination. */
    readonly args: readonly string[];
  })[];
}

/** The `backend/http` namespace of a backend. */
export interface HttpInput extends Comments {
  /** A failing status becomes data under `error_<name>`, with status and body. The answer is incomplete; the backend has not failed, not even a `required` one. `""` switches both options off. */
  readonly return_error_details?: string;
  /** Where the failure of this backend fails the endpoint, its status becomes the status of the answer, with `return_error_msg` its body too. That is so for the only backend, for a `required` one, for the first of a sequence, and for one that ends a sequence before a `required` one; any other only makes the answer incomplete. A 202 or 204 of the only backend stays what it is. Does nothing beside `return_error_details`. Default: `false`. */
  readonly return_error_code?: boolean;
}

/** The `backend/http/client` namespace of a backend. */
export interface HttpClientInput extends Comments {
  /** `follow`: up to 10 are followed, to another origin without forwarded headers; `same-origin`: only those within the origin; `none`. What is not followed is an answer like any other. None leads to internal addresses, unless the host of the backend has such an address. Default: `follow`. */
  readonly redirects?: 'follow' | 'same-origin' | 'none';
  /** KrakenD's name of `redirects: none`. Default: `false`. */
  readonly no_redirect?: boolean;
  /** A 307 or 308 is followed with the body; otherwise not at all. Default: `false`. */
  readonly send_body_on_redirect?: boolean;
  /** TLS of this backend, which replaces that of the root as a whole. Default: root's. */
  readonly client_tls?: ClientTlsInput;
}

/** TLS towards backends. */
export interface ClientTlsInput extends Comments {
  /** PEM files to trust besides the authorities of the system. Default: `[]`. */
  readonly ca_certs?: readonly string[];
  /** Trusts the files of `ca_certs` only. Default: `false`. */
  readonly disable_system_ca_pool?: boolean;
  /** Certificates to show to backends: `certificate` and `private_key`, PEM files. Default: `[]`. */
  readonly client_certs?: readonly (Comments & {
    /** PEM file of the certificate. */
    readonly certificate: string;
    /** PEM file of its key. */
    readonly private_key: string;
  })[];
  /** Lowest version of TLS. Default: Node's. */
  readonly min_version?: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';
  /** Highest version of TLS. Default: Node's. */
  readonly max_version?: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';
  /** IANA numbers of the cipher suites to offer. Default: Node's. */
  readonly cipher_suites?: readonly number[];
  /** Does not verify certificates of backends. Default: `false`. */
  readonly allow_insecure_connections?: boolean;
}

/** One backend of an endpoint. */
export interface BackendInput<Extra extends ExtraTypes = ExtraTypes> extends Comments {
  /** Origins to choose from; may be missing where the endpoint has `static` data; a host that stands twice gets twice the share. Default: root's. */
  readonly host?: readonly string[];
  /** Path and query of the call, with `{placeholders}` for params, earlier answers and claims. Default: `/`. */
  readonly url_pattern?: string;
  /** Method of the call. Default: endpoint's. */
  readonly method?: Method;
  /** How the backend writes; under a `no-op` output always `no-op`. Default: endpoint's, then root's. */
  readonly encoding?: 'json' | 'fast-json' | 'safejson' | 'string' | 'xml' | 'rss' | 'yaml' | 'no-op' | (string & {});
  /** The answer is an array; it is put under `collection`. Default: `false`. */
  readonly is_collection?: boolean;
  /** Dotted path of the object to take out. */
  readonly target?: string;
  /** Dotted paths to keep. Default: `[]`. */
  readonly allow?: readonly string[];
  /** @deprecated Write `allow`. */
  readonly whitelist?: readonly string[];
  /** Dotted paths to drop; does nothing beside `allow`. Default: `[]`. */
  readonly deny?: readonly string[];
  /** @deprecated Write `deny`. */
  readonly blacklist?: readonly string[];
  /** New names of root keys. Default: `{}`. */
  readonly mapping?: Readonly<Record<string, string>>;
  /** Key to put the answer under. */
  readonly group?: string;
  /** Its failure fails the endpoint and stops the other calls. Default: `false`. */
  readonly required?: boolean;
  /** Deadline of this call, never beyond the endpoint's. Default: endpoint's. */
  readonly timeout?: Duration | 0;
  /** Copies of this call to race; GET only. Default: endpoint's. */
  readonly concurrent_calls?: number;
  /** Where hosts come from: `static`, `dns`, or a name of `options.subscribers`. Default: `static`. */
  readonly sd?: 'static' | 'dns' | (string & {});
  /** `http` or `https`, for discovered hosts. Default: `http`. */
  readonly sd_scheme?: 'http' | 'https';
  /** How a host is chosen: `round_robin`, `random`, … or a name of `options.balancers`. Default: root's. */
  readonly balancer?:
    | 'round_robin'
    | 'random'
    | 'weighted'
    | 'least_in_flight'
    | 'power_of_two_choices'
    | (string & {});
  /** Uses `host` as it is written, base paths included. Default: `false`. */
  readonly disable_host_sanitize?: boolean;
  /** Narrows what the endpoint lets in, for this backend; also `User-Agent` and `X-Forwarded-*` go unless named; `[""]` for none. Default: all. */
  readonly input_headers?: readonly string[];
  /** @deprecated Write `input_headers`. */
  readonly headers_to_pass?: readonly string[];
  /** The same for query parameters. Default: all. */
  readonly input_query_strings?: readonly string[];
  /** @deprecated Write `input_query_strings`. */
  readonly querystring_params?: readonly string[];
  /** Headers of the backend that reach the client: names, or objects with `name` and `keep` (`first`, `last`, `append`). Default: `[]`. */
  readonly output_headers?: readonly (
    | string
    | (Comments & {
        /** The header. */
        readonly name: string;
        /** What stays when an earlier backend sent it too; `Set-Cookie` is always appended. Default: `last`. */
        readonly keep?: 'first' | 'last' | 'append';
      })
  )[];
  /** Repeats failed calls, inside the timeout. Not for POST and PATCH. */
  readonly retry?: Comments & {
    /** Further tries after the first, at other hosts first. Default: `1`. */
    readonly attempts?: number;
    /** What is worth another try: `connection`, `timeout`, statuses from 400. Default: `["connection", 502, 503, 504]`. */
    readonly on?: readonly ('connection' | 'timeout' | number)[];
    /** Longest pause before the first retry, doubled each time; the pause is random below it. Default: `50ms`. */
    readonly backoff?: Duration | 0;
  };
  /** Leaves out hosts that keep failing. */
  readonly ejection?: Comments & {
    /** Share of failed calls from which on a host is left out. Default: `0.5`. */
    readonly failure_ratio?: number;
    /** Calls needed to judge a host. Default: `10`. */
    readonly min_samples?: number;
    /** How long a call counts. Default: `10s`. */
    readonly window?: Duration;
    /** How long a host is left out; doubles when it fails again at once. Default: `30s`. */
    readonly duration?: Duration;
  };
  /** The longest that connecting may take, never beyond `timeout`. Default: root's. */
  readonly connect_timeout?: Duration | 0;
  /** Largest body, on the wire and inflated. A body that is only passed on has no limit unless it stands here. In bytes. Default: root's. */
  readonly max_response_body?: number;
  /** Largest header section. In bytes. Default: root's. */
  readonly max_response_headers?: number;
  /** Calls of this backend at a time; more fail at once. Default: root's. */
  readonly max_pending?: number;
  /** Never uses a socket for a second call: for backends that may mix up answers. Default: root's. */
  readonly isolate_connections?: boolean;
  /** Features of this backend, by namespace: `proxy`, `backend/http`, `backend/http/client` and components. Default: `{}`. */
  readonly extra_config?: BackendExtra<Extra>;
}

/** One route. */
export interface EndpointInput<Extra extends ExtraTypes = ExtraTypes> extends Comments {
  /** The path below the mount point: `{name}` takes one segment, a last `/*` takes the rest. */
  readonly endpoint: string;
  /** `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`, in any case. Default: `GET`. */
  readonly method?: Method;
  /** One or more backends. */
  readonly backend: readonly BackendInput<Extra>[];
  /** The longest a whole request may take; a merge has 85 % of it, raced copies 75 %. Default: root's. */
  readonly timeout?: Duration | 0;
  /** `Cache-Control: public, max-age=…` on complete answers, `private` instead where one sets a cookie, in whole seconds, so that less than one is `max-age=0`; `0s` for none, whatever the root says. Default: root's. */
  readonly cache_ttl?: Duration | 0;
  /** How the answer is written. Default: root's. */
  readonly output_encoding?:
    | 'json'
    | 'fast-json'
    | 'json-collection'
    | 'string'
    | 'xml'
    | 'yaml'
    | 'negotiate'
    | 'no-op'
    | (string & {});
  /** How its backends write their answers. Default: root's. */
  readonly encoding?: 'json' | 'fast-json' | 'safejson' | 'string' | 'xml' | 'rss' | 'yaml' | 'no-op' | (string & {});
  /** Headers of the client that reach backends, in any case; a list replaces the default; `["*"]` for all that make no claim about the way here, `[""]` for none; `Host`, `Content-Length`, `Expect` and headers of one connection never pass, which a warning says. Default: `["Content-Type"]`. */
  readonly input_headers?: readonly string[];
  /** @deprecated Write `input_headers`. */
  readonly headers_to_pass?: readonly string[];
  /** Query parameters that reach backends, case counts; `["*"]` for all. They go out as they came, except that `;` and what no URL may hold (`[`, `]`, `|` …) is percent-encoded; a pair that cannot be decoded (`utm=50%`) is left out. Default: `[]`. */
  readonly input_query_strings?: readonly string[];
  /** @deprecated Write `input_query_strings`. */
  readonly querystring_params?: readonly string[];
  /** Copies of each call to race; GET only. Default: `1`. */
  readonly concurrent_calls?: number;
  /** Largest body of a request; beyond that 413. A body that is only passed on has no limit unless it stands here. In bytes. Default: root's. */
  readonly max_request_body?: number;
  /** Features of this endpoint, by namespace: `proxy` and components. Default: `{}`. */
  readonly extra_config?: EndpointExtra<Extra>;
}

/** A gateway's configuration: KrakenD's, 1.3 or 2.x. `Extra` types the `extra_config` of each level; left out, any namespace is accepted by the compiler and checked at start. */
export interface GatewayConfig<Extra extends ExtraTypes = ExtraTypes> extends Comments {
  /** The routes. Default: `[]`. */
  readonly endpoints?: readonly EndpointInput<Extra>[];
  /** Hosts of every backend without its own. */
  readonly host?: readonly string[];
  /** Generation of the format; nothing depends on it. */
  readonly version?: 2 | 3;
  /** Free text. */
  readonly name?: string;
  /** For endpoints: the longest a whole request may take. Default: `2s`. */
  readonly timeout?: Duration | 0;
  /** For endpoints: `max-age` of complete answers; `0s` for none. Default: `0s`. */
  readonly cache_ttl?: Duration | 0;
  /** For backends: how they write their answers. Default: `json`. */
  readonly encoding?: 'json' | 'fast-json' | 'safejson' | 'string' | 'xml' | 'rss' | 'yaml' | 'no-op' | (string & {});
  /** For endpoints: how the answer is written. Default: `json`. */
  readonly output_encoding?:
    | 'json'
    | 'fast-json'
    | 'json-collection'
    | 'string'
    | 'xml'
    | 'yaml'
    | 'negotiate'
    | 'no-op'
    | (string & {});
  /** For backends: how a host is chosen. Default: `round_robin`. */
  readonly balancer?:
    | 'round_robin'
    | 'random'
    | 'weighted'
    | 'least_in_flight'
    | 'power_of_two_choices'
    | (string & {});
  /** For endpoints: largest body of a request that is held in memory. In bytes. Default: 16 MiB. */
  readonly max_request_body?: number;
  /** For backends: largest body that is held in memory. In bytes. Default: 32 MiB. */
  readonly max_response_body?: number;
  /** For backends: largest header section. In bytes. Default: 64 KiB. */
  readonly max_response_headers?: number;
  /** For backends: calls of one at a time; more fail at once. Default: `4096`. */
  readonly max_pending?: number;
  /** For backends: the longest that connecting may take. Default: `dialer_timeout`. */
  readonly connect_timeout?: Duration | 0;
  /** For backends: never use a socket for a second call. Default: `false`. */
  readonly isolate_connections?: boolean;
  /** Requests at a time; more are answered 503 before their body is read. Default: `10000`. */
  readonly max_in_flight_requests?: number;
  /** Bodies that all requests together hold in memory: requests, answers of backends, and answers that clients have not taken yet. What does not fit is answered 503. In bytes. Default: a quarter of the heap's limit. */
  readonly max_buffered_bytes?: number;
  /** How often discovered hosts are looked up again; less than `1s` does nothing, as in KrakenD. Default: `30s`. */
  readonly dns_cache_ttl?: Duration | 0;
  /** Mounts `/__debug/`. Default: `false`. */
  readonly debug_endpoint?: boolean;
  /** Mounts `/__echo/`. Default: `false`. */
  readonly echo_endpoint?: boolean;
  /** Features of the whole gateway, by namespace: `router` and components. Default: `{}`. */
  readonly extra_config?: ServiceExtra<Extra>;
  /** Sockets per host, whatever the settings of its backends; further calls wait in the order they came, inside their deadline. Default: `1024`. */
  readonly max_connections_per_host?: number;
  /** Idle sockets kept per host. Default: `250`. */
  readonly max_idle_connections_per_host?: number;
  /** How long a socket rests before its next call, where another is free or may be opened; `0s` for no rest. Default: `50ms`. */
  readonly connection_rest?: Duration | 0;
  /** Idle sockets are closed after this. Default: transport's. */
  readonly idle_connection_timeout?: Duration | 0;
  /** KrakenD's name for `connect_timeout`, which wins. Default: `1s`. */
  readonly dialer_timeout?: Duration | 0;
  /** Delay of TCP keep-alive probes. Default: transport's. */
  readonly dialer_keep_alive?: Duration | 0;
  /** Head start of the preferred address family. Default: transport's. */
  readonly dialer_fallback_delay?: Duration | 0;
  /** The longest to wait for the headers of a backend. Default: none. */
  readonly response_header_timeout?: Duration | 0;
  /** A new socket for every call. Default: `false`. */
  readonly disable_keep_alives?: boolean;
  /** Does not ask backends for compressed answers. Default: `false`. */
  readonly disable_compression?: boolean;
  /** Does not verify certificates of backends; the same as in `client_tls`. Default: `false`. */
  readonly allow_insecure_connections?: boolean;
  /** TLS towards backends. */
  readonly client_tls?: ClientTlsInput;
  /** Without effect: it belongs to the server, which is the app. */
  readonly port?: number;
  /** Without effect: it belongs to the server, which is the app. */
  readonly listen_ip?: string;
  /** Without effect: it belongs to the server, which is the app. */
  readonly read_timeout?: Duration | 0;
  /** Without effect: it belongs to the server, which is the app. */
  readonly read_header_timeout?: Duration | 0;
  /** Without effect: it belongs to the server, which is the app. */
  readonly write_timeout?: Duration | 0;
  /** Without effect: it belongs to the server, which is the app. */
  readonly idle_timeout?: Duration | 0;
  /** Without effect: it belongs to the server, which is the app. */
  readonly max_header_bytes?: number;
  /** Without effect: it belongs to the server, which is the app. */
  readonly max_shutdown_wait_time?: Duration | 0;
  /** Without effect: it belongs to the server, which is the app. */
  readonly tls?: object;
  /** Without effect: it belongs to the server, which is the app. */
  readonly use_h2c?: boolean;
  /** Without effect: it belongs to the server, which is the app. */
  readonly plugin?: object;
  /** Without effect: it belongs to the server, which is the app. */
  readonly disable_rest?: boolean;
  /** Without effect: it belongs to the server, which is the app. */
  readonly sequential_start?: boolean;
  /** Without effect: it belongs to the server, which is the app. */
  readonly max_idle_connections?: number;
  /** Without effect: it belongs to the server, which is the app. */
  readonly expect_continue_timeout?: Duration | 0;
  /** Not supported; must be absent or empty. */
  readonly async_agent?: readonly [];
}

/** `extra_config` of the root. */
export type ServiceExtra<Extra extends ExtraTypes> = Extra['service'] &
  Comments &
  LongNamespaces & {
    readonly router?: RouterInput;
    /** @deprecated Write `router`. */
    readonly 'github.com/luraproject/lura/router/gin'?: RouterInput;
    /** @deprecated Write `router`. */
    readonly 'github_com/luraproject/lura/router/gin'?: RouterInput;
  };

/** `extra_config` of an endpoint. */
export type EndpointExtra<Extra extends ExtraTypes> = Extra['endpoint'] &
  Comments &
  LongNamespaces & {
    readonly proxy?: EndpointProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github.com/devopsfaith/krakend/proxy'?: EndpointProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github_com/devopsfaith/krakend/proxy'?: EndpointProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github.com/luraproject/lura/proxy'?: EndpointProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github_com/luraproject/lura/proxy'?: EndpointProxyInput;
  };

/** `extra_config` of a backend. */
export type BackendExtra<Extra extends ExtraTypes> = Extra['backend'] &
  Comments &
  LongNamespaces & {
    readonly proxy?: BackendProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github.com/devopsfaith/krakend/proxy'?: BackendProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github_com/devopsfaith/krakend/proxy'?: BackendProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github.com/luraproject/lura/proxy'?: BackendProxyInput;
    /** @deprecated Write `proxy`. */
    readonly 'github_com/luraproject/lura/proxy'?: BackendProxyInput;
    readonly 'backend/http'?: HttpInput;
    /** @deprecated Write `backend/http`. */
    readonly 'github.com/devopsfaith/krakend/http'?: HttpInput;
    /** @deprecated Write `backend/http`. */
    readonly 'github_com/devopsfaith/krakend/http'?: HttpInput;
    /** @deprecated Write `backend/http`. */
    readonly 'github.com/luraproject/lura/http'?: HttpInput;
    /** @deprecated Write `backend/http`. */
    readonly 'github_com/luraproject/lura/http'?: HttpInput;
    readonly 'backend/http/client'?: HttpClientInput;
  };
