import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineComponent } from '../lib/components/component.js';
import { createTestGateway, failure, reply, type TestAnswer, type TestGateway } from '../lib/testing/index.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function settle(gateway: TestGateway, url = '/x'): Promise<TestAnswer> {
  const answer = gateway.call({ url });
  answer.catch(() => {});
  await vi.advanceTimersByTimeAsync(5_000);
  return answer;
}

describe('M03 every mask of failures of up to five backends, through the whole gateway', () => {
  const KINDS = [
    failure('refused'),
    reply({ status: 404, body: { leak: 1 } }),
    failure('silent'),
    reply({ body: '<html>' }),
    failure('reset'),
  ];
  const masks = [1, 2, 3, 4, 5].flatMap((size) =>
    Array.from({ length: 2 ** size }, (_, bits) =>
      Array.from({ length: size }, (_, index) => ((bits >> index) & 1) === 1),
    ),
  );

  test.each(masks.map((mask) => [mask.map((fails) => (fails ? '×' : '✓')).join(''), mask] as const))(
    '%s',
    async (_name, mask) => {
      const gateway = createTestGateway(
        {
          cache_ttl: '60s',
          endpoints: [
            { endpoint: '/x', backend: mask.map((_, index) => ({ host: ['http://h'], url_pattern: `/${index}` })) },
          ],
        },
        {
          backends: Object.fromEntries(
            mask.map((fails, index) => [
              `h/${index}`,
              fails ? KINDS[index] : { [`b${index}`]: { n: index }, shared: { [index]: 1 } },
            ]),
          ),
        },
      );
      const { status, body, headers, trace } = await settle(gateway);
      const good = mask.flatMap((fails, index) => (fails ? [] : [index]));
      const isWhole = good.length === mask.length;
      expect(trace.map(({ error }) => error !== undefined)).toEqual(mask);
      expect(headers['x-krakend-completed']).toBe(String(isWhole));
      expect(headers['cache-control']).toBe(isWhole ? 'public, max-age=60' : undefined);
      if (good.length === 0) {
        expect({ status, body }).toEqual({ status: 500, body: undefined });
        return;
      }
      const expected: Record<string, unknown> = { shared: Object.fromEntries(good.map((index) => [index, 1])) };
      for (const index of good) expected[`b${index}`] = { n: index };
      expect({ status, body }).toEqual({ status: 200, body: expected });
    },
  );
});

test('layers stand in one order, from the endpoint to the wire', async () => {
  const order: string[] = [];
  const spy = defineComponent({
    namespace: 'test/spy',
    schema: z.unknown(),
    endpoint: () => (next) => (request) => {
      order.push('endpoint');
      return next(request).then((answer) => {
        order.push(`endpoint ${Object.keys(answer.data ?? {})}`);
        return answer;
      });
    },
    client: () => (next) => (request) => {
      order.push('client');
      return next(request);
    },
    backend: () => (next) => (request) => {
      order.push(`backend ${request.url}`);
      return next(request).then((answer) => {
        order.push(`backend ${JSON.stringify(answer.data)}`);
        return answer;
      });
    },
    transport: () => (next) => (request) => {
      order.push('transport');
      return next(request).then((answer) => {
        order.push(`transport ${answer.status}`);
        return answer;
      });
    },
  });
  const extra_config = { 'test/spy': {} };
  const gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/x',
          extra_config: { ...extra_config, proxy: { static: { data: { s: 1 } } } },
          backend: [{ host: ['http://a'], url_pattern: '/a', group: 'g', concurrent_calls: 2, extra_config }],
        },
      ],
    },
    { components: [spy], backends: { 'a/a': reply({ status: 202, body: { a: 1 } }) } },
  );
  const { body } = await settle(gateway);
  expect(body).toEqual({ g: { a: 1 }, s: 1 });
  // Inside of the copies, each of which counts for breakers and limits; static data outside of everything but hooks.
  expect(order).toEqual([
    'endpoint',
    'client',
    'backend http://a/a',
    'transport',
    'backend http://a/a',
    'transport',
    'transport 202',
    'transport 202',
    'backend {"g":{"a":1}}',
    'backend {"g":{"a":1}}',
    'endpoint g,s',
  ]);
});

test('E03 a component that never settles is stopped by the deadline of the endpoint', async () => {
  const stuck = defineComponent({
    namespace: 'test/stuck',
    schema: z.unknown(),
    backend: () => () => () => new Promise<never>(() => {}),
  });
  const extra_config = { 'test/stuck': {} };
  const gateway = createTestGateway(
    {
      timeout: '1s',
      endpoints: [
        {
          endpoint: '/x',
          backend: [{ host: ['http://a'], extra_config }, { host: ['http://b'] }],
        },
        { endpoint: '/y', backend: [{ host: ['http://a'], extra_config }] },
      ],
    },
    { components: [stuck], backends: { 'b/': { b: 1 } } },
  );
  const start = performance.now();
  const call = gateway.call({ url: '/x' });
  await vi.advanceTimersByTimeAsync(850);
  expect((await call).body).toEqual({ b: 1 });
  expect(performance.now() - start).toBe(850);
  expect((await settle(gateway, '/y')).status).toBe(500);
});

test('O01 a backend that is full fails fast, and the others answer', async () => {
  const gateway = createTestGateway(
    {
      timeout: '1s',
      endpoints: [{ endpoint: '/x', backend: [{ host: ['http://slow'], max_pending: 2 }, { host: ['http://fast'] }] }],
    },
    { backends: { 'slow/': failure('silent'), 'fast/': { fast: 1 } }, statuses: 'http' },
  );
  const waiting = [gateway.call({ url: '/x' }), gateway.call({ url: '/x' })];
  const third = await gateway.call({ url: '/x' });
  expect(third).toMatchObject({ status: 200, body: { fast: 1 } });
  expect(third.trace[0]?.error?.code).toBe('ERR_OVERLOADED');
  expect(third.trace[0]?.calls).toEqual([]);
  await vi.advanceTimersByTimeAsync(850);
  await Promise.all(waiting);
  // Those who waited have left: there is room again.
  const later = gateway.call({ url: '/x' });
  await vi.advanceTimersByTimeAsync(850);
  expect((await later).trace[0]?.error?.code).toBe('ERR_BACKEND_TIMEOUT');
});

test('O01 a gateway that is full answers 503 with Retry-After and calls nobody', async () => {
  const gateway = createTestGateway(
    { max_in_flight_requests: 2, endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'] }] }] },
    { backends: { 'a/': failure('silent') } },
  );
  const waiting = [gateway.call({ url: '/x' }), gateway.call({ url: '/x' })];
  expect(await gateway.call({ url: '/x' })).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, trace: [] });
  expect((await gateway.call({ url: '/__health' })).status).toBe(200);
  await vi.advanceTimersByTimeAsync(2000);
  await Promise.all(waiting);
});

test('M01 answers that two requests share are not changed by either', async () => {
  const shared = Object.freeze({ id: 1, deep: Object.freeze({ list: Object.freeze([1]) }) });
  const cached = defineComponent({
    namespace: 'test/cached',
    schema: z.unknown(),
    backend: () => () => async () => ({
      data: shared,
      isComplete: true,
      metadata: Object.freeze({ status: 200, headers: Object.freeze({}) }),
    }),
  });
  const extra_config = { 'test/cached': {} };
  const gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/x',
          extra_config: {
            proxy: { static: { data: { s: 1 } }, flatmap_filter: [{ type: 'del', args: ['deep.list.0'] }] },
          },
          backend: [
            { host: ['http://a'], extra_config },
            { host: ['http://b'], url_pattern: '/b' },
          ],
        },
      ],
    },
    { components: [cached], backends: { 'b/b': { deep: { b: 1 } } } },
  );
  for (let turn = 0; turn < 3; turn++)
    expect((await settle(gateway)).body).toMatchObject({ id: 1, s: 1, deep: { b: 1 } });
  expect(shared).toEqual({ id: 1, deep: { list: [1] } });
});

test('a backend retries at its other hosts, and the trace shows each call', async () => {
  const gateway = createTestGateway(
    { endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a', 'http://b'], retry: { attempts: 1 } }] }] },
    { backends: { 'a/': failure('refused'), 'b/': { b: 1 } } },
  );
  const { body, trace } = await settle(gateway);
  expect(body).toEqual({ b: 1 });
  expect(trace[0]?.calls.map(({ url }) => url)).toEqual(['http://a/', 'http://b/']);
});

test('E01 no host, header or body of a backend gets into an answer or a log', async () => {
  const lines: unknown[] = [];
  const log = (fields: object, message: string) => lines.push(fields, message);
  const KINDS = [
    failure('refused'),
    reply({ status: 500, headers: { 'x-canary': 'canary' }, body: 'canary' }),
    reply({ body: '{"canary":' }),
    reply({ headers: { 'content-type': 'text/canary' }, body: 'canary' }),
  ];
  for (const kind of KINDS) {
    for (const errors of ['empty', 'json'] as const) {
      const gateway = createTestGateway(
        {
          extra_config: { router: { return_error_msg: true } },
          endpoints: [
            { endpoint: '/one', backend: [{ host: ['http://canary.internal:8080'], input_headers: ['*'] }] },
            {
              endpoint: '/two',
              backend: [{ host: ['http://canary.internal:8080'] }, { host: ['http://canary.internal:8080'] }],
            },
          ],
        },
        {
          backends: { 'canary.internal:8080/': kind },
          errors,
          logger: { debug: log, info: log, warn: log, error: log },
        },
      );
      for (const url of ['/one', '/two']) {
        const answer = await settle(gateway, url);
        expect(answer.status).toBe(500);
        expect(answer.text).not.toBe('');
        expect(answer.text + JSON.stringify(answer.headers)).not.toMatch(/canary|8080/);
      }
    }
  }
  expect(lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(lines)).not.toMatch(/canary|8080/);
});
