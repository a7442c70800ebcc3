import { Redis } from 'ioredis';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import type { GatewayConfig } from '../lib/gateway.js';
import {
  BackendError,
  createGateway,
  createRedisCache,
  createRedisLimits,
  defineComponent,
  type GatewayOptions,
  NotReadyError,
  type ReadyCheck,
  type ReadyOptions,
} from '../lib/index.js';
import type { Subscriber } from '../lib/sd/subscriber.js';
import { createTestGateway } from '../lib/testing/index.js';
import { createFakeKafka } from './components/brokers/fake-kafka.js';
import { hasNats, startNats } from './components/brokers/nats-server.js';
import { hasRedis, startRedis } from './support/redis-server.js';

type Endpoint = NonNullable<GatewayConfig['endpoints']>[number];
const gateways: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  vi.unstubAllEnvs();
});

function gatewayOf(endpoints: Endpoint[], options: GatewayOptions = {}) {
  const gateway = createTestGateway(
    { endpoints },
    { statuses: 'http', errors: 'json', backends: { 'users/': { ok: true } }, ...options },
  );
  gateways.push(gateway);
  return gateway;
}

async function failuresOf(gateway: { ready(options?: ReadyOptions): Promise<void> }, options?: ReadyOptions) {
  const error: unknown = await gateway.ready(options).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(NotReadyError);
  return (error as NotReadyError).failures.map(({ path, error: { code } }) => [path, code]);
}

const OVER_HTTP: Endpoint = { endpoint: '/http', backend: [{ host: ['http://users'], url_pattern: '/' }] };

function writer(topic_url: string, client?: string): Endpoint {
  const settings = { topic_url, ...(client !== undefined && { client }) };
  const extra_config = { 'backend/pubsub/publisher': settings };
  return { endpoint: '/write', method: 'POST', timeout: '2s', backend: [{ extra_config }] };
}

function reader(subscription_url: string, client?: string): Endpoint {
  const settings = { subscription_url, ...(client !== undefined && { client }) };
  return { endpoint: '/read', timeout: '2s', backend: [{ extra_config: { 'backend/pubsub/subscriber': settings } }] };
}

describe('gateway.ready()', () => {
  test('is there, and what has only HTTP backends is ready without calling them', async () => {
    const gateway = createGateway({ endpoints: [OVER_HTTP] });
    gateways.push(gateway);
    await expect(gateway.ready()).resolves.toBeUndefined();
  });

  test('connects writers and readers, which otherwise wait for a request', async () => {
    const fake = createFakeKafka();
    const gateway = gatewayOf([writer('kafka://orders', 'mine'), reader('kafka://g?topic=t', 'mine')], {
      clients: { mine: fake.client },
    });
    expect(fake.state.connected).toBe(0);
    await gateway.ready();
    expect([fake.state.connected, fake.isConsuming()]).toEqual([2, true]);
    await gateway.ready();
    await gateway.call({ method: 'POST', url: '/write', body: '{}' });
    expect(fake.state.connected).toBe(2);
  });

  test('lists everything that is missing by its place, and no host or secret', async () => {
    const down = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:9092 user:secret'));
    const broker = { producer: () => ({ connect: down }), consumer: () => ({ connect: down }) };
    const nowhere: Subscriber = { hosts: () => [], ready: async () => {} };
    const error = vi.fn();
    const log = () => {};
    const gateway = gatewayOf(
      [
        OVER_HTTP,
        writer('kafka://orders', 'down'),
        reader('kafka://g?topic=t', 'down'),
        { endpoint: '/found', backend: [{ host: ['users'], sd: 'registry' }] },
      ],
      {
        clients: { down: broker },
        subscribers: { registry: () => nowhere },
        stores: { limits: { take: down, ping: down }, silent: { take: down } },
        logger: { debug: log, info: log, warn: log, error },
      },
    );
    const refusal: unknown = await gateway.ready().catch((thrown) => thrown);
    expect(refusal).toMatchObject({ name: 'NotReadyError', code: 'ERR_NOT_READY' });
    const { failures, message } = refusal as NotReadyError;
    expect(Object.fromEntries(failures.map((failure) => [failure.path, failure.error.code]))).toEqual({
      'options.stores.limits': 'ERR_BACKEND_CONNECTION',
      'endpoints[1].backend[0]': 'ERR_BACKEND_CONNECTION',
      'endpoints[2].backend[0]': 'ERR_BACKEND_CONNECTION',
      'endpoints[3].backend[0]': 'ERR_BACKEND_HOSTS',
    });
    expect(message).toContain('endpoints[1].backend[0]: backend[0] POST /: there is no connection to its broker');
    expect(message).not.toMatch(/10\.0|secret/);
    // What others threw can be looked into, in the log.
    expect(error).toHaveBeenCalledWith(
      { at: 'options.stores.limits', err: expect.objectContaining({ message: expect.stringContaining('10.0.0.1') }) },
      expect.any(String),
    );
    expect((await gateway.call({ url: '/http' })).body).toEqual({ ok: true });
  });

  test('asks again each time: what has come up meanwhile is there', async () => {
    let hosts: readonly string[] = [];
    const subscriber: Subscriber = { hosts: () => hosts, ready: async () => {} };
    const gateway = gatewayOf([{ endpoint: '/found', backend: [{ host: ['users'], sd: 'registry' }] }], {
      subscribers: { registry: () => subscriber },
    });
    expect(await failuresOf(gateway)).toEqual([['endpoints[0].backend[0]', 'ERR_BACKEND_HOSTS']]);
    hosts = ['http://users'];
    await gateway.ready();
  });

  test('waits for the first look-up of service discovery', async () => {
    let found = () => {};
    let hosts: readonly string[] = [];
    const lookedUp = new Promise<void>((resolve) => {
      found = resolve;
    });
    const subscriber: Subscriber = { hosts: () => hosts, ready: () => lookedUp };
    const gateway = gatewayOf([{ endpoint: '/found', backend: [{ host: ['users'], sd: 'registry' }] }], {
      subscribers: { registry: () => subscriber },
    });
    const ready = gateway.ready();
    hosts = ['http://users'];
    found();
    await ready;
  });

  test('asks no longer than its timeout', async () => {
    const gateway = gatewayOf([OVER_HTTP], { stores: { stuck: { ping: () => new Promise(() => {}) } } });
    expect(await failuresOf(gateway, { timeout: 20 })).toEqual([['options.stores.stuck', 'ERR_BACKEND_TIMEOUT']]);
  });

  test('asks for what the configuration in force needs, and nothing once the gateway is closed', async () => {
    const fake = createFakeKafka();
    const down = { ...fake.client, producer: () => ({ connect: () => Promise.reject(new Error('down')) }) };
    const gateway = gatewayOf([writer('kafka://orders', 'down')], { clients: { up: fake.client, down } });
    expect(await failuresOf(gateway)).toHaveLength(1);
    gateway.reload({ endpoints: [writer('kafka://orders', 'up')] });
    await gateway.ready();
    await gateway.close();
    await expect(gateway.ready()).rejects.toMatchObject({ code: 'ERR_CLOSING' });
  });

  test('ends when the gateway closes meanwhile', async () => {
    const gateway = gatewayOf([OVER_HTTP], { stores: { stuck: { ping: () => new Promise(() => {}) } } });
    const failures = failuresOf(gateway);
    await gateway.close();
    expect(await failures).toEqual([['options.stores.stuck', 'ERR_CLOSING']]);
  });
});

test('components of the app say what they need, at every level', async () => {
  const missing = new BackendError('ERR_BACKEND_CONNECTION', 'the vault is sealed');
  const check: ReadyCheck = () => Promise.reject(missing);
  const needy = defineComponent({
    namespace: 'example/needy',
    schema: z.literal(true),
    service: (_, { onReady }) => void onReady(check),
    endpoint: (_, { onReady }) => void onReady(check),
    transport: (_, { onReady }) => void onReady(check),
  });
  const extra_config = { 'example/needy': true } as const;
  const gateway = createGateway(
    { extra_config, endpoints: [{ ...OVER_HTTP, extra_config, backend: [{ host: ['http://a'], extra_config }] }] },
    { components: [needy] },
  );
  gateways.push(gateway);
  const refusal = (await gateway.ready().catch((error) => error)) as NotReadyError;
  expect(refusal.failures.map(({ path }) => path).sort()).toEqual([
    'endpoints[0]',
    'endpoints[0].backend[0]',
    'extra_config["example/needy"]',
  ]);
  for (const { error } of refusal.failures) expect(error).toBe(missing);
});

describe.skipIf(!hasNats)('a real NATS (skipped without nats-server)', () => {
  test('down at start: not ready, and ready when it has come up', { timeout: 30_000 }, async () => {
    const server = await startNats();
    onTestFinished(() => server.close());
    await server.kill();
    vi.stubEnv('NATS_SERVER_URL', server.url);
    const gateway = gatewayOf([writer('nats://orders'), reader('nats://confirmations'), OVER_HTTP]);
    expect(await failuresOf(gateway)).toEqual([
      ['endpoints[0].backend[0]', 'ERR_BACKEND_CONNECTION'],
      ['endpoints[1].backend[0]', 'ERR_BACKEND_CONNECTION'],
    ]);
    expect((await gateway.call({ url: '/http' })).status).toBe(200);
    expect((await gateway.call({ method: 'POST', url: '/write', body: '{}' })).status).toBe(502);

    await server.start();
    await vi.waitFor(() => gateway.ready(), { timeout: 10_000, interval: 20 });
    expect((await gateway.call({ method: 'POST', url: '/write', body: '{}' })).text).toBe('{}');
  });
});

describe.skipIf(!hasRedis)('a real Redis (skipped without redis-server)', () => {
  test('up, down and up again, as a broker and as a store', { timeout: 60_000 }, async () => {
    const server = await startRedis();
    const client = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    client.on('error', () => {});
    onTestFinished(async () => {
      client.disconnect();
      await server.kill();
    });
    vi.stubEnv('REDIS_URL', server.url);
    const nodeRedis = {
      evalSha: (sha: string, { keys, arguments: args }: { keys: string[]; arguments: string[] }) =>
        client.call('EVALSHA', sha, String(keys.length), ...keys, ...args),
      eval: (script: string, { keys, arguments: args }: { keys: string[]; arguments: string[] }) =>
        client.call('EVAL', script, String(keys.length), ...keys, ...args),
    };
    const gateway = gatewayOf([writer('redis://orders'), reader('redis://confirmations?group=g')], {
      stores: {
        limits: createRedisLimits(client),
        others: createRedisLimits(nodeRedis),
        answers: createRedisCache(client),
      },
    });
    await gateway.ready();

    await server.kill();
    await vi.waitFor(async () => expect((await failuresOf(gateway)).map(([path]) => path).sort()).toEqual(ALL), {
      timeout: 10_000,
      interval: 20,
    });
    await server.restart();
    await vi.waitFor(() => gateway.ready(), { timeout: 10_000, interval: 20 });
  });
  const ALL = [
    'endpoints[0].backend[0]',
    'endpoints[1].backend[0]',
    'options.stores.answers',
    'options.stores.limits',
    'options.stores.others',
  ];
});
