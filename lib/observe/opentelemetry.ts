import type { IncomingMessage } from 'node:http';
import { VERSION } from '../core/version.js';
import type { BackendEvent, BackendObserver, BackendPlace, EndpointEvent, Observer } from './observer.js';

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
const LEAST_SERVER_ERROR = 500;
const LEAST_CLIENT_ERROR = 400;

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
    started({ endpoint, method }, request) {
      const active = context.active();
      const isTraced = trace.getSpan(active as never) !== undefined;
      const parent = isTraced ? active : propagation.extract(active as never, request.headers);
      const attributes = {
        'http.request.method': method,
        'http.route': endpoint,
        ...(!isTraced && { 'url.path': endpoint, 'url.scheme': schemeOf(request) }),
      };
      const kind = isTraced ? INTERNAL : SERVER;
      const span = tracer.startSpan(`${method} ${endpoint}`, { kind, attributes }, parent as never);
      const inside = trace.setSpan(parent as never, span as never);

      return {
        run: <T>(work: () => T) => context.with(inside as never, work) as T,
        backendStarted: (place) => followBackend(place, inside),
        ended: (event) => finish(span, event, LEAST_SERVER_ERROR),
      };
    },
  };

  function followBackend(
    { backend, backendMethod, pattern, isShadow }: BackendPlace,
    inside: unknown,
  ): BackendObserver {
    // A query may hold a key.
    const template = pattern.split('?', 1)[0] as string;
    const attributes = {
      'http.request.method': backendMethod,
      'url.template': template,
      'tributary.backend': backend,
      'tributary.shadow': isShadow,
    };
    const span = tracer.startSpan(`${backendMethod} ${template}`, { kind: CLIENT, attributes }, inside as never);
    const around = trace.setSpan(inside as never, span as never);
    const headers: Record<string, string> = {};
    propagation.inject(around as never, headers);
    let attempts = 0;
    return {
      headers,
      run: <T>(work: () => T) => context.with(around as never, work) as T,
      sending({ origin }) {
        describeServer(span, origin, template);
        if (attempts > 0) span.setAttribute('http.request.resend_count', attempts);
        attempts += 1;
      },
      ended: (event) => finish(span, event, LEAST_CLIENT_ERROR),
    };
  }
}

function schemeOf({ socket }: IncomingMessage): string {
  return 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
}

/** The template is shown in place of the path: what clients send must not be seen by readers of traces. */
function describeServer(span: OpenTelemetrySpan, origin: string, template: string): void {
  if (!URL.canParse(origin)) return;
  const { host, hostname, port, protocol } = new URL(origin);
  span.setAttribute('server.address', hostname.startsWith('[') ? hostname.slice(1, -1) : hostname);
  span.setAttribute('server.port', port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));
  span.setAttribute('url.full', `${protocol}//${host}${template}`);
}

/** @param leastError the status from which on the convention takes an answer for a failure of this side */
function finish(span: OpenTelemetrySpan, event: EndpointEvent | BackendEvent, leastError: number): void {
  const { status, outcome, code } = event;
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  span.setAttribute('tributary.outcome', outcome);
  const isBadStatus = status !== undefined && status >= leastError;
  const isError = outcome === 'failed' || isBadStatus;
  const type = code ?? (isBadStatus ? String(status) : isError ? '_OTHER' : undefined);
  if (type !== undefined) span.setAttribute('error.type', type);
  if (isError) span.setStatus({ code: ERROR, ...(code !== undefined && { message: code }) });
  span.end();
}
