import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';
import type { Broker } from '../components/brokers/broker.js';
import { freePort } from '../components/brokers/free-port.js';
import { hasKafka, startKafka } from '../components/brokers/kafka-server.js';
import { curlLines, ROOT, type RunningExample, startExample } from '../support/example.js';

const SERVER = 'examples/orders/server.mjs';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

afterEach(() => vi.useRealTimers());

interface Confirmation {
  readonly order: string;
  readonly status: string;
  readonly item?: string;
  readonly count?: number;
}

async function place(example: RunningExample, body: unknown): Promise<Confirmation> {
  const answer = await example.call('/api/orders', { method: 'POST', body: JSON.stringify(body) });
  expect([answer.status, answer.headers.get('x-krakend-completed')]).toEqual([200, 'true']);
  return answer.json as Confirmation;
}

/** What holds with a broker and without one. */
async function checkOrders(example: RunningExample): Promise<void> {
  const [order, next] = curlLines(example.output);
  const first = (await example.call(order!.url, order!.init)).json as Confirmation;
  expect(first).toEqual({ order: expect.stringMatching(UUID), status: 'confirmed', item: 'tea', count: 2 });

  const counts = Array.from({ length: 20 }, (_, index) => index + 1);
  const placed = await Promise.all(counts.map((count) => place(example, { item: `item ${count}`, count })));
  // Each has its own confirmation, and no number but its own.
  expect(placed.map(({ item, count }) => [item, count])).toEqual(counts.map((count) => [`item ${count}`, count]));
  const refused = await place(example, { item: 'air', count: 0 });
  expect(refused).toEqual({ order: expect.stringMatching(UUID), status: 'refused' });

  const read: Confirmation[] = [];
  while (read.length < 22) read.push((await example.call(next!.url)).json as Confirmation);
  const all = [first, ...placed, refused].map(({ order: id }) => id);
  expect(new Set(all).size).toBe(22);
  expect(read.map(({ order: id }) => id).sort()).toEqual(all.sort());
}

test('examples/orders without a broker: functions publish and confirm', { timeout: 30_000 }, async () => {
  vi.stubEnv('KAFKA_BROKERS', undefined);
  const example = await startExample(SERVER);
  vi.unstubAllEnvs();
  await checkOrders(example);
  expect(await example.stop()).toEqual({ code: 0, errors: '' });
});

test('examples/orders does not start without its broker, and does not say where that should be', async () => {
  const port = await freePort();
  vi.stubEnv('KAFKA_BROKERS', `127.0.0.1:${port}`);
  const start = startExample(SERVER).catch((error: Error) => error.message);
  vi.unstubAllEnvs();
  const message = await start;
  expect(message).toContain('ended with 1');
  expect(message).toContain('endpoints[0].backend[1]: backend[1] POST /: there is no connection to its broker');
  expect(message).toContain('endpoints[1].backend[0]: backend[0] GET /: there is no connection to its broker');
  expect(message).not.toContain(String(port));
}, 30_000);

test('an order that nobody confirms in time is told as accepted, incomplete', async () => {
  // The example has no types.
  const load = (file: string) => import(/* @vite-ignore */ `${ROOT}examples/orders/${file}`);
  const [{ createOrderGateway }, { createMailbox }] = [await load('gateway.mjs'), await load('mailbox.mjs')];
  const published: string[] = [];
  const mailbox = createMailbox();
  const topics = {
    orders: { 'backend/function': 'publish' },
    confirmations: { 'backend/function': 'publish' },
    functions: {
      publish: ({ headers }: { headers: { 'x-order-id': string } }) => void published.push(headers['x-order-id']),
    },
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const gateway = createOrderGateway(topics, mailbox);
  const { request, response, closed, received } = createMemoryExchange({ method: 'POST', url: '/orders', body: '{}' });
  gateway(request, response);
  await vi.waitFor(() => expect(published).toHaveLength(1));
  await vi.advanceTimersByTimeAsync(10_000);
  await closed;
  const { status, headers, bytes } = received();
  expect([status, headers['x-krakend-completed']]).toEqual([200, 'false']);
  expect(JSON.parse(bytes.toString())).toEqual({ order: published[0], status: 'accepted' });
  // Too late: nobody waits any more.
  mailbox.deliver(published[0], { status: 'confirmed' });
  await gateway.close();
});

describe.skipIf(!hasKafka)('examples/orders with Kafka (skipped without a broker to start)', () => {
  let broker: Broker;
  let example: RunningExample;

  beforeAll(async () => {
    broker = await startKafka();
    vi.stubEnv('KAFKA_BROKERS', broker.address);
    example = await startExample(SERVER);
    vi.unstubAllEnvs();
  }, 120_000);

  afterAll(async () => {
    const ended = await example?.stop();
    await broker?.close();
    expect(ended?.code).toBe(0);
  }, 60_000);

  test('orders go out by one topic, and each finds its confirmation in another', { timeout: 60_000 }, () =>
    checkOrders(example),
  );
});
