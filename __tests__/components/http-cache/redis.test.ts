import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRedisCache, type RedisCacheClient } from '../../../lib/components/http-cache/redis.js';
import { createGateway, type Gateway } from '../../../lib/gateway.js';
import { createMemoryExchange } from '../../../lib/testing/memory-exchange.js';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { headersOf } from '../../support/requests.js';

/** Speaks the four commands as Redis does. */
function fakeRedis() {
  const values = new Map<string, string>();
  const commands: string[][] = [];
  let listed: string[] = [];
  async function run(args: readonly string[]): Promise<unknown> {
    commands.push([...args]);
    const [command, key = '', value = ''] = args;
    if (command === 'GET') return values.get(key) ?? null;
    if (command === 'SET') return values.set(key, value) && 'OK';
    if (command === 'UNLINK') return args.slice(1).filter((name) => values.delete(name)).length;
    if (command === 'SCAN') {
      const start = Number(key);
      if (start === 0) listed = [...values.keys()];
      const end = start + 2;
      return [end < listed.length ? String(end) : '0', listed.slice(start, end)];
    }
    throw new Error(`unexpected ${command}`);
  }
  return { values, commands, run };
}

describe.each<[string, (run: (args: readonly string[]) => Promise<unknown>) => RedisCacheClient]>([
  ['ioredis', (run) => ({ call: (...args: string[]) => run(args) })],
  ['node-redis', (run) => ({ sendCommand: (args: string[]) => run(args) })],
])('createRedisCache over %s', (_name, wrap) => {
  test('gets and sets under its prefix, with a time to live', async () => {
    const redis = fakeRedis();
    const store = createRedisCache(wrap(redis.run), { prefix: 'p:' });
    expect(await store.get('a')).toBeUndefined();
    await store.set('a', 'text', 0.4);
    await store.set('a', 'text', 1500);
    expect(await store.get('a')).toBe('text');
    expect(redis.commands).toEqual([
      ['GET', 'p:a'],
      ['SET', 'p:a', 'text', 'PX', '1'],
      ['SET', 'p:a', 'text', 'PX', '1500'],
      ['GET', 'p:a'],
    ]);
  });

  test('removes what matches, page by page', async () => {
    const redis = fakeRedis();
    const store = createRedisCache(wrap(redis.run));
    for (const key of ['a1', 'a2', 'a3', 'b1', 'b2']) await store.set(key, 'x', 1000);
    const before = redis.values.size;
    expect(await store.remove((key) => key === 'b2' || key === 'b1')).toBe(2);
    expect(redis.values.size).toBe(before - 2);
    expect(await store.remove(() => false)).toBe(0);
  });

  test('the prefix is text, not a pattern', async () => {
    const redis = fakeRedis();
    await createRedisCache(wrap(redis.run), { prefix: 'a[1]*?\\' }).remove(() => true);
    expect(redis.commands[0]?.slice(0, 4)).toEqual(['SCAN', '0', 'MATCH', 'a\\[1\\]\\*\\?\\\\*']);
  });
});

/** A client of the host app, and what a test has to know of it. */
interface RealClient {
  readonly client: RedisCacheClient;
  isReady(): boolean;
  close(): void;
}

async function connectIoredis(port: number): Promise<RealClient> {
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  return { client, isReady: () => client.status === 'ready', close: () => client.disconnect() };
}

async function connectNodeRedis(port: number): Promise<RealClient> {
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 } });
  client.on('error', () => {});
  await client.connect();
  return { client, isReady: () => client.isReady, close: () => client.destroy() };
}

describe.skipIf(!hasRedis).each([
  ['ioredis', connectIoredis],
  ['node-redis', connectNodeRedis],
])('against a real server, by %s (skipped without redis-server)', (_name, connectClient) => {
  let server: RedisServer;
  let redis: RealClient;
  /** To look into the server. */
  let inspector: Redis;
  let calls: number;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connectClient(server.port);
    inspector = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 0 });
    inspector.on('error', () => {});
  }, 30_000);
  afterAll(async () => {
    redis?.close();
    inspector?.disconnect();
    await server?.kill();
  });
  beforeEach(() => {
    calls = 0;
  });

  /** One of several processes: a gateway of its own in front of the same backend. */
  function open(headers: Record<string, string> = {}): Gateway {
    return createGateway(
      {
        endpoints: [
          {
            endpoint: '/x/{id}',
            output_encoding: 'no-op',
            input_headers: ['Accept-Language'],
            backend: [
              {
                host: ['http://a.test'],
                url_pattern: '/x/{id}',
                extra_config: { 'qos/http-cache': { store: 'redis' } },
              },
            ],
          },
        ],
      },
      {
        stores: { redis: createRedisCache(redis.client) },
        transport: async () => {
          calls++;
          const bytes = Buffer.from(Array.from({ length: 512 }, (_, byte) => byte % 256));
          return { status: 200, headers: headersOf({ 'cache-control': 'max-age=60', ...headers }), body: bytes };
        },
      },
    );
  }

  async function get(gateway: Gateway, url: string, headers: Record<string, string> = {}): Promise<Buffer> {
    const { request, response, closed, received } = createMemoryExchange({ url, headers });
    gateway(request, response);
    await closed;
    expect(received().status).toBe(200);
    return received().bytes;
  }

  test('what one process has asked for, another one answers with, byte for byte', async () => {
    const [one, other] = [open(), open()];
    const first = await get(one, '/x/1');
    expect(first.length).toBe(512);
    expect((await get(other, '/x/1')).equals(first)).toBe(true);
    expect(calls).toBe(1);
    const [key] = await inspector.keys('tributary:cache:*');
    expect(await inspector.pttl(key!)).toBeGreaterThan(50_000);
  });

  test('variants too', async () => {
    const [one, other] = [open({ vary: 'Accept-Language' }), open({ vary: 'Accept-Language' })];
    await get(one, '/x/2', { 'accept-language': 'de' });
    await get(other, '/x/2', { 'accept-language': 'en' });
    expect(calls).toBe(2);
    await get(other, '/x/2', { 'accept-language': 'de' });
    await get(one, '/x/2', { 'accept-language': 'en' });
    expect(calls).toBe(2);
  });

  test('a purge in one process holds for all', async () => {
    const [one, other] = [open(), open()];
    for (const id of [31, 32, 4]) await get(one, `/x/${id}`);
    expect(await other.cache.purge('/x/3*')).toBe(2);
    for (const id of [31, 32, 4]) await get(one, `/x/${id}`);
    expect(calls).toBe(5);
  });

  test('a server that hangs, or dies, costs calls and nothing else', async () => {
    const gateway = open();
    await get(gateway, '/x/5');
    server.pause();
    const started = performance.now();
    await get(gateway, '/x/5');
    expect(performance.now() - started).toBeLessThan(1_000);
    server.resume();
    await server.kill();
    await get(gateway, '/x/5');
    expect(calls).toBe(3);
    await server.restart();
    await expect.poll(() => redis.isReady(), { timeout: 10_000 }).toBe(true);
    await get(gateway, '/x/5');
    await get(gateway, '/x/5');
    // One at most: the client may have kept what it could not store.
    expect(calls).toBeLessThanOrEqual(4);
  }, 30_000);
});
