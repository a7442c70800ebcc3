import { createGateway } from './gateway.js';

export type {
  BackendScope,
  EndpointScope,
  Fault,
  FunctionInput,
  Functions,
  GatewayFunction,
  ServiceScope,
} from './components/component.js';
export { type Component, defineComponent, type Hooks, type Scope } from './components/component.js';
export type { BuiltInExtraConfig } from './components/extra-config.js';
export type { ExtraOf } from './components/extra-of.js';
export type { BackendFunction, FunctionRequest } from './components/function-backend.js';
export type { CacheStore, VersionedWrite } from './components/http-cache/cache-store.js';
export { createRedisCache, type RedisCacheClient, type RedisCacheOptions } from './components/http-cache/redis.js';
export type {
  RequestChanges,
  RequestFunction,
  ResponseChanges,
  ResponseFunction,
  WhenFunction,
} from './components/js.js';
export {
  createRedisLimits,
  type RedisLimitClient,
  type RedisLimitOptions,
} from './components/rate-limit/redis.js';
export type { Decision as LimitDecision, Limit, LimitStore } from './components/rate-limit/store.js';
export type { StatsGuard } from './components/telemetry/metrics.js';
export type { BackendInput, EndpointInput } from './config/input.js';
export type { BackendConfig, EndpointConfig } from './config/resolved.js';
export type { Duration, ExtraTypes, Method } from './config/types.js';
export type { CacheControl, CacheCounts } from './core/cache-control.js';
export { isJsonNumber, JsonNumber } from './core/json-number.js';
export type { ReadyCheck, ReadyOptions } from './core/readiness.js';
export type { Decoder, EncodeContext, EncodedBody, Encoder, Encoding } from './encoding/encoding.js';
export type { Combiner } from './endpoint/combiner.js';
export {
  BackendError,
  ConfigError,
  type ConfigIssue,
  DecodeError,
  EndpointError,
  type ErrorCode,
  type ExposedAnswer,
  GatewayError,
  NotReadyError,
  type ReadyFailure,
  RejectedError,
  RequestError,
} from './errors.js';
export { type ExpressApplication, type ExpressServerOptions, serverOptions } from './express/server-options.js';
export { createGateway, defineConfig, type Gateway, type GatewayConfig } from './gateway.js';
export type { CloseOptions } from './lifecycle.js';
export type { Logger } from './logger.js';
export type {
  BackendAttempt,
  BackendEvent,
  BackendObserver,
  BackendOutcome,
  BackendPlace,
  EndpointEvent,
  EndpointOutcome,
  EndpointPlace,
  Observe,
  Observer,
  RequestObserver,
  StrayEvent,
} from './observe/observer.js';
export {
  createOpenTelemetryObserver,
  type OpenTelemetryApi,
  type OpenTelemetrySpan,
  type OpenTelemetryTracer,
} from './observe/opentelemetry.js';
export {
  createPrometheusObserver,
  type PrometheusClient,
  type PrometheusOptions,
} from './observe/prometheus.js';
export type { Stats } from './observe/stats.js';
export type { GatewayOptions } from './options.js';
export type {
  Admit,
  Admitted,
  AdmittedAs,
  BackendRequest,
  Client,
  Data,
  Headers,
  Metadata,
  Middleware,
  Policy,
  Proxy,
  ProxyRequest,
  ProxyResponse,
  QueryPair,
  RequestHandler,
  RequestHead,
} from './proxy.js';
export type { Balancer, BalancerFactory, HostOutcome } from './sd/balancer.js';
export { type ConsulOptions, createConsulSubscribers } from './sd/consul.js';
export { createDnsSubscribers, type DnsOptions } from './sd/dns.js';
export { createEtcdSubscribers, type EtcdOptions } from './sd/etcd.js';
export type { Subscriber, SubscriberContext, SubscriberFactory } from './sd/subscriber.js';
export type { AxiosCall, AxiosLike, OwnAxios } from './transport/axios.js';
export type { BackendResponse, Settlement, Transport, TransportMiddleware } from './transport/transport.js';
export default createGateway;
