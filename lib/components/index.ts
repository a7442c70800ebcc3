import { botDetector } from './bot-detector.js';
import { publisher } from './brokers/publisher.js';
import { amqpConsumer } from './brokers/rabbit/consumer.js';
import { amqpProducer } from './brokers/rabbit/producer.js';
import { subscriber } from './brokers/subscriber.js';
import { circuitBreaker } from './circuit-breaker.js';
import type { Component } from './component.js';
import { cors } from './cors/cors.js';
import { functionBackend } from './function-backend.js';
import { httpCache } from './http-cache/http-cache.js';
import { ipFilter } from './ip-filter.js';
import { js } from './js.js';
import { jwtValidator } from './jwt/validator.js';
import { lambda } from './lambda/lambda.js';
import { loadShedding } from './load-shedding/load-shedding.js';
import { backendRateLimit } from './rate-limit/backend.js';
import { endpointRateLimit } from './rate-limit/endpoint.js';
import { serviceRateLimit } from './rate-limit/service.js';
import { securityHeaders } from './security-headers/security-headers.js';
import { metrics } from './telemetry/metrics.js';

/** THE TABLE: every built-in feature, outermost first. One order for all hooks. */
export const builtInComponents = [
  cors,
  securityHeaders,
  metrics,
  loadShedding,
  ipFilter,
  botDetector,
  jwtValidator,
  serviceRateLimit,
  endpointRateLimit,
  circuitBreaker,
  backendRateLimit,
  js,
  httpCache,
  functionBackend,
  lambda,
  publisher,
  subscriber,
  amqpProducer,
  amqpConsumer,
] as const satisfies readonly Component[];
