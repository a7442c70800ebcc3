// Written by `npm run generate` from the schemas; changes are lost.
import type { Duration } from '../config/types.js';

/** Options of `security/cors`. */
export interface SecurityCorsInput {
  /** Whose pages may read answers. Default: `["*"]`. */
  readonly allow_origins?: readonly string[];
  /** Methods that these pages may use; `*` for all. An empty list means the default. Default: `["GET", "POST", "HEAD"]`. */
  readonly allow_methods?: readonly string[];
  /** Request headers that these pages may set, in any case; `*` for all. `Origin` is always one of them. An empty list means `Accept`, `Content-Type` and `X-Requested-With`. Default: `["*"]`. */
  readonly allow_headers?: readonly string[];
  /** Headers of an answer that these pages may read, besides those that every page may. Default: `[]`. */
  readonly expose_headers?: readonly string[];
  /** How long a browser may remember a preflight; `0s` leaves that to the browser. Default: `0s`. */
  readonly max_age?: Duration | 0;
  /** Pages may send cookies; needs origins that are named. Default: `false`. */
  readonly allow_credentials?: boolean;
  /** Pages of public networks may call a gateway in a private one. Default: `false`. */
  readonly allow_private_network?: boolean;
  /** A preflight gets its headers, and its answer from what else serves `OPTIONS`: an endpoint, `auto_options` or the app. Default: `false`. */
  readonly options_passthrough?: boolean;
  /** Status of the answer to a preflight, 200 to 299. KrakenD 1.3 had 200. Default: `204`. */
  readonly options_success_status?: number;
  /** Logs, at level `debug`, why a page was not allowed. Default: `false`. */
  readonly debug?: boolean;
}

/** Options of `security/http`. */
export interface SecurityHttpInput {
  /** Hosts that requests may be for, with the port where the client sends one, in any case of letters; an empty list allows all. Default: `[]`. */
  readonly allowed_hosts?: readonly string[];
  /** Reads `allowed_hosts` as regular expressions in the syntax of Go, each for a whole host. Default: `false`. */
  readonly allowed_hosts_are_regex?: boolean;
  /** Headers in which a proxy names the host that the client asked for; the first that is there counts, then `Host`. Default: `[]`. */
  readonly host_proxy_headers?: readonly string[];
  /** Redirects plain HTTP to HTTPS: 301 for `GET` and `HEAD`, 308 for the others. Default: `false`. */
  readonly ssl_redirect?: boolean;
  /** The host of the redirect, with a port where it needs one; else that of the request, without its port. */
  readonly ssl_host?: string;
  /** Headers of a proxy, and the value that means that the client used HTTPS. Default: `{}`. */
  readonly ssl_proxy_headers?: Readonly<Record<string, string>>;
  /** `Strict-Transport-Security: max-age=…`, over HTTPS only; `0` for none. Default: `0`. */
  readonly sts_seconds?: number;
  /** Adds `includeSubdomains` to it. Default: `false`. */
  readonly sts_include_subdomains?: boolean;
  /** Sends it over plain HTTP as well. Default: `false`. */
  readonly force_sts_header?: boolean;
  /** Sends `X-Frame-Options: DENY`. Default: `false`. */
  readonly frame_deny?: boolean;
  /** Another value of that header. */
  readonly custom_frame_options_value?: string;
  /** Sends `X-Content-Type-Options: nosniff`, which every body of the gateway itself has anyway; this adds `no-op` and answers without a body. Default: `false`. */
  readonly content_type_nosniff?: boolean;
  /** Sends `X-XSS-Protection: 1; mode=block`, which browsers of today ignore. Default: `false`. */
  readonly browser_xss_filter?: boolean;
  /** `Content-Security-Policy`. */
  readonly content_security_policy?: string;
  /** `Referrer-Policy`. */
  readonly referrer_policy?: string;
  /** `Public-Key-Pins`, over HTTPS; browsers ignore it, and a warning says so. `public_key` means the same. */
  readonly hpkp_public_key?: string;
  /** @deprecated The same as `hpkp_public_key`. */
  readonly public_key?: string;
  /** Leaves out all that needs the public name or HTTPS: hosts, redirect, STS and pins. Default: `false`. */
  readonly is_development?: boolean;
  /** Accepted without effect: the server belongs to the app. */
  readonly ssl_certificate?: string;
  /** Accepted without effect: the server belongs to the app. */
  readonly ssl_private_key?: string;
}

/** Options of `telemetry/metrics`. */
export interface TelemetryMetricsInput {
  /** Percentiles, means and extremes are about the last one to two of these, counts about all time; at least a second. Default: `1m`. */
  readonly collection_time?: Duration | 0;
  /** Leaves out `krakend.router.*`: what clients were answered. Default: `false`. */
  readonly router_disabled?: boolean;
  /** Leaves out the layer `pipe`: the endpoints' own work. Default: `false`. */
  readonly proxy_disabled?: boolean;
  /** Leaves out the layer `backend`. Default: `false`. */
  readonly backend_disabled?: boolean;
  /** Leaves out `/__stats`; `gateway.stats()` stays. Default: `false`. */
  readonly endpoint_disabled?: boolean;
  /** `GET /__stats` answers every client that can reach the gateway. Default: `false`. */
  readonly public?: boolean;
  /** `GET /__stats` answers where this function of `options.functions` returns `true` for the request. */
  readonly guard?: string;
  /** Without effect: no port is opened, the gateway itself answers `/__stats`. */
  readonly listen_address?: string;
}

/** Options of `qos/load-shedding`. */
export interface QosLoadSheddingInput {
  /** By how much the event loop may be late (99th percentile of the window) before requests are shed; `0s` sets no limit. Default: `200ms`. */
  readonly max_loop_delay?: Duration | 0;
  /** Share of the heap's limit for old objects that may be in use before requests are shed; 0 sets no limit. Default: `0.75`. */
  readonly max_heap?: number;
  /** How long a delay counts, and how long a full heap is believed; from 100 ms to 10 s. Default: `1s`. */
  readonly window?: Duration;
  /** After how long a client may come back, sent as `Retry-After`. In seconds. Default: `1`. */
  readonly retry_after?: number;
}

/** Options of `security/ip-filter`. */
export interface SecurityIpFilterInput {
  /** Addresses and networks let in, all others are refused. With `cidr`: whether those are let in. */
  readonly allow?: readonly string[] | boolean;
  /** Addresses and networks refused; wins over `allow`. */
  readonly deny?: readonly string[];
  /** The list of KrakenD’s plug-in `ip-filter`, whose `allow` says what it means. */
  readonly cidr?: readonly string[];
  /** Refused: `remote_ip_headers` of `router` takes its place. */
  readonly client_ip_headers?: unknown;
  /** Refused: `trusted_proxies` of `router` takes its place. */
  readonly trusted_proxies?: unknown;
}

/** Options of `security/bot-detector`. */
export interface SecurityBotDetectorInput {
  /** Values of `User-Agent` that are let in, compared exactly. Default: `[]`. */
  readonly allow?: readonly string[];
  /** Values of `User-Agent` that are turned away, compared exactly. Default: `[]`. */
  readonly deny?: readonly string[];
  /** Regular expressions in the syntax of Go; a `User-Agent` that one of them matches is turned away. Default: `[]`. */
  readonly patterns?: readonly string[];
  /** Turns away requests without a `User-Agent`. Default: `false`. */
  readonly empty_user_agent_is_bot?: boolean;
  /** Without effect: a look-up here needs no cache. */
  readonly cache_size?: number;
  /** @deprecated Write `allow`. */
  readonly allowlist?: readonly string[];
  /** @deprecated Write `deny`. */
  readonly denylist?: readonly string[];
  /** @deprecated Write `allow`. */
  readonly whitelist?: readonly string[];
  /** @deprecated Write `deny`. */
  readonly blacklist?: readonly string[];
  /** @deprecated Without effect, as `cache_size`. */
  readonly cacheSize?: number;
}

/** Options of `auth/validator`. */
export interface AuthValidatorInput {
  /** The only algorithm that counts: `EdDSA`, or `HS`, `RS`, `ES`, `PS` with `256`, `384` or `512`. Default: `RS256`. */
  readonly alg?:
    | 'EdDSA'
    | 'HS256'
    | 'HS384'
    | 'HS512'
    | 'RS256'
    | 'RS384'
    | 'RS512'
    | 'ES256'
    | 'ES384'
    | 'ES512'
    | 'PS256'
    | 'PS384'
    | 'PS512';
  /** Where the set of keys is; `https://`, unless `disable_jwk_security`. */
  readonly jwk_url?: string;
  /** A file with the set of keys instead; read at start and at each `reload()`. */
  readonly jwk_local_path?: string;
  /** Keep downloaded keys for `cache_duration`; without it for a minute at most. Default: `false`. */
  readonly cache?: boolean;
  /** Seconds that downloaded keys are kept. Default: `900`. */
  readonly cache_duration?: number;
  /** At the root only. In seconds. */
  readonly shared_cache_duration?: number;
  /** Each of them has to be in `aud`. Default: `[]`. */
  readonly audience?: readonly string[];
  /** `iss` has to be this. */
  readonly issuer?: string;
  /** One of them has to be in the token. Default: `[]`. */
  readonly roles?: readonly string[];
  /** The claim with the roles: a list, or a text with spaces. Default: `roles`. */
  readonly roles_key?: string;
  /** `roles_key` is a path with dots, such as `realm_access.roles`; a name that begins with `http` never is. Default: `false`. */
  readonly roles_key_is_nested?: boolean;
  /** The scopes that are asked for. Default: `[]`. */
  readonly scopes?: readonly string[];
  /** The claim with the scopes, or a path with dots: a list, or a text with spaces. Needed with `scopes`. */
  readonly scopes_key?: string;
  /** Whether one of `scopes` is enough. Default: `any`. */
  readonly scopes_matcher?: 'any' | 'all';
  /** The cookie with the token, looked at when the header has none. Default: `access_token`. */
  readonly cookie_key?: string;
  /** The header with the token, after `Bearer`. In another header than `Authorization` the word may be missing. Default: `Authorization`. */
  readonly auth_header_name?: string;
  /** Claims, or paths with dots, and the headers they are put into. Default: `[]`. */
  readonly propagate_claims?: readonly (readonly string[])[];
  /** A list becomes one header line for each entry, instead of one line with commas. Default: `false`. */
  readonly propagate_claims_preserve_array?: boolean;
  /** Let `jwk_url` begin with `http://`; a warning at start. Default: `false`. */
  readonly disable_jwk_security?: boolean;
  /** SHA-256, in base64, of public keys (SPKI): one has to be in the chain of certificates of the key server. Default: `[]`. */
  readonly jwk_fingerprints?: readonly string[];
  /** IANA numbers of the suites offered to the key server. Default: those of Node. */
  readonly cipher_suites?: readonly number[];
  /** PEM file of an authority to trust for the key server, besides those of the system. */
  readonly jwk_local_ca?: string;
  /** What names a key in the header of a token and in the set: `kid`, `x5t`, `kid_x5t`, `x5t#S256`. Default: `kid`. */
  readonly key_identify_strategy?: 'kid' | 'x5t' | 'kid_x5t' | 'x5t#S256';
  /** How far clocks may be apart; a second at least. Default: `1s`. */
  readonly leeway?: Duration | 0;
  /** Pause between two downloads for key ids that are not in the set. Default: `30s`. */
  readonly failed_jwk_key_cooldown?: Duration;
  /** Log at level `info` why tokens are refused; without it at `debug`. Default: `false`. */
  readonly operation_debug?: boolean;
  /** Say in `WWW-Authenticate` (RFC 6750) what is wrong. Default: `false`. */
  readonly www_authenticate?: boolean;
  /** Refused: decrypt the file before the start. */
  readonly secret_url?: unknown;
  /** Refused: decrypt the file before the start. */
  readonly cypher_key?: unknown;
}

/** Options of `qos/ratelimit/service`. */
export interface QosRatelimitServiceInput {
  /** Requests of all clients together in the time of `every`; 0 for no limit. */
  readonly max_rate?: number;
  /** How many requests of all clients together may come at once. Default: those of a second, at least 1. */
  readonly capacity?: number;
  /** Requests of each client in the time of `every`; 0 for no limit. */
  readonly client_max_rate?: number;
  /** How many requests of one client may come at once. Default: those of a second, at least 1. */
  readonly client_capacity?: number;
  /** The time in which rates are counted; at least a second. Default: `1s`. */
  readonly every?: Duration | 0;
  /** How clients are told apart: by `ip`, by a `header`, or at an endpoint by a `param` of its path; needed with `client_max_rate`. */
  readonly strategy?: 'ip' | 'header' | 'param' | (string & {});
  /** The name of that header, or of the param of the endpoint's path. */
  readonly key?: string;
  /** How many bits of an IPv6 address tell clients apart. Default: `64`. */
  readonly ipv6_prefix?: number;
  /** Clients that are held in memory at most. Default: `100000`. */
  readonly max_keys?: number;
  /** Tells clients what is left to them, on served answers too. Default: `false`. */
  readonly send_headers?: boolean;
  /** The name of a store in `options.stores` that several processes share; without one, each limits by itself. */
  readonly store?: string;
  /** What holds while the store fails: with `local` each process limits by itself, with `allow` there is no limit, with `deny` no request is let in. Default: `local`. */
  readonly on_store_error?: 'local' | 'allow' | 'deny';
  /** How long the store may take for one decision; then it has failed. Default: `100ms`. */
  readonly store_timeout?: Duration;
  /** Without effect: accepted for KrakenD, and not needed. */
  readonly num_shards?: number;
  /** Without effect: accepted for KrakenD, and not needed. */
  readonly cleanup_period?: Duration | 0;
  /** Without effect: accepted for KrakenD, and not needed. */
  readonly cleanup_threads?: number;
}

/** Options of `qos/ratelimit/router`. */
export interface QosRatelimitRouterInput {
  /** Requests of all clients together in the time of `every`; 0 for no limit. */
  readonly max_rate?: number;
  /** How many requests of all clients together may come at once. Default: those of a second, at least 1. */
  readonly capacity?: number;
  /** Requests of each client in the time of `every`; 0 for no limit. */
  readonly client_max_rate?: number;
  /** How many requests of one client may come at once. Default: those of a second, at least 1. */
  readonly client_capacity?: number;
  /** The time in which rates are counted; at least a second. Default: `1s`. */
  readonly every?: Duration | 0;
  /** How clients are told apart: by `ip`, by a `header`, or at an endpoint by a `param` of its path; needed with `client_max_rate`. */
  readonly strategy?: 'ip' | 'header' | 'param' | (string & {});
  /** The name of that header, or of the param of the endpoint's path. */
  readonly key?: string;
  /** How many bits of an IPv6 address tell clients apart. Default: `64`. */
  readonly ipv6_prefix?: number;
  /** Clients that are held in memory at most. Default: `100000`. */
  readonly max_keys?: number;
  /** Tells clients what is left to them, on served answers too. Default: `false`. */
  readonly send_headers?: boolean;
  /** The name of a store in `options.stores` that several processes share; without one, each limits by itself. */
  readonly store?: string;
  /** What holds while the store fails: with `local` each process limits by itself, with `allow` there is no limit, with `deny` no request is let in. Default: `local`. */
  readonly on_store_error?: 'local' | 'allow' | 'deny';
  /** How long the store may take for one decision; then it has failed. Default: `100ms`. */
  readonly store_timeout?: Duration;
  /** Without effect: accepted for KrakenD, and not needed. */
  readonly num_shards?: number;
  /** Without effect: accepted for KrakenD, and not needed. */
  readonly cleanup_period?: Duration | 0;
  /** Without effect: accepted for KrakenD, and not needed. */
  readonly cleanup_threads?: number;
}

/** Options of `qos/circuit-breaker`. */
export interface QosCircuitBreakerInput {
  /** Consecutive failures that are put up with; one more opens the breaker. Default: `0`. */
  readonly max_errors?: number;
  /** How long failures are remembered while the breaker is closed; 0 for ever. In seconds. Default: `0`. */
  readonly interval?: number;
  /** How long the breaker stays open; 0 means the default. In seconds. Default: `60`. */
  readonly timeout?: number;
  /** The statuses that count as failures, also of `no-op` answers; all others count as successes. */
  readonly failure_status?: readonly number[];
  /** What logs call the breaker, and what backends share it by. Default: the backend's. */
  readonly name?: string;
  /** One breaker for all backends that give this `name`. Default: `false`. */
  readonly shared?: boolean;
  /** One warning for each change. Default: `false`. */
  readonly log_status_change?: boolean;
}

/** Options of `qos/ratelimit/proxy`. */
export interface QosRatelimitProxyInput {
  /** Calls of the backend in the time of `every`, for all clients together; 0 for no limit. */
  readonly max_rate: number;
  /** How many of them may be made at once. Default: those of a second, at least 1. */
  readonly capacity?: number;
  /** The time in which rates are counted; at least a second. Default: `1s`. */
  readonly every?: Duration | 0;
  /** The name of a store in `options.stores` that several processes share; without one, each limits by itself. */
  readonly store?: string;
  /** What holds while the store fails: with `local` each process limits by itself, with `allow` there is no limit, with `deny` no request is let in. Default: `local`. */
  readonly on_store_error?: 'local' | 'allow' | 'deny';
  /** How long the store may take for one decision; then it has failed. Default: `100ms`. */
  readonly store_timeout?: Duration;
}

/** Options of `modifier/js`. */
export interface ModifierJsInput {
  /** At backends: gets the request, and gives back `true` to call the backend or `false` to leave it out, which is neither an error nor incomplete. */
  readonly when?: string;
  /** Gets the request, a backend's with its final `url`, and gives back what it changes: `method`, `params`, `query`, `headers`, `body`, and `url` of a backend. */
  readonly request?: string;
  /** Gets the answer, an endpoint's merged, and the request; gives back what it changes: `data`, `isComplete`, `metadata`. */
  readonly response?: string;
}

/** Options of `qos/http-cache`. */
export interface QosHttpCacheInput {
  /** One store for all backends that say so; else each backend sees its own answers only. Default: `false`. */
  readonly shared?: boolean;
  /** How much this store may take; 0 means the default. In bytes. Default: 64 MiB, together with the others. */
  readonly max_size?: number;
  /** How many answers this store may hold; 0 means the default. Default: 10,000, together with the others. */
  readonly max_items?: number;
  /** Largest body that is stored; larger ones are passed on. In bytes. Default: 1 MiB. */
  readonly max_entry_size?: number;
  /** Forwarded headers that do not tell answers apart, unless `Vary` names them. Default: `[]`. */
  readonly ignore_headers?: readonly string[];
  /** The name of a store in `options.stores` that several processes share. Default: memory. */
  readonly store?: string;
}

/** The name of the function in `options.functions` that answers in place of a server. */
export type BackendFunctionInput = string;

/** Options of `backend/lambda`. */
export interface BackendLambdaInput {
  /** The function: its name, ARN or partial ARN. */
  readonly function_name?: string;
  /** The `{param}` of the path that names the function, where `function_name` does not. Default: `function`. */
  readonly function_param_name?: string;
  /** Region of the function. Default: as AWS finds it. */
  readonly region?: string;
  /** Another address of AWS, such as that of an emulator. Default: that of the region. */
  readonly endpoint?: string;
  /** How often the SDK repeats a failed call; the function may then run twice. Default: `0`. */
  readonly max_retries?: number;
  /** The name of a client in `options.clients`, in place of `region`, `endpoint` and `max_retries`. */
  readonly client?: string;
}

/** Options of `backend/pubsub/publisher`. */
export interface BackendPubsubPublisherInput {
  /** Where to write, such as `kafka://orders`. */
  readonly topic_url: string;
  /** The name of a client in `options.clients`, for anything the variables cannot say. */
  readonly client?: string;
  /** Connects at once instead of for the first message; a broker that is not there is logged, and calls fail until it is there. Default: `false`. */
  readonly connect_at_start?: boolean;
}

/** Options of `backend/pubsub/subscriber`. */
export interface BackendPubsubSubscriberInput {
  /** What to read, such as `kafka://group?topic=orders`. */
  readonly subscription_url: string;
  /** The name of a client in `options.clients`, for anything the variables cannot say. */
  readonly client?: string;
  /** Connects at once instead of for the first request; a broker that is not there is logged, and calls fail until it is there. Default: `false`. */
  readonly connect_at_start?: boolean;
  /** How often a message that cannot be decoded is handed out; then it goes to `dead_letter`. Default: `5`. */
  readonly max_attempts?: number;
  /** The topic such messages go to after that; without it they are dropped, and their place is logged, unless the queue of a cloud keeps them. */
  readonly dead_letter?: string;
}

/** Options of `backend/amqp/producer`. */
export interface BackendAmqpProducerInput {
  /** The exchange, declared as a `topic`; without one, messages go to the queue that the key names. */
  readonly exchange?: string;
  /** The `{param}` with the routing key; with `static_routing_key` the key itself. */
  readonly routing_key?: string;
  /** `routing_key` is the key, and no name of a `{param}`. Default: `false`. */
  readonly static_routing_key?: boolean;
  /** The `{param}` with the milliseconds until the message expires. */
  readonly exp_key?: string;
  /** The `{param}` with the queue for replies. */
  readonly reply_to_key?: string;
  /** The `{param}` with the id of the message. */
  readonly msg_id_key?: string;
  /** The `{param}` with the priority of the message. */
  readonly priority_key?: string;
  /** A message that reaches no queue is a failure. Default: `false`. */
  readonly mandatory?: boolean;
  /** What is declared outlives a restart of the broker. Default: `false`. */
  readonly durable?: boolean;
  /** What is declared is deleted when it is not used any more. Default: `false`. */
  readonly delete?: boolean;
  /** The name of a connection of `amqplib` in `options.clients`, in place of the host; it is not closed. */
  readonly client?: string;
  /** Connects at once instead of for the first call; a broker that is not there is logged, and calls fail until it is there. Default: `false`. */
  readonly connect_at_start?: boolean;
  /** Without effect: declarations are always waited for. */
  readonly no_wait?: boolean;
  /** Without effect: pauses always grow, cut by chance. */
  readonly backoff_strategy?: string;
  /** Without effect: the broker is tried again for ever. */
  readonly max_retries?: number;
  /** Without effect: a producer declares no queue. */
  readonly exclusive?: boolean;
  /** RabbitMQ has it no more; must be `false`. */
  readonly immediate?: boolean;
}

/** Options of `backend/amqp/consumer`. */
export interface BackendAmqpConsumerInput {
  /** The queue, which is declared. */
  readonly name: string;
  /** The exchange that the queue is bound to, declared as a `topic`. */
  readonly exchange?: string;
  /** What the queue gets of the exchange. Default: `[]`. */
  readonly routing_key?: readonly string[];
  /** Messages that this gateway may hold unanswered; 0 means the default. Default: `10`. */
  readonly prefetch_count?: number;
  /** The broker forgets a message when it hands it out; what is lost after that is lost. Default: `false`. */
  readonly auto_ack?: boolean;
  /** How often a message that cannot be decoded is handed out; then it is rejected, and goes where the queue sends its dead letters. Default: `5`. */
  readonly max_attempts?: number;
  /** The same as `max_attempts: 1`. Default: `false`. */
  readonly nack_discard?: boolean;
  /** The queue belongs to this connection alone. Default: `false`. */
  readonly exclusive?: boolean;
  /** What is declared outlives a restart of the broker. Default: `false`. */
  readonly durable?: boolean;
  /** What is declared is deleted when it is not used any more. Default: `false`. */
  readonly delete?: boolean;
  /** The name of a connection of `amqplib` in `options.clients`, in place of the host; it is not closed. */
  readonly client?: string;
  /** Connects at once instead of for the first call; a broker that is not there is logged, and calls fail until it is there. Default: `false`. */
  readonly connect_at_start?: boolean;
  /** Without effect: declarations are always waited for. */
  readonly no_wait?: boolean;
  /** Without effect: pauses always grow, cut by chance. */
  readonly backoff_strategy?: string;
  /** Without effect: the broker is tried again for ever. */
  readonly max_retries?: number;
  /** Without effect: RabbitMQ knows no difference. */
  readonly no_local?: boolean;
  /** RabbitMQ has none; must be 0. */
  readonly prefetch_size?: 0;
}

/** What `extra_config` may hold of the built-in components, level by level: a wrong option is red in the editor. */
export interface BuiltInExtraConfig {
  readonly service: {
    readonly 'security/cors'?: SecurityCorsInput;
    readonly 'security/http'?: SecurityHttpInput;
    readonly 'telemetry/metrics'?: TelemetryMetricsInput;
    readonly 'qos/load-shedding'?: QosLoadSheddingInput;
    readonly 'security/ip-filter'?: SecurityIpFilterInput;
    readonly 'security/bot-detector'?: SecurityBotDetectorInput;
    readonly 'auth/validator'?: AuthValidatorInput;
    readonly 'qos/ratelimit/service'?: QosRatelimitServiceInput;
  };
  readonly endpoint: {
    readonly 'security/cors'?: SecurityCorsInput;
    readonly 'security/http'?: SecurityHttpInput;
    readonly 'security/ip-filter'?: SecurityIpFilterInput;
    readonly 'security/bot-detector'?: SecurityBotDetectorInput;
    readonly 'auth/validator'?: AuthValidatorInput;
    readonly 'qos/ratelimit/router'?: QosRatelimitRouterInput;
    readonly 'modifier/js'?: ModifierJsInput;
  };
  readonly backend: {
    readonly 'qos/circuit-breaker'?: QosCircuitBreakerInput;
    readonly 'qos/ratelimit/proxy'?: QosRatelimitProxyInput;
    readonly 'modifier/js'?: ModifierJsInput;
    readonly 'qos/http-cache'?: QosHttpCacheInput;
    readonly 'backend/function'?: BackendFunctionInput;
    readonly 'backend/lambda'?: BackendLambdaInput;
    readonly 'backend/pubsub/publisher'?: BackendPubsubPublisherInput;
    readonly 'backend/pubsub/subscriber'?: BackendPubsubSubscriberInput;
    readonly 'backend/amqp/producer'?: BackendAmqpProducerInput;
    readonly 'backend/amqp/consumer'?: BackendAmqpConsumerInput;
  };
}
