import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOpenTelemetryObserver } from '../../lib/observe/opentelemetry.js';
import { createTestGateway, failure, reply, type TestGateway } from '../../lib/testing/index.js';

/** W3C trace context, as the SDK's own propagator has it. */
const propagator: api.TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = api.trace.getSpanContext(context);
    if (span) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-0${span.traceFlags}`);
  },
  extract(context, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, 'traceparent') ?? '').split('-');
    if (!traceId || !spanId) return context;
    return api.trace.setSpanContext(context, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
  fields: () => ['traceparent'],
};

const exporter = new InMemorySpanExporter();
let gateway: TestGateway;
let inBackend: string | undefined;

beforeAll(() => {
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(propagator);
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
});

afterAll(() => {
  api.context.disable();
  api.propagation.disable();
  api.trace.disable();
});

beforeEach(() => {
  exporter.reset();
  inBackend = undefined;
  gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/users/{id}',
          backend: [
            { host: ['http://users:8080'], url_pattern: '/u/{id}' },
            { host: ['http://orders'], url_pattern: '/o?key=fixed', method: 'POST', group: 'orders' },
          ],
        },
      ],
    },
    {
      observe: createOpenTelemetryObserver(api),
      backends: {
        'users:8080/u/{id}': () => {
          inBackend = api.trace.getActiveSpan()?.spanContext().spanId;
          return { id: 1 };
        },
        'orders/o': failure('refused'),
      },
    },
  );
});

function byName(name: string): ReadableSpan {
  const found = exporter.getFinishedSpans().filter((span) => span.name === name);
  expect(found, name).toHaveLength(1);
  return found[0] as ReadableSpan;
}

const REMOTE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('createOpenTelemetryObserver', () => {
  test('one span for the request, one in it for each backend', async () => {
    await gateway.call({ url: '/users/1' });
    const [endpoint, users, orders] = ['GET /users/{id}', 'GET /u/{id}', 'POST /o'].map(byName);
    expect(exporter.getFinishedSpans()).toHaveLength(3);
    expect(endpoint?.kind).toBe(api.SpanKind.SERVER);
    expect(endpoint?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/users/{id}',
      'url.path': '/users/{id}',
      'url.scheme': 'http',
      'http.response.status_code': 200,
      'tributary.outcome': 'partial',
    });
    for (const child of [users, orders]) {
      expect(child?.kind).toBe(api.SpanKind.CLIENT);
      expect(child?.parentSpanContext?.spanId).toBe(endpoint?.spanContext().spanId);
    }
    expect(users?.status.code).toBe(api.SpanStatusCode.UNSET);
    expect(orders?.status).toEqual({ code: api.SpanStatusCode.ERROR, message: 'ERR_BACKEND_CONNECTION' });
    expect(orders?.attributes).toMatchObject({ 'error.type': 'ERR_BACKEND_CONNECTION' });
  });

  test('each backend is sent the traceparent of its own span, inside which it is called', async () => {
    const { trace } = await gateway.call({ url: '/users/1', headers: { traceparent: REMOTE } });
    const span = byName('GET /u/{id}').spanContext();
    expect(trace[0]?.calls[0]?.headers['traceparent']).toBe(`00-${span.traceId}-${span.spanId}-01`);
    expect(inBackend).toBe(span.spanId);
    expect(span.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(byName('GET /users/{id}').parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  });

  test('E10 a backend span has what the semantic conventions ask of HTTP clients', async () => {
    await gateway.call({ url: '/users/1' });
    expect(byName('GET /u/{id}').attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': 'users',
      'server.port': 8080,
      'url.full': 'http://users:8080/u/{id}',
      'url.template': '/u/{id}',
      'tributary.backend': 'backend[0] GET /u/{id}',
      'tributary.outcome': 'complete',
      'tributary.shadow': false,
    });
    expect(byName('POST /o').attributes).toMatchObject({
      'http.request.method': 'POST',
      'server.address': 'orders',
      'server.port': 80,
      'url.full': 'http://orders/o',
      'url.template': '/o',
    });
  });

  test('E10 a status from 400 on, attempts beyond the first, and addresses in numbers are told', async () => {
    let calls = 0;
    const flaky = createTestGateway(
      {
        endpoints: [
          {
            endpoint: '/x',
            backend: [{ host: ['https://[::1]'], url_pattern: '/x', retry: { attempts: 2 } }],
          },
        ],
      },
      { observe: createOpenTelemetryObserver(api), backends: { '[::1]/x': () => reply({ status: ++calls && 503 }) } },
    );
    await flaky.call({ url: '/x' });
    const span = exporter.getFinishedSpans().find(({ kind }) => kind === api.SpanKind.CLIENT);
    expect(calls).toBeGreaterThan(1);
    expect(span?.attributes).toMatchObject({
      'server.address': '::1',
      'server.port': 443,
      'http.response.status_code': 503,
      'http.request.resend_count': calls - 1,
      'error.type': 'ERR_BACKEND_STATUS',
    });
    expect(span?.status.code).toBe(api.SpanStatusCode.ERROR);
  });

  test('a span that is active already is the parent', async () => {
    const server = api.trace.getTracer('test').startSpan('server');
    await api.context.with(api.trace.setSpan(api.context.active(), server), () =>
      gateway.call({ url: '/users/1', headers: { traceparent: REMOTE } }),
    );
    const endpoint = byName('GET /users/{id}');
    expect(endpoint.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
    expect(endpoint.kind).toBe(api.SpanKind.INTERNAL);
  });

  test('E04 no name and no attribute holds what a client sent', async () => {
    await gateway.call({ url: '/users/secret?secret=1', headers: { cookie: 'secret' } });
    for (const { name, attributes } of exporter.getFinishedSpans()) {
      expect(JSON.stringify({ name, attributes })).not.toContain('secret');
    }
  });
});
