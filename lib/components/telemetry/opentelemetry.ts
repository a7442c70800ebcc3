import type { BackendEvent, EndpointEvent, Observer } from '../../observe.js';
import { VERSION } from '../../version.js';

/**
 * The part of `@opentelemetry/api` that is used; hand over the module itself. Contexts and spans are only passed around: as
 * `never` and `unknown` they fit the types of every version of it.
 */
export interface OpenTelemetryApi {
  readonly trace: {
    getTracer(name: string, version?: string): OpenTelemetryTracer;
    getSpan(context: never): unknown;
    setSpan(context: never, span: never): unknown;
  };
  readonly context: {
    active(): unknown;
    with(context: never, work: () => unknown): unknown;
  };
  readonly propagation: {
    extract(context: never, carrier: unknown): unknown;
    inject(context: never, carrier: Record<string, string>): void;
  };
}

export interface OpenTelemetryTracer {
  startSpan(name: string, options: object, context: never): OpenTelemetrySpan;
}

export interface OpenTelemetrySpan {
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** Of the specification: kinds of spans, and the status of a failure. */
const SERVER = 1;
const CLIENT = 2;
const INTERNAL = 0;
const ERROR = 2;

/**
 * An observer for `options.observe` that makes spans by your `@opentelemetry/api`: one for each request to an endpoint,
 * and in it one for each backend, whose `traceparent` the backend is sent. A span that is already active, such as that of
 * an instrumented HTTP server, is the parent; else what the request's own headers say.
 *
 * @example
 * import * as opentelemetry from '@opentelemetry/api';
 * createGateway(config, { observe: createOpenTelemetryObserver(opentelemetry) });
 */
export function createOpenTelemetryObserver(api: OpenTelemetryApi): Observer {
  const { trace, context, propagation } = api;
  const tracer = trace.getTracer('express-tributary', VERSION);

  return {
    started({ endpoint, method }, { headers }) {
      const active = context.active();
      const isTraced = trace.getSpan(active as never) !== undefined;
      const parent = isTraced ? active : propagation.extract(active as never, headers);
      const attributes = { 'http.request.method': method, 'http.route': endpoint };
      const kind = isTraced ? INTERNAL : SERVER;
      const span = tracer.startSpan(`${method} ${endpoint}`, { kind, attributes }, parent as never);
      const inside = trace.setSpan(parent as never, span as never);

      return {
        run: <T>(work: () => T) => context.with(inside as never, work) as T,

        backendStarted({ backend, pattern, isShadow }) {
          const child = tracer.startSpan(
            backend,
            {
              kind: CLIENT,
              attributes: { 'tributary.backend': backend, 'url.template': pattern, 'tributary.shadow': isShadow },
            },
            inside as never,
          );
          const around = trace.setSpan(inside as never, child as never);
          const sent: Record<string, string> = {};
          propagation.inject(around as never, sent);
          return {
            headers: sent,
            run: <T>(work: () => T) => context.with(around as never, work) as T,
            ended: (event) => finish(child, event),
          };
        },

        ended: (event) => finish(span, event),
      };
    },
  };
}

function finish(span: OpenTelemetrySpan, { status, outcome, code }: EndpointEvent | BackendEvent): void {
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  span.setAttribute('tributary.outcome', outcome);
  if (code !== undefined) span.setAttribute('error.type', code);
  if (outcome === 'failed') span.setStatus({ code: ERROR, ...(code !== undefined && { message: code }) });
  span.end();
}
