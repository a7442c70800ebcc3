import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { redis } from '../../../../lib/components/brokers/redis/redis.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import type { BackendInput, GatewayOptions } from '../../../../lib/index.js';
import { createTestGateway, type TestGateway } from '../../../../lib/testing/index.js';
import { hasRedis } from '../../../support/redis-server.js';
import { startDurableRedis } from '../durable-redis.js';
import { KILLS, killUnderLoad } from '../kills.js';

const gateways: TestGateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  vi.unstubAllEnvs();
});

interface Settings {
  readonly publish?: string;
  readonly subscribe?: string;
  readonly more?: object;
  readonly backend?: BackendInput;
}

/** A gateway that publishes by POST and takes messages by GET. */
function gatewayOf({ publish, subscribe, more, backend }: Settings, options: GatewayOptions = {}): TestGateway {
  const write = { 'backend/pubsub/publisher': { topic_url: publish ?? '' } };
  const read = { 'backend/pubsub/subscriber': { subscription_url: subscribe ?? '', ...more } };
  const gateway = createTestGateway(
    {
      timeout: '5s',
      extra_config: { router: { return_error_msg: true } },
      endpoints: [
        ...(publish
          ? [
              {
                endpoint: '/a',
                method: 'POST' as const,
                input_headers: ['X-Tenant'],
                backend: [{ ...backend, extra_config: write }],
              },
            ]
          : []),
        ...(subscribe ? [{ endpoint: '/next', backend: [{ ...backend, extra_config: read }] }] : []),
      ],
    },
    { backends: {}, statuses: 'http', errors: 'json', ...options },
  );
  gateways.push(gateway);
  return gateway;
}
const post = (body: string) => ({ method: 'POST', url: '/a', headers: { 'x-tenant': 'acme' }, body });
const next = { url: '/next' };

test.each([
  ['redis://', 'publish', 'names no stream'],
  ['redis://s?maxlen=0', 'publish', '"maxlen"'],
  ['redis://s', 'subscribe', 'names no group'],
  ['redis://s?group=g&claim_after=soon', 'subscribe', '"claim_after"'],
] as const)('%s cannot %s', (text, use, message) => {
  const url = parseBrokerUrl(text);
  expect(url && redis.faultOf(url, use)).toContain(message);
});

test('a server that is not there fails the call by name', async () => {
  vi.stubEnv('REDIS_URL', 'redis://:geheim@127.0.0.1:1');
  const gateway = gatewayOf({ publish: 'redis://s', subscribe: 'redis://s?group=g' });
  for (const request of [post('x'), next]) {
    const { status, text } = await gateway.call(request);
    expect([status, text.includes('ERR_BACKEND_CONNECTION')]).toEqual([502, true]);
    expect(text).not.toContain('geheim');
  }
});

describe.runIf(hasRedis)('against a real server', () => {
  let server: Awaited<ReturnType<typeof startDurableRedis>>;
  let client: Redis;
  let stream: string;

  beforeAll(async () => {
    server = await startDurableRedis();
    client = new Redis(server.url);
    client.on('error', () => {});
  }, 30_000);
  afterAll(async () => {
    client?.disconnect();
    await server?.close();
  });
  beforeEach(() => {
    vi.stubEnv('REDIS_URL', server.url);
    stream = `s-${randomUUID()}`;
  });
  const pending = async () => ((await client.call('XPENDING', stream, 'g')) as [number])[0];

  test('a publication is in the stream when it is answered, and comes back with its headers', async () => {
    const gateway = gatewayOf({
      publish: `redis://${stream}?maxlen=1000`,
      subscribe: `redis://${stream}?group=g`,
      backend: { output_headers: ['X-Tenant'] },
    });
    const sent = await gateway.call(post('{"n":12345678901234567890}'));
    expect([sent.status, sent.text]).toEqual([200, '{}']);
    expect(await client.xlen(stream)).toBe(1);
    const got = await gateway.call(next);
    expect([got.text, got.headers['x-tenant']]).toEqual(['{"n":12345678901234567890}', 'acme']);
    expect(await pending()).toBe(0);
  });

  test('an entry that others wrote is the object of its fields', async () => {
    await client.xadd(stream, '*', 'id', '7', 'name', 'tea');
    expect((await gatewayOf({ subscribe: `redis://${stream}?group=g` }).call(next)).text).toBe(
      '{"id":"7","name":"tea"}',
    );
  });

  test('members of a group share a stream, and each group gets all of it', async () => {
    const members = [1, 2].map(() => gatewayOf({ subscribe: `redis://${stream}?group=g` }));
    const other = gatewayOf({ subscribe: `redis://${stream}?group=other` });
    for (const n of [1, 2]) await client.xadd(stream, '*', 'body', `{"n":${n}}`);
    const texts = await Promise.all(members.map(async (member) => (await member.call(next)).text));
    expect(texts.sort()).toEqual(['{"n":1}', '{"n":2}']);
    expect((await other.call(next)).text).toBe('{"n":1}');
  });

  test('N02 a client that left takes nothing along; poison goes to the dead letters after max_attempts', async () => {
    const dead = `${stream}-dead`;
    const gateway = gatewayOf({
      subscribe: `redis://${stream}?group=g`,
      more: { max_attempts: 2, dead_letter: dead },
      backend: { timeout: '300ms' },
    });
    expect((await gateway.call(next)).status).toBe(504);
    await client.xadd(stream, '*', 'body', 'poison', 'header:x-a', '1');
    await client.xadd(stream, '*', 'body', '{"n":1}');
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await gateway.call(next));
    expect(answers.map(({ status }) => status)).toEqual([502, 502, 200]);
    const [[, fields] = ['', []]] = await client.xrange(dead, '-', '+');
    expect(fields).toEqual(['body', 'poison', 'header:x-a', '1']);
    expect(await pending()).toBe(0);
  });

  test('N02 what a member took and never acknowledged goes to another one', async () => {
    await client.call('XGROUP', 'CREATE', stream, 'g', '0', 'MKSTREAM');
    await client.xadd(stream, '*', 'body', '{"n":1}');
    await client.call('XREADGROUP', 'GROUP', 'g', 'dead', 'COUNT', 1, 'STREAMS', stream, '>');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const gateway = gatewayOf({ subscribe: `redis://${stream}?group=g&claim_after=1` });
    expect((await gateway.call(next)).text).toBe('{"n":1}');
    expect(await pending()).toBe(0);
  });

  test('what another member acknowledged meanwhile is not answered a second time', async () => {
    await client.xadd(stream, '*', 'body', 'poison');
    const gateway = gatewayOf({ subscribe: `redis://${stream}?group=g`, more: { max_attempts: 2 } });
    await gateway.call(next);
    const [[id] = ['']] = (await client.call('XPENDING', stream, 'g', '-', '+', 1)) as [[string]];
    await client.xack(stream, 'g', id);
    expect((await gateway.call(next)).status).toBe(502);
    const after = gateway.call(next);
    await client.xadd(stream, '*', 'body', '{"n":1}');
    expect((await after).text).toBe('{"n":1}');
  });

  test('a key that is no stream is a refusal, and is not named', async () => {
    await client.set(stream, 'text');
    const gateway = gatewayOf({ publish: `redis://${stream}`, subscribe: `redis://${stream}?group=g` });
    for (const request of [post('x'), next]) {
      const { text } = await gateway.call(request);
      expect(text).toContain('refused the call (WRONGTYPE)');
      expect(text).not.toContain(stream);
    }
  });

  test('an injected client is copied, and left open', async () => {
    const gateway = gatewayOf(
      { subscribe: `redis://${stream}?group=g`, more: { client: 'mine' } },
      { clients: { mine: client } },
    );
    await client.xadd(stream, '*', 'body', '{"n":1}');
    expect((await gateway.call(next)).text).toBe('{"n":1}');
    await gateway.close();
    expect(await client.ping()).toBe('PONG');
  });

  test('N02 closing lets publications under way finish, and hands back what nobody has got', async () => {
    const settings = { publish: `redis://${stream}`, subscribe: `redis://${stream}?group=g` };
    const gateway = gatewayOf({ ...settings, backend: { timeout: '300ms' } });
    // Its read goes on at the server when it has left, and takes the first entry.
    expect((await gateway.call(next)).status).toBe(504);
    const sent = [1, 2, 3].map((n) => gateway.call(post(`{"n":${n}}`)));
    await gateway.close();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200]);
    const other = gatewayOf(settings);
    const texts = [await other.call(next), await other.call(next), await other.call(next)].map(({ text }) => text);
    expect(texts.sort()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  });

  // The last one: what it does to the server would disturb the others.
  test.runIf(KILLS > 0)(
    'N02 killed and started again under load: what was confirmed is stored and answered, nothing twice',
    async () => {
      const gateway = gatewayOf({
        publish: `redis://${stream}`,
        subscribe: `redis://${stream}?group=g&claim_after=10`,
        backend: { timeout: '1s' },
      });
      const { confirmed, lost, twice } = await killUnderLoad({
        name: 'Redis',
        broker: server,
        gateway,
        patience: 30_000,
      });
      expect({ lost, twice }).toEqual({ lost: [], twice: 0 });
      expect(await client.xlen(stream)).toBeGreaterThanOrEqual(confirmed.size);
    },
    1_800_000,
  );
});
