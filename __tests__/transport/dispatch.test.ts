import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../lib/gateway.js';
import { createOpenTelemetryObserver } from '../../lib/observe/opentelemetry.js';
import type { GatewayOptions } from '../../lib/options.js';
import { answer, type RawServer, startRawServer } from '../support/raw-server.js';
import { openWire, outcomeOf, requestTo, SETTINGS } from './support.js';

const CREATED = 'undici:request:create';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Adds headers as instrumentation of undici does. */
function instrument(headers: () => Record<string, string>): void {
  function onCreated(message: unknown): void {
    const { request } = message as { request: { addHeader(name: string, value: string): void } };
    for (const [name, value] of Object.entries(headers())) request.addHeader(name, value);
  }
  subscribe(CREATED, onCreated);
  closers.push(() => unsubscribe(CREATED, onCreated));
}

async function serve(): Promise<RawServer> {
  const server = await startRawServer(() => [{ wait: 5 }, { send: answer() }]);
  closers.push(() => server.close());
  return server;
}

describe('E10 headers that instrumentation adds', () => {
  it('take the place of ours, and of nothing else', async () => {
    const server = await serve();
    const wire = openWire();
    closers.push(() => wire.close());
    instrument(() => ({ traceparent: 'theirs', baggage: 'a=1' }));
    const headers = { 'x-list': ['1', '2'], TraceParent: 'ours', 'x-other': '3' };
    await outcomeOf(wire.transportFor(SETTINGS)(requestTo(server.origin, { headers })));
    const { names, headers: received } = server.requests[0]!;
    expect(received).toMatchObject({ traceparent: 'theirs', baggage: 'a=1', 'x-list': '1, 2', 'x-other': '3' });
    expect(names.filter((name) => name === 'traceparent')).toHaveLength(1);
  });

  it('are added in the context of their own call, also where it waited for a socket', async () => {
    const server = await serve();
    const wire = openWire({ max_connections_per_host: 1 });
    closers.push(() => wire.close());
    const storage = new AsyncLocalStorage<string>();
    instrument(() => ({ traceparent: storage.getStore() ?? 'none' }));
    const transport = wire.transportFor(SETTINGS);
    const paths = ['/a', '/b', '/c', '/d'];
    await Promise.all(
      paths.map((path) => storage.run(path, () => outcomeOf(transport(requestTo(server.origin + path))))),
    );
    expect(server.requests.map(({ target }) => target)).toEqual(paths);
    expect(server.requests.map(({ headers }) => headers['traceparent'])).toEqual(paths);
  });
});

describe('E10 beside @opentelemetry/instrumentation-undici', () => {
  const exporter = new InMemorySpanExporter();
  const instrumentation = new UndiciInstrumentation();

  beforeEach(() => {
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    api.propagation.setGlobalPropagator({
      inject(context, carrier, setter) {
        const span = api.trace.getSpanContext(context);
        if (span) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-0${span.traceFlags}`);
      },
      extract: (context) => context,
      fields: () => ['traceparent'],
    });
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    api.trace.setGlobalTracerProvider(provider);
    instrumentation.setTracerProvider(provider);
    instrumentation.enable();
    closers.push(() => {
      instrumentation.disable();
      exporter.reset();
      api.context.disable();
      api.propagation.disable();
      api.trace.disable();
    });
  });

  async function call(origin: string, options: GatewayOptions): Promise<void> {
    const gateway: Gateway = createGateway(
      { endpoints: [{ endpoint: '/x', input_headers: ['*'], backend: [{ host: [origin], url_pattern: '/y' }] }] },
      options,
    );
    const front = createServer((request, response) => gateway(request, response, () => response.end()));
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    closers.push(
      () => front.close(),
      () => gateway.close(),
    );
    const request = get({
      port: (front.address() as AddressInfo).port,
      host: '127.0.0.1',
      path: '/x',
      agent: false,
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    expect(response.statusCode).toBe(200);
  }

  it('one traceparent goes out, of a span below that of the backend', async () => {
    const server = await serve();
    await call(server.origin, { observe: createOpenTelemetryObserver(api) });
    const { names, headers } = server.requests[0]!;
    expect(names.filter((name) => name === 'traceparent')).toHaveLength(1);
    const spans = exporter.getFinishedSpans();
    const sent = spans.find((span) => headers['traceparent']?.includes(span.spanContext().spanId));
    const parentOf = (span: ReadableSpan | undefined) =>
      spans.find((each) => each.spanContext().spanId === span?.parentSpanContext?.spanId);
    expect(sent?.name).toBe('GET');
    expect(parentOf(sent)?.name).toBe('GET /y');
    expect(parentOf(parentOf(sent))?.name).toBe('GET /x');
  });

  it('a forwarded traceparent does not go out beside its own', async () => {
    const server = await serve();
    await call(server.origin, {});
    const { names, headers } = server.requests[0]!;
    expect(names.filter((name) => name === 'traceparent')).toHaveLength(1);
    expect(headers['traceparent']).toContain(exporter.getFinishedSpans()[0]?.spanContext().spanId);
  });
});
