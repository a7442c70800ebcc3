import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRedisCache, type RedisCacheClient } from '../../../lib/components/http-cache/redis.js';
import { createGateway, type Gateway } from '../../../lib/gateway.js';
import { createMemoryExchange } from '../../../lib/testing/memory-exchange.js';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis-server.js';
import { headersOf } from '../../support/requests.js';

/** Speaks the commands as Redis does, but scripts. */
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
    if (command === 'PING') return 'PONG';
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
    const unlinked = redis.commands.filter(([command]) => command === 'UNLINK').length;
    expect(await store.remove(() => false)).toBe(0);
    // Without a key it would be an error.
    expect(redis.commands.filter(([command]) => command === 'UNLINK')).toHaveLength(unlinked);
  });

  test('asks whether the server is there, and passes on that it is not', async () => {
    const redis = fakeRedis();
    expect(await createRedisCache(wrap(redis.run)).ping?.()).toBe('PONG');
    const gone = createRedisCache(wrap(() => Promise.reject(new Error('gone'))));
    await expect(gone.ping?.()).rejects.toThrow('gone');
  });

  test('the prefix is text, not a pattern', async () => {
    const redis = fakeRedis();
    await createRedisCache(wrap(redis.run), { prefix: 'a[1]*?\\' }).remove(() => true);
    expect(redis.commands[0]?.slice(0, 4)).toEqual(['SCAN', '0', 'MATCH', 'a\\[1\\]\\*\\?\\\\*']);
  });
});

/** How many commands the server has run. */
async function commandsOf(inspector: Redis): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await inspector.info('stats'))?.[1]);
}

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
  /** What the backend waits for. */
  let held: Promise<void> | undefined;

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
        endpoints: (['GET', 'PUT'] as const).map((method) => ({
          endpoint: '/x/{id}',
          method,
          output_encoding: 'no-op',
          input_headers: ['Accept-Language'],
          backend: [
            {
              host: ['http://a.test'],
              url_pattern: '/x/{id}',
              extra_config: { 'qos/http-cache': { store: 'redis', shared: true } },
            },
          ],
        })),
      },
      {
        stores: { redis: createRedisCache(redis.client) },
        transport: async () => {
          calls++;
          await held;
          const bytes = Buffer.from(Array.from({ length: 512 }, (_, byte) => byte % 256));
          return { status: 200, headers: headersOf({ 'cache-control': 'max-age=60', ...headers }), body: bytes };
        },
      },
    );
  }

  async function get(
    gateway: Gateway,
    url: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<Buffer> {
    const { request, response, closed, received } = createMemoryExchange({ url, headers, method });
    gateway(request, response);
    await closed;
    expect(received().status).toBe(200);
    return received().bytes;
  }

  /** The keys of answers. */
  async function keysOf(url: string): Promise<string[]> {
    return (await inspector.keys('*')).filter((key) => key.includes(url));
  }

  test('what one process has asked for, another one answers with, byte for byte', async () => {
    const [one, other] = [open(), open()];
    const first = await get(one, '/x/1');
    expect(first.length).toBe(512);
    // Storing goes on behind the answer.
    await expect.poll(async () => (await inspector.keys('tributary:cache:*')).length).toBe(2);
    expect((await get(other, '/x/1')).equals(first)).toBe(true);
    expect(calls).toBe(1);
    const keys = await inspector.keys('tributary:cache:*');
    expect(keys).toHaveLength(2);
    // A Redis Cluster keeps both in one place.
    expect(new Set(keys.map((key) => /\{.+\}/.exec(key)?.[0])).size).toBe(1);
    for (const key of keys) expect(await inspector.pttl(key)).toBeGreaterThan(50_000);
  });

  test('variants too', async () => {
    const [one, other] = [open({ vary: 'Accept-Language' }), open({ vary: 'Accept-Language' })];
    await get(one, '/x/2', { 'accept-language': 'de' });
    await get(other, '/x/2', { 'accept-language': 'en' });
    expect(calls).toBe(2);
    await expect.poll(async () => (await keysOf('/x/2')).length).toBe(3);
    await get(other, '/x/2', { 'accept-language': 'de' });
    await get(one, '/x/2', { 'accept-language': 'en' });
    expect(calls).toBe(2);
  });

  test('a purge in one process holds for all', async () => {
    const [one, other] = [open(), open()];
    for (const id of [31, 32, 4]) await get(one, `/x/${id}`);
    for (const id of [31, 32, 4]) await expect.poll(async () => (await keysOf(`/x/${id}`)).length).toBe(1);
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
    // The store is left alone for a second after it has failed, and the server has forgotten the script.
    async function stored(): Promise<string[]> {
      await get(gateway, '/x/5');
      return inspector.keys('*').catch(() => []);
    }
    await expect.poll(stored, { timeout: 10_000 }).toHaveLength(2);
    const before = calls;
    await get(gateway, '/x/5');
    expect(calls).toBe(before);
  }, 30_000);

  test('P12 a write in one process holds for its URL in all, and takes five commands at most', async () => {
    const [one, other] = [open({ vary: 'Accept-Language' }), open({ vary: 'Accept-Language' })];
    for (const language of ['de', 'en']) await get(one, '/x/61', { 'accept-language': language });
    await get(one, '/x/62');
    // Of each URL a variant or two, and the list of what they vary by.
    await expect.poll(async () => (await keysOf('/x/6')).length).toBe(5);
    const before = await commandsOf(inspector);
    await get(other, '/x/61', {}, 'PUT');
    // The count itself is a command.
    expect((await commandsOf(inspector)) - before - 1).toBeLessThanOrEqual(5);
    calls = 0;
    await get(other, '/x/62');
    expect(calls).toBe(0);
    for (const language of ['de', 'en']) await get(one, '/x/61', { 'accept-language': language });
    expect(calls).toBe(2);
    for (const language of ['de', 'en']) await get(other, '/x/61', { 'accept-language': language });
    expect(calls).toBe(2);
  });

  test('P12 what was asked for before the write of another process is not stored after it', async () => {
    const [one, other] = [open(), open()];
    let answer = (): void => {};
    held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const pending = get(one, '/x/63');
    await expect.poll(() => calls).toBe(1);
    held = undefined;
    await get(other, '/x/63', {}, 'PUT');
    answer();
    await pending;
    calls = 0;
    await get(one, '/x/63');
    expect(calls).toBe(1);
    await get(other, '/x/63');
    expect(calls).toBe(1);
  });

  test('S13 what stands broken under its keys is a miss, and is replaced', async () => {
    const gateway = open();
    await get(gateway, '/x/7');
    await expect.poll(() => keysOf('/x/7\n')).toHaveLength(1);
    const [key] = (await keysOf('/x/7\n')) as [string];
    const whole = (await inspector.get(key)) as string;
    const versionKey = `${key.split('}', 1)[0]}} version`;
    const breaks: (() => Promise<unknown>)[] = [
      () => inspector.set(key, whole.slice(0, -3)),
      () => inspector.set(key, 'rubbish'),
      () => inspector.set(key, ''),
      () => inspector.set(key, whole.replace('"layout":2', '"layout":1')),
      () => inspector.set(key, whole.replace('"headers":{', '"headers":5,"x":{')),
      () => inspector.multi().del(key).lpush(key, 'a').exec(),
      () => inspector.multi().del(key).hset(key, 'a', 'b').exec(),
      () => inspector.multi().del(versionKey).lpush(versionKey, 'a').exec(),
      () => inspector.set(versionKey, ''),
    ];
    for (const breakIt of breaks) {
      await breakIt();
      calls = 0;
      await get(gateway, '/x/7');
      await get(gateway, '/x/7');
      expect(calls, String(breakIt)).toBe(1);
    }
  });
});
