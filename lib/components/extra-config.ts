// Written by `npm run generate` from the schemas; changes are lost.
import type { Duration } from '../config/types.js';

/** Options of `telemetry/metrics`. */
export interface TelemetryMetricsInput {
  /** Percentiles are about the last one to two of these. Default: `1m`. */
  readonly collection_time?: Duration | 0;
  /** Accepted and not needed: no port is opened, the gateway itself answers /__stats. */
  readonly listen_address?: string;
  /** Leaves out what clients were answered. Default: `false`. */
  readonly router_disabled?: boolean;
  /** Leaves out the endpoints’ own work. Default: `false`. */
  readonly proxy_disabled?: boolean;
  /** Leaves out the backends. Default: `false`. */
  readonly backend_disabled?: boolean;
  /** Leaves out /__stats; gateway.stats() stays. Default: `false`. */
  readonly endpoint_disabled?: boolean;
  /** Shows /__stats to every client that can reach the gateway. Default: `false`. */
  readonly public?: boolean;
  /** A function in options.functions that lets a request see /__stats. */
  readonly guard?: string;
}

/** Options of `qos/load-shedding`. */
export interface QosLoadSheddingInput {
  /** Delay of the event loop (p99 of the window) beyond which requests are shed; "0s" sets no limit. Default: `200ms`. */
  readonly max_loop_delay?: Duration | 0;
  /** Share of the heap’s limit in use beyond which requests are shed; 0 sets no limit. Default: `0.75`. */
  readonly max_heap?: number;
  /** How long a delay counts, and how long a full heap is believed. Default: `1s`. */
  readonly window?: Duration;
  /** Seconds after which a client may come back, sent as `Retry-After`. Default: `1`. */
  readonly retry_after?: number;
}

/** Options of `security/bot-detector`. */
export interface SecurityBotDetectorInput {
  /** User-Agents let in, compared exactly. Default: `[]`. */
  readonly allow?: readonly string[];
  /** User-Agents turned away, compared exactly. Default: `[]`. */
  readonly deny?: readonly string[];
  /** Regular expressions, in the syntax of Go, of User-Agents turned away. Default: `[]`. */
  readonly patterns?: readonly string[];
  /** Turn away requests without a User-Agent. Default: `false`. */
  readonly empty_user_agent_is_bot?: boolean;
  /** Accepted for KrakenD; a look-up here needs no cache. */
  readonly cache_size?: number;
  /** @deprecated An older name. */
  readonly allowlist?: readonly string[];
  /** @deprecated An older name. */
  readonly denylist?: readonly string[];
  /** @deprecated An older name. */
  readonly whitelist?: readonly string[];
  /** @deprecated An older name. */
  readonly blacklist?: readonly string[];
  /** @deprecated An older name. */
  readonly cacheSize?: number;
}

/** Options of `auth/validator`. */
export interface AuthValidatorInput {
  /** The only algorithm with which a token may be signed. Default: `RS256`. */
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
  /** Where the set of keys (JWKS) is. */
  readonly jwk_url?: string;
  /** File with the set of keys, read at start. */
  readonly jwk_local_path?: string;
  /** Keep the keys for `cache_duration`; without it they are kept for a minute at most. Default: `false`. */
  readonly cache?: boolean;
  /** Seconds that downloaded keys are kept. Default: `900`. */
  readonly cache_duration?: number;
  /** Service level only: `cache_duration` of the endpoints that have `cache` and no duration of their own. */
  readonly shared_cache_duration?: number;
  /** Each has to be in `aud`. Default: `[]`. */
  readonly audience?: readonly string[];
  /** `iss` has to be this. */
  readonly issuer?: string;
  /** One of them has to be in the token. Default: `[]`. */
  readonly roles?: readonly string[];
  /** Claim with the roles: a list, or a text with spaces between them. Default: `roles`. */
  readonly roles_key?: string;
  /** `roles_key` is a path with dots. Ignored when it begins with "http". Default: `false`. */
  readonly roles_key_is_nested?: boolean;
  /** Scopes that are asked for. Default: `[]`. */
  readonly scopes?: readonly string[];
  /** Claim with the scopes, or a path with dots: a list, or a text with spaces between them. */
  readonly scopes_key?: string;
  /** Whether one of `scopes` is enough. Default: `any`. */
  readonly scopes_matcher?: 'any' | 'all';
  /** Cookie with the token, looked at when no header has one. Default: `access_token`. */
  readonly cookie_key?: string;
  /** Header with the token. Default: `Authorization`. */
  readonly auth_header_name?: string;
  /** Claims and the headers they are put into. Default: `[]`. */
  readonly propagate_claims?: readonly (readonly string[])[];
  /** A list becomes one header line for each entry, instead of one with commas. Default: `false`. */
  readonly propagate_claims_preserve_array?: boolean;
  /** Let `jwk_url` begin with http://. Default: `false`. */
  readonly disable_jwk_security?: boolean;
  /** SHA-256, in base64, of public keys: one has to be in the chain of certificates of the key server. Default: `[]`. */
  readonly jwk_fingerprints?: readonly string[];
  /** IANA numbers of the cipher suites offered to the key server. Default: `[]`. */
  readonly cipher_suites?: readonly number[];
  /** PEM file of an authority to trust for the key server, besides those of the system. */
  readonly jwk_local_ca?: string;
  /** What tells the keys of a set apart. Default: `kid`. */
  readonly key_identify_strategy?: 'kid' | 'x5t' | 'kid_x5t' | 'x5t#S256';
  /** How far clocks may be apart; a second at least. Default: `1s`. */
  readonly leeway?: Duration | 0;
  /** Pause between two downloads for key ids that are not in the set. Default: `30s`. */
  readonly failed_jwk_key_cooldown?: Duration;
  /** Log at level `info` why tokens are refused. Default: `false`. */
  readonly operation_debug?: boolean;
  /** Say in `WWW-Authenticate` (RFC 6750) what is wrong with a token. Default: `false`. */
  readonly www_authenticate?: boolean;
  /** Refused: decrypt the file before the start. */
  readonly secret_url?: unknown;
  /** Refused: decrypt the file before the start. */
  readonly cypher_key?: unknown;
}

/** Options of `qos/ratelimit/service`. */
export interface QosRatelimitServiceInput {
  /** Requests of all clients together; 0: no limit. */
  readonly max_rate?: number;
  /** How many of them may come at once. Default: those of a second. */
  readonly capacity?: number;
  /** Requests of each client; 0: no limit. */
  readonly client_max_rate?: number;
  /** How many of them may come at once. Default: those of a second. */
  readonly client_capacity?: number;
  /** How clients are told apart: by `ip`, a `header`, or a `param` of the path. */
  readonly strategy?: string;
  /** The name of that header or param. */
  readonly key?: string;
  /** What the rates are per, e.g. "1m"; at least a second. Default: `1s`. */
  readonly every?: Duration | 0;
  /** Bits of an IPv6 address that tell clients apart. Default: `64`. */
  readonly ipv6_prefix?: number;
  /** Clients held in memory at most. Default: `100000`. */
  readonly max_keys?: number;
  /** Tell clients what is left to them. Default: `false`. */
  readonly send_headers?: boolean;
  /** A store in options.stores, to share the limit among processes. Without one, each limits by itself. */
  readonly store?: string;
  /** When the store fails: each process limits by itself, there is no limit, or no request is let in. Default: `local`. */
  readonly on_store_error?: 'local' | 'allow' | 'deny';
  /** How long the store may take; then it has failed. Default: `100ms`. */
  readonly store_timeout?: Duration;
  /** Accepted for KrakenD and not needed. */
  readonly num_shards?: number;
  /** Accepted for KrakenD and not needed. */
  readonly cleanup_period?: Duration | 0;
  /** Accepted for KrakenD and not needed. */
  readonly cleanup_threads?: number;
}

/** Options of `qos/ratelimit/router`. */
export interface QosRatelimitRouterInput {
  /** Requests of all clients together; 0: no limit. */
  readonly max_rate?: number;
  /** How many of them may come at once. Default: those of a second. */
  readonly capacity?: number;
  /** Requests of each client; 0: no limit. */
  readonly client_max_rate?: number;
  /** How many of them may come at once. Default: those of a second. */
  readonly client_capacity?: number;
  /** How clients are told apart: by `ip`, a `header`, or a `param` of the path. */
  readonly strategy?: string;
  /** The name of that header or param. */
  readonly key?: string;
  /** What the rates are per, e.g. "1m"; at least a second. Default: `1s`. */
  readonly every?: Duration | 0;
  /** Bits of an IPv6 address that tell clients apart. Default: `64`. */
  readonly ipv6_prefix?: number;
  /** Clients held in memory at most. Default: `100000`. */
  readonly max_keys?: number;
  /** Tell clients what is left to them. Default: `false`. */
  readonly send_headers?: boolean;
  /** A store in options.stores, to share the limit among processes. Without one, each limits by itself. */
  readonly store?: string;
  /** When the store fails: each process limits by itself, there is no limit, or no request is let in. Default: `local`. */
  readonly on_store_error?: 'local' | 'allow' | 'deny';
  /** How long the store may take; then it has failed. Default: `100ms`. */
  readonly store_timeout?: Duration;
  /** Accepted for KrakenD and not needed. */
  readonly num_shards?: number;
  /** Accepted for KrakenD and not needed. */
  readonly cleanup_period?: Duration | 0;
  /** Accepted for KrakenD and not needed. */
  readonly cleanup_threads?: number;
}

/** Options of `qos/circuit-breaker`. */
export interface QosCircuitBreakerInput {
  /** Consecutive failures put up with; one more opens it. */
  readonly max_errors?: number;
  /** Seconds after which failures are forgotten; 0: never. */
  readonly interval?: number;
  /** Seconds that it stays open. */
  readonly timeout?: number;
  /** What logs call it, and what backends share it by. */
  readonly name?: string;
  /** One breaker for every backend that gives this name. Default: `false`. */
  readonly shared?: boolean;
  /** Log every opening and closing. Default: `false`. */
  readonly log_status_change?: boolean;
  /** The statuses that count as failures, of no-op answers too; others count as successes. */
  readonly failure_status?: readonly number[];
}

/** Options of `qos/ratelimit/proxy`. */
export interface QosRatelimitProxyInput {
  /** Calls of the backend, of all clients together; 0: no limit. */
  readonly max_rate?: number;
  /** How many of them may be made at once. Default: those of a second. */
  readonly capacity?: number;
  /** What the rates are per, e.g. "1m"; at least a second. Default: `1s`. */
  readonly every?: Duration | 0;
  /** A store in options.stores, to share the limit among processes. Without one, each limits by itself. */
  readonly store?: string;
  /** When the store fails: each process limits by itself, there is no limit, or no request is let in. Default: `local`. */
  readonly on_store_error?: 'local' | 'allow' | 'deny';
  /** How long the store may take; then it has failed. Default: `100ms`. */
  readonly store_timeout?: Duration;
}

/** Options of `modifier/js`. */
export interface ModifierJsInput {
  /** Backends only: false leaves the backend out. */
  readonly when?: string;
  /** Changes the request on its way in. */
  readonly request?: string;
  /** Changes the answer on its way out. */
  readonly response?: string;
}

/** Options of `qos/http-cache`. */
export interface QosHttpCacheInput {
  /** One store for all backends that say so; else each backend sees its own answers only. Default: `false`. */
  readonly shared?: boolean;
  /** Bytes the store may take. Default: 64 MiB for all backends together. */
  readonly max_size?: number;
  /** Answers the store may hold. Default: 10000 for all backends together. */
  readonly max_items?: number;
  /** Bytes of the largest body that is stored; larger ones are passed on. Default: `1048576`. */
  readonly max_entry_size?: number;
  /** Forwarded headers that tell answers apart only if Vary says so. Default: `[]`. */
  readonly ignore_headers?: readonly string[];
  /** A store in options.stores, to share answers among processes. */
  readonly store?: string;
}

/** A name in options.functions. */
export type BackendFunctionInput = string;

/** Options of `backend/lambda`. */
export interface BackendLambdaInput {
  /** The function: name, ARN or partial ARN. */
  readonly function_name?: string;
  /** The {param} that names the function, where function_name does not. Default: `function`. */
  readonly function_param_name?: string;
  /** Default: what AWS finds in the environment. */
  readonly region?: string;
  /** Another address than that of the region. */
  readonly endpoint?: string;
  /** How often the SDK repeats what failed; the function may then run twice. Default: `0`. */
  readonly max_retries?: number;
  /** A client of your own, in options.clients. */
  readonly client?: string;
}

/** Options of `backend/pubsub/publisher`. */
export interface BackendPubsubPublisherInput {
  /** What to write to, such as kafka://orders. */
  readonly topic_url: string;
  /** A client of your own, in options.clients. */
  readonly client?: string;
  /** Connect at once instead of for the first message, and log when that fails. Default: `false`. */
  readonly connect_at_start?: boolean;
}

/** Options of `backend/pubsub/subscriber`. */
export interface BackendPubsubSubscriberInput {
  /** What to read, such as kafka://group?topic=orders. */
  readonly subscription_url: string;
  /** A client of your own, in options.clients. */
  readonly client?: string;
  /** Connect at once instead of for the first request, and log when that fails. Default: `false`. */
  readonly connect_at_start?: boolean;
  /** How often a message that cannot be decoded is handed out. Default: `5`. */
  readonly max_attempts?: number;
  /** The topic that gets such messages after that; dropped when missing. */
  readonly dead_letter?: string;
}

/** Options of `backend/amqp/producer`. */
export interface BackendAmqpProducerInput {
  /** Exchange and queue outlive the broker. Default: `false`. */
  readonly durable?: boolean;
  /** They are deleted when they are not used any more. Default: `false`. */
  readonly delete?: boolean;
  /** The queue belongs to this connection alone. Default: `false`. */
  readonly exclusive?: boolean;
  /** Accepted; declarations are always waited for. Default: `false`. */
  readonly no_wait?: boolean;
  /** Accepted; pauses always grow, cut by chance. */
  readonly backoff_strategy?: string;
  /** Accepted; the broker is tried again for ever. */
  readonly max_retries?: number;
  /** A connection of your own, in options.clients. */
  readonly client?: string;
  /** Connect at once instead of for the first call, and log when that fails. Default: `false`. */
  readonly connect_at_start?: boolean;
  /** Declared as a topic; without it, queues are named by the key. */
  readonly exchange?: string;
  /** The {param} with the routing key. */
  readonly routing_key?: string;
  /** routing_key is the key itself. Default: `false`. */
  readonly static_routing_key?: boolean;
  /** A message that reaches no queue is a failure. Default: `false`. */
  readonly mandatory?: boolean;
  /** RabbitMQ has it no more; must be false. Default: `false`. */
  readonly immediate?: boolean;
  /** The {param} with the milliseconds until the message expires. */
  readonly exp_key?: string;
  /** The {param} with the queue for answers. */
  readonly reply_to_key?: string;
  /** The {param} with the id of the message. */
  readonly msg_id_key?: string;
  /** The {param} with the priority. */
  readonly priority_key?: string;
}

/** Options of `backend/amqp/consumer`. */
export interface BackendAmqpConsumerInput {
  /** Exchange and queue outlive the broker. Default: `false`. */
  readonly durable?: boolean;
  /** They are deleted when they are not used any more. Default: `false`. */
  readonly delete?: boolean;
  /** The queue belongs to this connection alone. Default: `false`. */
  readonly exclusive?: boolean;
  /** Accepted; declarations are always waited for. Default: `false`. */
  readonly no_wait?: boolean;
  /** Accepted; pauses always grow, cut by chance. */
  readonly backoff_strategy?: string;
  /** Accepted; the broker is tried again for ever. */
  readonly max_retries?: number;
  /** A connection of your own, in options.clients. */
  readonly client?: string;
  /** Connect at once instead of for the first call, and log when that fails. Default: `false`. */
  readonly connect_at_start?: boolean;
  /** The queue. */
  readonly name: string;
  /** Declared as a topic, for the queue to be bound to. */
  readonly exchange?: string;
  /** What the queue gets of the exchange. Default: `[]`. */
  readonly routing_key?: readonly string[];
  /** Accepted; RabbitMQ knows no difference. Default: `false`. */
  readonly no_local?: boolean;
  /** Unanswered messages this gateway may hold; 0 for 10. Default: `0`. */
  readonly prefetch_count?: number;
  /** RabbitMQ has none; must be 0. Default: `0`. */
  readonly prefetch_size?: 0;
  /** The broker forgets a message when it hands it out; what is lost after that is lost. Default: `false`. */
  readonly auto_ack?: boolean;
  /** Give back what cannot be decoded the first time. Default: `false`. */
  readonly nack_discard?: boolean;
  /** How often a message that cannot be decoded is handed out. Default: `5`. */
  readonly max_attempts?: number;
}

/** What `extra_config` may hold of the built-in components, level by level: a wrong option is red in the editor. */
export interface BuiltInExtraConfig {
  readonly service: {
    readonly 'telemetry/metrics'?: TelemetryMetricsInput;
    readonly 'qos/load-shedding'?: QosLoadSheddingInput;
    readonly 'security/bot-detector'?: SecurityBotDetectorInput;
    readonly 'auth/validator'?: AuthValidatorInput;
    readonly 'qos/ratelimit/service'?: QosRatelimitServiceInput;
  };
  readonly endpoint: {
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
