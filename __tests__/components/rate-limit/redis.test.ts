import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRedisLimits } from '../../../lib/components/rate-limit/redis.js';
import type { Limit, LimitStore } from '../../../lib/components/rate-limit/store.js';
import { describeLimitStore } from '../../contracts/limit-store.js';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis-server.js';

describe.skipIf(!hasRedis)('against a real server (skipped without redis-server)', () => {
  let server: RedisServer;
  let client: Redis;
  let store: LimitStore;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 0 });
    client.on('error', () => {});
    store = createRedisLimits(client);
  }, 30_000);
  afterAll(async () => {
    client?.disconnect();
    await server?.kill();
  });

  describeLimitStore('Redis, by ioredis', () => store);

  describe('by node-redis', () => {
    let nodeRedis: ReturnType<typeof open>;

    function open() {
      return createClient({
        socket: { host: '127.0.0.1', port: server.port, reconnectStrategy: 50 },
        disableOfflineQueue: true,
      }).on('error', () => {});
    }

    beforeAll(async () => {
      nodeRedis = open();
      await nodeRedis.connect();
    });
    afterAll(() => nodeRedis?.destroy());

    describeLimitStore('Redis, by node-redis', () => createRedisLimits(nodeRedis));

    test('it is reached, or says that it is not', async () => {
      const other = await createClient({ socket: { host: '127.0.0.1', port: server.port } }).connect();
      await expect(createRedisLimits(other).ping?.()).resolves.toBe('PONG');
      other.destroy();
      await expect(createRedisLimits(other).ping?.()).rejects.toThrow();
    });

    test('both clients take from one bucket', async () => {
      const limit = { capacity: 3, rate: 0.001 };
      const stores = [store, createRedisLimits(nodeRedis)] as const;
      const allowed: boolean[] = [];
      for (const index of [0, 1, 0, 1, 0] as const) allowed.push((await stores[index].take('both', limit)).isAllowed);
      expect(allowed).toEqual([true, true, true, false, false]);
    });

    test('a decision is one round trip, but for the first of a server', async () => {
      await client.script('FLUSH');
      const sent = [vi.spyOn(nodeRedis, 'evalSha'), vi.spyOn(nodeRedis, 'eval')] as const;
      const limits = createRedisLimits(nodeRedis);
      for (let count = 0; count < 5; count++) await limits.take('node trips', { capacity: 10, rate: 1 });
      expect(sent.map((spy) => spy.mock.calls.length)).toEqual([5, 1]);
      for (const spy of sent) spy.mockRestore();
    });

    test('rejects while the server is gone, and goes on when it is back', { timeout: 30_000 }, async () => {
      const limits = createRedisLimits(nodeRedis);
      const limit = { capacity: 5, rate: 0.001 };
      await limits.take('node gone', limit);
      await server.kill();
      await expect(limits.take('node gone', limit)).rejects.toThrow();
      await server.restart();
      await vi.waitFor(async () => expect((await limits.take('node gone', limit)).isAllowed).toBe(true), {
        timeout: 10_000,
      });
      await vi.waitFor(async () => expect(await client.ping()).toBe('PONG'), { timeout: 10_000 });
    });
  });

  test('a decision is one round trip, but for the first of a server', async () => {
    await client.script('FLUSH');
    const call = vi.spyOn(client, 'call');
    for (let count = 0; count < 5; count++) await store.take('trips', { capacity: 10, rate: 1 });
    expect(call.mock.calls.map(([command]) => command)).toEqual([
      'EVALSHA',
      'EVAL',
      'EVALSHA',
      'EVALSHA',
      'EVALSHA',
      'EVALSHA',
    ]);
    call.mockRestore();
  });

  test('it is reached, or says that it is not', async () => {
    const other = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 0, enableOfflineQueue: true });
    await expect(createRedisLimits(other).ping?.()).resolves.toBe('PONG');
    other.disconnect();
    await expect(createRedisLimits(other).ping?.()).rejects.toThrow();
  });

  test('what is not used any more expires when its bucket is full', async () => {
    await store.take('expires', { capacity: 10, rate: 2 });
    const [key] = await client.keys('tributary:limit:expires*');
    const life = await client.pttl(key!);
    expect(life).toBeGreaterThan(500);
    expect(life).toBeLessThanOrEqual(1_500);
  });

  test('a limit that has changed holds from then on', async () => {
    async function burst(limit: Limit): Promise<number> {
      const decisions = await Promise.all(Array.from({ length: 100 }, () => store.take('changing', limit)));
      return decisions.filter(({ isAllowed }) => isAllowed).length;
    }
    expect(await burst({ capacity: 100, rate: 0.001 })).toBe(100);
    expect(await burst({ capacity: 10, rate: 0.001 })).toBe(0);
    expect(await burst({ capacity: 3, rate: 0.002 })).toBe(3);
    expect(await burst({ capacity: 3, rate: 0.0005 })).toBe(3);
  });

  test('keys of two applications are kept apart by their prefix', async () => {
    const limit = { capacity: 1, rate: 0.001 };
    const [one, other] = [
      createRedisLimits(client, { prefix: 'one:' }),
      createRedisLimits(client, { prefix: 'other:' }),
    ];
    expect((await one.take('same', limit)).isAllowed).toBe(true);
    expect((await other.take('same', limit)).isAllowed).toBe(true);
    expect((await one.take('same', limit)).isAllowed).toBe(false);
  });

  test('T05 a clock that was set back makes nobody wait longer than for a full bucket', async () => {
    const limit = { capacity: 10, rate: 2 };
    await store.take('clock', limit);
    const [key] = await client.keys('tributary:limit:clock*');
    const full = Number(await client.get(key!));
    // An hour ago, as seen from now.
    await client.set(key!, String(full + 3_600 * limit.rate));
    const { isAllowed, reset } = await store.take('clock', limit);
    expect(isAllowed).toBe(false);
    expect(reset).toBeLessThanOrEqual(5_000);
  });

  test('L03 is exact while many ask at once', async () => {
    const limit = { capacity: 10, rate: 200 };
    const start = performance.now();
    let allowed = 0;
    while (performance.now() - start < 500) {
      const decisions = await Promise.all(Array.from({ length: 100 }, () => store.take('fast', limit)));
      allowed += decisions.filter(({ isAllowed }) => isAllowed).length;
    }
    const most = limit.capacity + (limit.rate * (performance.now() - start)) / 1_000;
    expect(allowed).toBeLessThanOrEqual(most);
    expect(allowed).toBeGreaterThan(most * 0.85);
  });

  test('rejects while the server is gone, and goes on when it is back', { timeout: 30_000 }, async () => {
    const limit = { capacity: 5, rate: 0.001 };
    await store.take('gone', limit);
    await server.kill();
    await expect(store.take('gone', limit)).rejects.toThrow();
    await server.restart();
    await vi.waitFor(async () => expect((await store.take('gone', limit)).isAllowed).toBe(true), { timeout: 10_000 });
  });
});

test('passes on what the client rejects with', async () => {
  const call = vi.fn(() => Promise.reject(new Error('READONLY You can’t write')));
  await expect(createRedisLimits({ call }).take('a', { capacity: 1, rate: 1 })).rejects.toThrow('READONLY');
  expect(call).toHaveBeenCalledTimes(1);
});
