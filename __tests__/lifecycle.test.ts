import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { BackendScope, Component, ServiceScope } from '../lib/components/component.js';
import type { Config } from '../lib/config/resolved.js';
import { BackendError, ConfigError } from '../lib/errors.js';
import { createLifecycle, type Lifecycle } from '../lib/lifecycle.js';
import { silentLogger } from '../lib/logger.js';
import { type GatewayOptions, resolveOptions } from '../lib/options.js';
import type { BackendRequest } from '../lib/proxy.js';
import type { Subscriber, SubscriberContext } from '../lib/sd/subscriber.js';
import { createMemoryExchange, type RequestInit } from '../lib/testing/memory-exchange.js';
import type { Transport } from '../lib/transport/transport.js';
import { backendAnswer } from './support/transport.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function configOf(path: string, host = path, extra: object = {}): object {
  return { endpoints: [{ endpoint: `/${path}`, backend: [{ host: [`http://${host}`] }], ...extra }] };
}

/** Wires that note what becomes of them. Backends answer after 100 ms, except `silent`, which does not. */
function setUp(config: object, options: GatewayOptions = {}, transport: Transport = answerLate) {
  const wires: { closed: number; config: Config }[] = [];
  const lifecycle = createLifecycle(config, resolveOptions(options), (resolved) => {
    const wire = { closed: 0, config: resolved };
    wires.push(wire);
    return {
      transportFor: () => transport,
      close: async () => {
        wire.closed++;
      },
    };
  });
  return { lifecycle, wires };
}

function answerLate(request: BackendRequest): ReturnType<Transport> {
  return new Promise((resolve, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason));
    if (!request.url.includes('silent')) setTimeout(resolve, 100, backendAnswer({ url: request.url }));
  });
}

function call({ handle }: Lifecycle, url: string, init: Partial<RequestInit> = {}) {
  const exchange = createMemoryExchange({ url, ...init });
  const next = vi.fn();
  handle(exchange.request, exchange.response, next);
  return { ...exchange, next };
}

async function stateOf(promise: Promise<unknown>): Promise<string> {
  const state = promise.then(
    () => 'done',
    () => 'failed',
  );
  await vi.advanceTimersByTimeAsync(0);
  return Promise.race([state, Promise.resolve('pending')]);
}

describe('reload', () => {
  test('swaps the configuration in one step', async () => {
    const { lifecycle } = setUp(configOf('old'));
    lifecycle.reload(configOf('new'));
    const [old, current] = [call(lifecycle, '/old'), call(lifecycle, '/new')];
    await vi.advanceTimersByTimeAsync(100);
    expect(old.next).toHaveBeenCalledTimes(1);
    expect(current.received().bytes.toString()).toContain('http://new/');
  });

  test('X02 a request under way finishes on the old one, which is closed after it', async () => {
    const { lifecycle, wires } = setUp(configOf('x', 'old'));
    const running = call(lifecycle, '/x');
    lifecycle.reload(configOf('x', 'new'));
    await vi.advanceTimersByTimeAsync(99);
    expect(wires.map(({ closed }) => closed)).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(running.received().bytes.toString()).toContain('http://old/');
    expect(wires.map(({ closed }) => closed)).toEqual([1, 0]);
  });

  test('an old configuration that nobody uses is closed at once', async () => {
    const { lifecycle, wires } = setUp(configOf('x'));
    lifecycle.reload(configOf('x'));
    await vi.advanceTimersByTimeAsync(0);
    expect(wires.map(({ closed }) => closed)).toEqual([1, 0]);
  });

  test('with a wrong configuration throws, and the old one stays in force', async () => {
    const { lifecycle, wires } = setUp(configOf('x'));
    expect(() => lifecycle.reload({ endpoints: [{ endpoint: '/x', backend: [] }] })).toThrow(ConfigError);
    const { closed, received } = call(lifecycle, '/x');
    await vi.advanceTimersByTimeAsync(100);
    await closed;
    expect(received().status).toBe(200);
    expect(wires).toHaveLength(1);
  });

  test('after close is refused', async () => {
    const { lifecycle } = setUp(configOf('x'));
    await lifecycle.close();
    expect(() => lifecycle.reload(configOf('y'))).toThrow(
      new ConfigError([{ path: '', message: 'the gateway is closed; create a new one' }]),
    );
  });

  test('X02 a thousand times leaves one configuration and nothing else', async () => {
    const open = new Set<Subscriber>();
    const tracked = ({ hosts }: SubscriberContext): Subscriber => {
      const subscriber: Subscriber = { hosts: () => hosts, close: () => open.delete(subscriber) };
      open.add(subscriber);
      return subscriber;
    };
    const config = { endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'], sd: 'tracked' }] }] };
    const { lifecycle, wires } = setUp(config, { subscribers: { tracked } });
    for (let turn = 0; turn < 1000; turn++) lifecycle.reload(config);
    await vi.advanceTimersByTimeAsync(0);
    expect(wires.filter(({ closed }) => closed === 0)).toHaveLength(1);
    expect(open.size).toBe(1);
    await lifecycle.close();
    expect(open.size).toBe(0);
    expect(wires.every(({ closed }) => closed === 1)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what reloads leave behind', () => {
  beforeEach(() => {
    vi.useRealTimers();
  });

  async function collect(): Promise<void> {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
    }
  }

  /** All that outlives a reload, by names that are others each time. */
  function changing(turn: number): object {
    const limit = { max_rate: 10, client_max_rate: 10, strategy: 'ip' };
    const breaker = { max_errors: 1, interval: 60, timeout: 1 };
    const backend = (extra: object) => ({ host: [`http://h${turn}`], url_pattern: `/${turn}`, extra_config: extra });
    return {
      extra_config: {
        'qos/ratelimit/service': { max_rate: turn + 1 },
        'telemetry/metrics': { collection_time: `${turn + 1}s` },
      },
      endpoints: [
        {
          endpoint: `/x${turn}`,
          extra_config: { 'qos/ratelimit/router': limit },
          backend: [
            backend({
              'qos/circuit-breaker': { ...breaker, name: `shared ${turn}`, shared: true },
              'qos/http-cache': { max_items: turn + 1 },
              'qos/ratelimit/proxy': { max_rate: 5 },
            }),
            backend({ 'qos/circuit-breaker': breaker, 'qos/http-cache': { store: 'redis' } }),
          ],
        },
      ],
    };
  }
  const stores = { redis: { get: async () => undefined, set: async () => {}, remove: async () => 0 } };

  test('X02 a thousand times with other names takes no more than once', { timeout: 60_000 }, async () => {
    const { lifecycle } = watchPlans(changing(0), { stores, logger: silentLogger });
    const first = lifecycle.kept().size;
    async function reload(from: number, to: number): Promise<number> {
      for (let turn = from; turn < to; turn++) {
        lifecycle.reload(changing(turn));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await collect();
      return process.memoryUsage().heapUsed;
    }
    const warm = await reload(1, 100);
    const grown = (await reload(100, 1_100)) - warm;
    expect(lifecycle.kept().size).toBe(first);
    // One shared breaker that stays each time takes 4 KB, a whole configuration 50 KB.
    expect(grown / 1_000).toBeLessThan(2_500);
    await lifecycle.close();
  });

  test('X02 not even what a component has kept together with its scope', async () => {
    const states: WeakRef<object>[] = [];
    const holding = {
      namespace: 'test/holding',
      schema: z.number(),
      // Each configuration goes on with the state of the one before, and adds one.
      service(turn: number, scope: ServiceScope) {
        for (const each of [turn, turn - 1]) {
          scope.keep(`state ${each}`, () => {
            const state = { scope };
            states.push(new WeakRef(state));
            return state;
          });
        }
        return undefined;
      },
    };
    const config = (turn: number) => ({ ...configOf('x'), extra_config: { 'test/holding': turn } });
    const { lifecycle } = setUp(config(0), { components: [holding as never] });
    for (let turn = 1; turn <= 20; turn++) {
      lifecycle.reload(config(turn));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await collect();
    expect(states.filter((state) => state.deref() !== undefined).length).toBe(2);
    const kept = [...lifecycle.kept().keys()].filter((key) => key.startsWith('state'));
    expect(kept).toEqual(['state 20', 'state 19']);
  });

  test('X02 not the plans themselves: one that is retired is forgotten', async () => {
    const { lifecycle, plans } = watchPlans(configOf('x'));
    for (let turn = 0; turn < 20; turn++) {
      lifecycle.reload(configOf('x'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await collect();
    expect(plans.filter((plan) => plan.deref() !== undefined)).toHaveLength(1);
  });

  /** What only a plan holds on to: its transport. */
  function watchPlans(config: object, options: GatewayOptions = {}) {
    const plans: WeakRef<object>[] = [];
    const lifecycle = createLifecycle(config, resolveOptions(options), () => {
      const wire = { transportFor: () => answerLate, close: async () => {} };
      plans.push(new WeakRef(wire));
      return wire;
    });
    return { lifecycle, plans };
  }
});

describe('close', () => {
  test('X01 lets requests under way finish, then closes the wire', async () => {
    const { lifecycle, wires } = setUp(configOf('x'));
    const running = call(lifecycle, '/x');
    const closed = lifecycle.close();
    await vi.advanceTimersByTimeAsync(99);
    expect(await stateOf(closed)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(running.received()).toMatchObject({ status: 200, isCut: false });
    expect(wires[0]?.closed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('X01 refuses new requests with 503, and asks for the connection to end', async () => {
    const { lifecycle } = setUp(configOf('x'));
    await lifecycle.close();
    const { closed, received, next } = call(lifecycle, '/x');
    await closed;
    expect(received()).toMatchObject({
      status: 503,
      headers: { connection: 'close', 'retry-after': '1', 'content-length': '0' },
    });
    expect(next).not.toHaveBeenCalled();
  });

  test('X01 leaves to the host app what never was the gateway’s', async () => {
    const { lifecycle } = setUp(configOf('x'));
    await lifecycle.close();
    const { next } = call(lifecycle, '/of-the-app');
    expect(next).toHaveBeenCalledOnce();
    const health = call(lifecycle, '/__health');
    await health.closed;
    expect(health.received()).toMatchObject({ status: 503 });
  });

  test('X01 refuses everything where the gateway has the app to itself', async () => {
    const { lifecycle } = setUp(configOf('x'), { fallthrough: false });
    await lifecycle.close();
    const { next, closed, received } = call(lifecycle, '/of-nobody');
    await closed;
    expect(next).not.toHaveBeenCalled();
    expect(received().status).toBe(503);
  });

  test('X01 is the end: the gateway does not get ready any more', async () => {
    const { lifecycle } = setUp(configOf('x'));
    await lifecycle.ready();
    await lifecycle.close();
    await expect(lifecycle.ready()).rejects.toMatchObject({ code: 'ERR_CLOSING', status: 503 });
  });

  test('X01 ends what has not finished when the time is up', async () => {
    const { lifecycle } = setUp(configOf('silent', 'silent', { timeout: '10m' }));
    const running = call(lifecycle, '/silent');
    const closed = lifecycle.close({ timeout: 500 });
    await vi.advanceTimersByTimeAsync(499);
    expect(await stateOf(closed)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(running.received()).toMatchObject({ status: 503, headers: { connection: 'close' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('X01 waits ten seconds unless it is told otherwise', async () => {
    const { lifecycle } = setUp(configOf('silent', 'silent', { timeout: '10m' }));
    call(lifecycle, '/silent');
    const closed = lifecycle.close();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await stateOf(closed)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    await closed;
  });

  test('X01 ends what a reload has left behind as well', async () => {
    const { lifecycle, wires } = setUp(configOf('silent', 'silent', { timeout: '10m' }));
    const running = call(lifecycle, '/silent');
    lifecycle.reload(configOf('x'));
    const closed = lifecycle.close({ timeout: 500 });
    await vi.advanceTimersByTimeAsync(500);
    await closed;
    expect(running.received().status).toBe(503);
    expect(wires.map((wire) => wire.closed)).toEqual([1, 1]);
  });

  test('X01 ends streams, and the client sees that they were cut', async () => {
    const body = new Readable({ read() {} });
    const { lifecycle } = setUp(configOf('x', 'x', { output_encoding: 'no-op' }), {}, async () => ({
      ...backendAnswer(''),
      body,
    }));
    const { received } = call(lifecycle, '/x');
    await vi.advanceTimersByTimeAsync(0);
    body.push('first');
    const closed = lifecycle.close({ timeout: 500 });
    await vi.advanceTimersByTimeAsync(500);
    await closed;
    expect(received()).toMatchObject({ status: 200, isCut: true });
    expect(body.destroyed).toBe(true);
  });

  test('X01 is idempotent', async () => {
    const { lifecycle, wires } = setUp(configOf('x'));
    call(lifecycle, '/x');
    const closed = [lifecycle.close(), lifecycle.close({ timeout: 1 }), lifecycle.close()];
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all(closed);
    await lifecycle.close();
    expect(wires[0]?.closed).toBe(1);
  });

  test('T06 an endless timeout is a long one, not none', async () => {
    const { lifecycle } = setUp(configOf('x'));
    const running = call(lifecycle, '/x');
    const closed = lifecycle.close({ timeout: Infinity });
    await vi.advanceTimersByTimeAsync(100);
    await closed;
    expect(running.received().status).toBe(200);
  });

  test('E03 closes everything, whatever fails to close', async () => {
    const error = vi.fn();
    const quiet = vi.fn();
    const onClose = vi.fn();
    const broken = ({ hosts }: SubscriberContext): Subscriber => ({
      hosts: () => hosts,
      close() {
        onClose();
        throw new Error('stuck');
      },
    });
    const backend = { host: ['http://a'], sd: 'broken' };
    const { lifecycle, wires } = setUp(
      { endpoints: [{ endpoint: '/x', backend: [backend, backend] }] },
      { subscribers: { broken }, logger: { debug: quiet, info: quiet, warn: quiet, error } },
    );
    await lifecycle.close();
    expect(onClose).toHaveBeenCalledTimes(2);
    expect(wires[0]?.closed).toBe(1);
  });

  function stuckOf(patience = Number.POSITIVE_INFINITY): Component {
    return {
      namespace: 'test/stuck',
      schema: z.unknown(),
      backend(_settings: unknown, { onClose }: BackendScope) {
        onClose(() => new Promise((resolve) => (patience < 1e6 ? setTimeout(resolve, patience) : undefined)));
        return undefined;
      },
    } as never;
  }
  function startStuck(path: string, patience?: number, extra: object = {}) {
    const error = vi.fn();
    const quiet = vi.fn();
    const backend = { host: [`http://${path}`], extra_config: { 'test/stuck': {} } };
    const started = setUp(
      { endpoints: [{ endpoint: `/${path}`, backend: [backend], ...extra }] },
      { components: [stuckOf(patience)], logger: { debug: quiet, info: quiet, warn: quiet, error } },
    );
    return { ...started, error };
  }
  const NAMED = [
    [{ at: 'endpoints[0].backend[0].extra_config["test/stuck"]' }, expect.stringMatching(/has not ended in time/)],
  ];

  test('X01 ends in time where a component never ends, and the log names it', async () => {
    const { lifecycle, error, wires } = startStuck('x');
    const closed = lifecycle.close({ timeout: 3_000 });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(await stateOf(closed)).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await stateOf(closed)).toBe('done');
    expect(error.mock.calls).toEqual(NAMED);
    expect(wires[0]?.closed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('X01 a component has a second, though requests have used up all the time', async () => {
    for (const [patience, isNamed] of [
      [900, false],
      [undefined, true],
    ] as const) {
      const { lifecycle, error } = startStuck('silent', patience, { timeout: '10m' });
      call(lifecycle, '/silent');
      const closed = lifecycle.close({ timeout: 500 });
      await vi.advanceTimersByTimeAsync(1_399);
      expect(await stateOf(closed)).toBe('pending');
      await vi.advanceTimersByTimeAsync(101);
      expect(await stateOf(closed)).toBe('done');
      const said = error.mock.calls.filter(([fields]) => 'at' in fields);
      expect(said).toEqual(isNamed ? NAMED : []);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test('X01 nor does what a reload has left behind hold it up', async () => {
    const { lifecycle, error } = startStuck('x');
    lifecycle.reload(configOf('y'));
    const closed = lifecycle.close({ timeout: 500 });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await stateOf(closed)).toBe('done');
    expect(error.mock.calls).toEqual(NAMED);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('X02 after a reload a component has ten seconds', async () => {
    const { lifecycle, error } = startStuck('x');
    lifecycle.reload(configOf('y'));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(error).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(error.mock.calls).toEqual(NAMED);
    await lifecycle.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('E03 ends also when the wire does not close', async () => {
    const error = vi.fn();
    const quiet = vi.fn();
    const lifecycle = createLifecycle(
      configOf('x'),
      resolveOptions({ logger: { debug: quiet, info: quiet, warn: quiet, error } }),
      () => ({ transportFor: () => answerLate, close: () => Promise.reject(new Error('stuck')) }),
    );
    await lifecycle.close();
    expect(error).toHaveBeenCalledTimes(1);
  });
});

describe('X02 a gateway that cannot be built', () => {
  test('opens nothing when its configuration is wrong', () => {
    const openWire = vi.fn();
    expect(() => createLifecycle({ endpoints: [{}] }, resolveOptions({}), openWire)).toThrow(ConfigError);
    expect(openWire).not.toHaveBeenCalled();
  });

  test('closes what it has opened when a part of it throws', async () => {
    const onClose = vi.fn();
    const tracked = ({ hosts }: SubscriberContext): Subscriber => ({ hosts: () => hosts, close: onClose });
    const throwing = {
      namespace: 'test/throwing',
      schema: z.unknown(),
      backend() {
        throw new BackendError('ERR_INTERNAL', 'cannot start');
      },
    };
    const wires: number[] = [];
    const start = () =>
      createLifecycle(
        {
          endpoints: [
            { endpoint: '/a', backend: [{ host: ['http://a'], sd: 'tracked' }] },
            { endpoint: '/b', backend: [{ host: ['http://b'], extra_config: { 'test/throwing': {} } }] },
          ],
        },
        resolveOptions({ subscribers: { tracked }, components: [throwing] }),
        () => ({
          transportFor: () => answerLate,
          close: async () => {
            wires.push(1);
          },
        }),
      );
    expect(start).toThrow('cannot start');
    await vi.advanceTimersByTimeAsync(0);
    expect(onClose).toHaveBeenCalledTimes(1);
    expect(wires).toHaveLength(1);
  });
});

test('X02 two gateways know nothing of each other', async () => {
  const [one, other] = [setUp(configOf('x', 'one')), setUp(configOf('x', 'other'))];
  await one.lifecycle.close();
  const { received } = call(other.lifecycle, '/x');
  await vi.advanceTimersByTimeAsync(100);
  expect(received().bytes.toString()).toContain('http://other/');
  expect(other.wires[0]?.closed).toBe(0);
});

test('G04 a configuration that is changed after the start has no effect', async () => {
  const config = { endpoints: [{ endpoint: '/x', backend: [{ host: ['http://a'], group: '' }] }] };
  const { lifecycle } = setUp(config);
  (config.endpoints[0] as { endpoint: string }).endpoint = '/y';
  config.endpoints[0]!.backend[0]!.host[0] = 'http://evil';
  const { received } = call(lifecycle, '/x');
  await vi.advanceTimersByTimeAsync(100);
  expect(received().bytes.toString()).toContain('http://a/');
});
