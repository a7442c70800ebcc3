import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Component, defineComponent } from '../../lib/components/component.js';
import { RejectedError } from '../../lib/errors.js';
import type { GatewayConfig } from '../../lib/gateway.js';
import { createNotifier } from '../../lib/observe/notifier.js';
import type { BackendEvent, EndpointEvent, Observe, Observer, RequestObserver } from '../../lib/observe/observer.js';
import type { GatewayOptions } from '../../lib/options.js';
import type { Admit } from '../../lib/proxy.js';
import { createTestGateway, failure, reply, type Stub } from '../../lib/testing/index.js';

afterEach(() => {
  vi.useRealTimers();
});

const TWO: GatewayConfig = {
  timeout: '1s',
  endpoints: [
    {
      endpoint: '/profile/{id}',
      backend: [
        { host: ['http://users'], url_pattern: '/u/{id}' },
        { host: ['http://orders'], url_pattern: '/o', group: 'orders' },
      ],
    },
  ],
};

function raise(): never {
  throw new Error('broken');
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function watch(backends: Record<string, Stub>, config = TWO, options: Omit<GatewayOptions, 'transport'> = {}) {
  const events: (EndpointEvent | BackendEvent)[] = [];
  const gateway = createTestGateway(config, { observe: (event) => events.push(event), ...options, backends });
  const answer = await gateway.call({ url: '/profile/7?secret=1', headers: { authorization: 'secret' } });
  await gateway.close();
  const [endpoint] = events.filter(({ kind }) => kind === 'endpoint');
  const calls = events.filter(({ kind }) => kind === 'backend') as BackendEvent[];
  return { events, answer, endpoint, calls };
}

describe('what observers are told', () => {
  test('a request and each of its backends, by what the configuration says', async () => {
    const { events } = await watch({ 'users/u/{id}': { id: 7 }, 'orders/o': { count: 1 } });
    expect(events).toEqual([
      {
        kind: 'backend',
        endpoint: '/profile/{id}',
        method: 'GET',
        backend: 'backend[0] GET /u/{id}',
        backendMethod: 'GET',
        pattern: '/u/{id}',
        isShadow: false,
        status: 200,
        outcome: 'complete',
        durationMs: expect.any(Number),
        code: undefined,
      },
      expect.objectContaining({ backend: 'backend[1] GET /o', outcome: 'complete' }),
      {
        kind: 'endpoint',
        endpoint: '/profile/{id}',
        method: 'GET',
        status: 200,
        outcome: 'complete',
        durationMs: expect.any(Number),
        bytes: Buffer.byteLength('{"id":7,"orders":{"count":1}}'),
        code: undefined,
      },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/secret|"7"|users|\/profile\/7/);
  });

  test('partial answers and failures, with their codes', async () => {
    const partial = await watch({ 'users/u/{id}': { id: 7 }, 'orders/o': reply({ status: 503 }) });
    expect(partial.endpoint).toMatchObject({ status: 200, outcome: 'partial', code: undefined });
    expect(partial.calls[1]).toMatchObject({ status: 503, outcome: 'failed', code: 'ERR_BACKEND_STATUS' });

    const failed = await watch({ 'users/u/{id}': failure('refused'), 'orders/o': failure('reset') });
    expect(failed.endpoint).toMatchObject({ status: 500, outcome: 'failed', code: 'ERR_ENDPOINT_FAILED' });
    expect(failed.calls[0]).toMatchObject({ status: undefined, outcome: 'failed', code: 'ERR_BACKEND_CONNECTION' });
  });

  test('a backend that was too slow, and one that nobody needed any more', async () => {
    vi.useFakeTimers();
    const backends = [
      { host: ['http://users'], url_pattern: '/u/{id}', required: true },
      { host: ['http://orders'], url_pattern: '/o' },
    ];
    const config = { ...TWO, endpoints: [{ endpoint: '/profile/{id}', backend: backends }] };
    const slow = watch({ 'users/u/{id}': {}, 'orders/o': failure('silent') }, config);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await slow).calls[1]).toMatchObject({ outcome: 'failed', code: 'ERR_BACKEND_TIMEOUT' });
    const cancelled = await watch({ 'users/u/{id}': failure('refused'), 'orders/o': failure('silent') }, config);
    expect(cancelled.calls).toMatchObject([{ outcome: 'failed' }, { outcome: 'cancelled' }]);
    expect(cancelled.endpoint).toMatchObject({ outcome: 'failed', code: 'ERR_BACKEND_CONNECTION' });
  });

  test('a call that was not made', async () => {
    const [users, orders] = TWO.endpoints?.[0]?.backend ?? [];
    const guarded = { ...orders, max_pending: 1, concurrent_calls: 2 };
    const config = { endpoints: [{ endpoint: '/profile/{id}', backend: [users, guarded] }] } as GatewayConfig;
    const { calls } = await watch({ 'users/u/{id}': {}, 'orders/o': { a: 1 } }, config);
    expect(calls[1]).toMatchObject({ outcome: 'complete' });

    const failing = {
      ...orders,
      extra_config: { 'qos/circuit-breaker': { max_errors: 0, timeout: 60, interval: 60 } },
    };
    const breaking = { endpoints: [{ endpoint: '/profile/{id}', backend: [users, failing] }] } as GatewayConfig;
    const events: (EndpointEvent | BackendEvent)[] = [];
    const gateway = createTestGateway(breaking, {
      observe: (event) => events.push(event),
      backends: { 'users/u/{id}': {}, 'orders/o': reply({ status: 500 }) },
    });
    await gateway.call({ url: '/profile/1' });
    await gateway.call({ url: '/profile/1' });
    const outcomes = events.filter((event) => event.kind === 'backend' && event.backend.startsWith('backend[1]'));
    expect(outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['failed', 'ERR_BACKEND_STATUS'],
      ['rejected', 'ERR_BREAKER_OPEN'],
    ]);
  });

  test.each<[string, Admit, object]>([
    [
      'who is turned away',
      () => new RejectedError(429, 'no'),
      { outcome: 'rejected', code: 'ERR_REJECTED', status: 429 },
    ],
    ['and later', async () => new RejectedError(401, 'no'), { outcome: 'rejected', code: 'ERR_REJECTED', status: 401 }],
    ['a decision that fails', () => raise(), { outcome: 'failed', code: 'ERR_INTERNAL', status: 500 }],
    [
      'a decision that never comes',
      () => new Promise(() => {}),
      { outcome: 'failed', code: 'ERR_ENDPOINT_TIMEOUT', status: 500 },
    ],
    ['who is let in', () => ({ 'x-a': '1' }), { outcome: 'complete', status: 200 }],
  ])('%s at the door of the endpoint', async (_title, admit, expected) => {
    const contexts: string[] = [];
    const door = defineComponent({
      namespace: 'test/door',
      schema: z.unknown(),
      admit: () => (head) => {
        contexts.push(context.getStore() ?? 'none');
        return admit(head);
      },
    });
    const context = new AsyncLocalStorage<string>();
    const events: (EndpointEvent | BackendEvent)[] = [];
    const observer: Observer = {
      ended: (event) => events.push(event),
      started: () => ({ run: (work) => context.run('request', work) }),
    };
    const [endpoint] = TWO.endpoints ?? [];
    const extra_config = { 'test/door': {} };
    const config = { ...TWO, timeout: '100ms', endpoints: [{ ...endpoint, extra_config }] } as GatewayConfig;
    const backends = { 'users/u/{id}': { id: 7 }, 'orders/o': { count: 1 } };
    await watch(backends, config, { observe: [observer], components: [door as Component] });
    expect(events.at(-1)).toMatchObject({ kind: 'endpoint', ...expected });
    expect(events).toHaveLength('code' in expected ? 1 : 3);
    expect(contexts).toEqual(['request']);
  });

  test('a shadow is told apart', async () => {
    const backend = [
      { host: ['http://users'], url_pattern: '/u/{id}' },
      { host: ['http://orders'], url_pattern: '/o', extra_config: { proxy: { shadow: true } } },
    ];
    const config: GatewayConfig = { endpoints: [{ endpoint: '/profile/{id}', backend }] };
    const { calls } = await watch({ 'users/u/{id}': { a: 1 }, 'orders/o': {} }, config);
    expect(new Set(calls.map(({ isShadow }) => isShadow))).toEqual(new Set([true, false]));
  });

  test('retries and copies are one call', async () => {
    const [users, orders] = TWO.endpoints?.[0]?.backend ?? [];
    const backend = [
      { ...users, concurrent_calls: 2 },
      { ...orders, retry: { attempts: 1, backoff: '1ms' } },
    ];
    let tries = 0;
    const { calls } = await watch(
      { 'users/u/{id}': { id: 7 }, 'orders/o': () => (++tries === 1 ? failure('refused') : { a: 1 }) },
      { endpoints: [{ endpoint: '/profile/{id}', backend }] } as GatewayConfig,
    );
    expect(tries).toBe(2);
    expect(calls.map(({ backend: name, outcome }) => [name, outcome])).toEqual([
      ['backend[0] GET /u/{id}', 'complete'],
      ['backend[1] GET /o', 'complete'],
    ]);
  });

  test('requests that no endpoint matches are nobody’s', async () => {
    const observe = vi.fn<Observe>();
    const gateway = createTestGateway(TWO, { observe, backends: {} });
    for (let index = 0; index < 100; index++) await gateway.call({ url: `/nothing/${index}` });
    expect(observe).not.toHaveBeenCalled();
  });
});

describe('observers that follow a request', () => {
  const BACKENDS = { 'users/u/{id}': { id: 7 }, 'orders/o': { count: 1 } };

  test('send headers along with their own call only', async () => {
    const observer: Observer = {
      started: (place) => ({
        backendStarted: ({ backend }) => ({ headers: { traceparent: `${place.endpoint} ${backend}` } }),
      }),
    };
    const { answer } = await watch(BACKENDS, TWO, { observe: observer });
    expect(answer.trace.map(({ calls }) => calls[0]?.headers['traceparent'])).toEqual([
      '/profile/{id} backend[0] GET /u/{id}',
      '/profile/{id} backend[1] GET /o',
    ]);
  });

  test('hear of every attempt, once its host is chosen', async () => {
    const sent: unknown[] = [];
    const observer: Observer = {
      started: () => ({ backendStarted: () => ({ sending: (attempt) => sent.push(attempt) }) }),
    };
    await watch(BACKENDS, TWO, { observe: observer });
    expect(sent).toEqual([
      { method: 'GET', origin: 'http://users' },
      { method: 'GET', origin: 'http://orders' },
    ]);
  });

  test('run the work inside, and hear how each part ends', async () => {
    const log: string[] = [];
    const observer: Observer = {
      started: ({ endpoint }, request) => {
        log.push(`${endpoint} ${request.headers['authorization']}`);
        return {
          run(work) {
            log.push('in');
            return work();
          },
          backendStarted: ({ backend }) => ({
            run(work) {
              log.push(`in ${backend}`);
              return work();
            },
            ended: ({ outcome }) => log.push(`out ${backend} ${outcome}`),
          }),
          ended: ({ outcome }) => log.push(`out ${outcome}`),
        };
      },
    };
    const { answer } = await watch(BACKENDS, TWO, { observe: [observer, { ended: () => log.push('event') }] });
    expect(answer.status).toBe(200);
    expect(log).toEqual([
      '/profile/{id} secret',
      'in',
      'in backend[0] GET /u/{id}',
      'in backend[1] GET /o',
      'event',
      'out backend[0] GET /u/{id} complete',
      'event',
      'out backend[1] GET /o complete',
      'event',
      'out complete',
    ]);
  });
});

describe('E03 an observer that misbehaves harms no request', () => {
  const boom = () => {
    throw new Error('boom');
  };
  const reject = () => Promise.reject(new Error('boom'));
  const BAD: [string, Observe | Observer][] = [
    ['throws', boom],
    ['rejects', reject as never],
    ['throws at the start', { started: boom }],
    ['gives back junk', { started: () => 5 as never }],
    ['rejects at the start', { started: reject as never }],
    [
      'runs nothing',
      { started: () => ({ run: () => undefined as never, backendStarted: () => ({ run: () => null as never }) }) },
    ],
    [
      'runs twice',
      {
        started: () => ({
          run(work) {
            work();
            return work();
          },
          backendStarted: () => ({
            run(work) {
              work();
              return work();
            },
          }),
        }),
      },
    ],
    ['throws before it runs', { started: () => ({ run: boom, backendStarted: () => ({ run: boom }) }) }],
    [
      'throws after it ran',
      {
        started: () => ({
          run(work) {
            work();
            return boom();
          },
          backendStarted: boom,
          ended: boom,
        }),
      },
    ],
    [
      'throws everywhere below',
      { started: () => ({ backendStarted: () => ({ ended: boom, run: boom }), ended: boom }), ended: boom },
    ],
  ];

  test('S14 E03 also when it is told of a stray answer', () => {
    const error = vi.fn();
    const strayed = vi.fn();
    const observation = createNotifier([{ strayed: boom }, { strayed }, {}], { ...silent, error });
    observation?.strayed('http://users');
    expect(strayed).toHaveBeenCalledWith({ origin: 'http://users' });
    expect(error).toHaveBeenCalledTimes(1);
  });

  test.each(BAD)('E03 one that %s', async (_title, observer) => {
    const logger = { ...silent, error: vi.fn() };
    const { answer } = await watch({ 'users/u/{id}': { id: 7 }, 'orders/o': { count: 1 } }, TWO, {
      observe: observer,
      logger,
    });
    expect(answer.body).toEqual({ id: 7, orders: { count: 1 } });
    expect(answer.trace.map(({ calls }) => calls.length)).toEqual([1, 1]);
    expect(logger.error.mock.calls.length).toBeLessThanOrEqual(1);
  });

  test.each<[string, RequestObserver['run']]>([
    ['hands the work’s own promise back', (work) => work()],
    ['waits for the work', (async (work: () => unknown) => await work()) as never],
  ])('E10 a backend that fails is no fault of an observer that %s', async (_title, run) => {
    const logger = { ...silent, error: vi.fn() };
    const observer: Observer = { started: () => ({ run, backendStarted: () => ({ run }) }) as RequestObserver };
    const down = failure('refused');
    const { answer } = await watch({ 'users/u/{id}': down, 'orders/o': down }, TWO, { observe: observer, logger });
    expect(answer.status).toBe(500);
    await new Promise(setImmediate);
    expect(logger.error.mock.calls.filter(([, text]) => text === 'an observer failed')).toEqual([]);
  });

  test('E10 an observer’s own rejection is reported beside it', async () => {
    const logger = { ...silent, error: vi.fn() };
    const own = new Error('own');
    const run = (async (work: () => Promise<unknown>) => {
      await work().catch(() => undefined);
      throw own;
    }) as never;
    const observer: Observer = { started: () => ({ backendStarted: () => ({ run }) }) };
    await watch({ 'users/u/{id}': failure('refused'), 'orders/o': 1 }, TWO, { observe: observer, logger });
    await new Promise(setImmediate);
    expect(logger.error).toHaveBeenCalledWith({ err: own }, 'an observer failed');
  });

  test('E03 what it throws is logged once a minute', () => {
    vi.useFakeTimers();
    const logger = { ...silent, error: vi.fn() };
    const observation = createNotifier([{ ended: boom }], logger);
    const visit = { calls: new Map(), observers: [] };
    const event = {
      kind: 'endpoint',
      endpoint: '/',
      method: 'GET',
      status: 200,
      outcome: 'complete',
      durationMs: 1,
    } as const;
    for (let index = 0; index < 1_000; index++) observation?.leave(visit, event);
    expect(logger.error).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(61_000);
    observation?.leave(visit, event);
    expect(logger.error).toHaveBeenCalledTimes(2);
  });
});

test('without observers there is nothing at all', () => {
  expect(createNotifier([], silent)).toBeUndefined();
});

test('layers to send headers are only there for those who follow', () => {
  const place = { endpoint: '/', method: 'GET', backend: 'b', backendMethod: 'GET', pattern: '/', isShadow: false };
  expect(createNotifier([{ ended() {} }], silent)?.headersLayer(place)).toBeUndefined();
  expect(createNotifier([{ started: () => undefined }], silent)?.headersLayer(place)).toBeDefined();
});
