import { PubSub } from '@google-cloud/pubsub';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Publisher } from '../../../../lib/components/brokers/driver.js';
import { gcp } from '../../../../lib/components/brokers/gcp/gcp.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import type { GatewayOptions } from '../../../../lib/index.js';
import { type Logger, silentLogger } from '../../../../lib/logger.js';
import type { TestGateway } from '../../../../lib/testing/index.js';
import { describePulledBroker } from '../../../contracts/pubsub.js';
import { createPubSubGateway, next, type PubSubSettings, post } from '../../../support/pubsub-gateway.js';
import { type FakeGoogle, startFakeGoogle } from '../fake-google.js';

const TOPIC = 'gcppubsub://projects/shop/topics/orders';
const SUBSCRIPTION = 'gcppubsub://projects/shop/subscriptions/orders';
const CALLS = { write: 'Publish', acknowledge: 'Acknowledge' };
const PERMISSION_DENIED = 7;

function useEmulator(host: string): void {
  vi.stubEnv('PUBSUB_EMULATOR_HOST', host);
  // Else the SDK asks the network whether this is a machine of Google.
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
}
afterEach(() => {
  vi.unstubAllEnvs();
});

describePulledBroker('Pub/Sub', async () => {
  const google = await startFakeGoogle();
  useEmulator(google.host);
  const queue = google.queue('projects/shop/orders');
  const dead = google.queue('projects/shop/orders-unread');
  return {
    publish: TOPIC,
    subscribe: SUBSCRIPTION,
    deadLetter: 'orders-unread',
    put: (data) => void queue.put({ data, attributes: {}, orderingKey: '' }),
    kept: () => queue.entries.map(({ message, isHidden }) => ({ body: message.data, isHidden })),
    dead: () => dead.entries.map(({ message }) => message.data),
    refuse: (what, details) =>
      google.refuse((name) => (name === CALLS[what] ? { code: PERMISSION_DENIED, details } : undefined)),
    close: google.close,
  };
});

describe('Pub/Sub by its SDK', () => {
  let google: FakeGoogle;
  const gateways: TestGateway[] = [];
  beforeEach(async () => {
    google = await startFakeGoogle();
    useEmulator(google.host);
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    await google.close();
  });
  test.each(Array.from({ length: 12 }, (_, ticks) => ticks))(
    'S12 a call that begins %d turns before the client is closed rejects nothing that is not waited for',
    async (ticks) => {
      google.queue('projects/shop/orders');
      const lost: unknown[] = [];
      const onLost = (reason: unknown) => void lost.push(reason);
      process.on('unhandledRejection', onLost);
      const url = parseBrokerUrl(TOPIC);
      const place = { name: 'backend[0]', url, timeout: 500, maxAttempts: 1, logger: silentLogger };
      const publisher = gcp.publisher?.(place as never) as Publisher;
      await publisher.open();
      publisher.publish({ body: Buffer.from('x'), headers: {} } as never).catch(() => {});
      for (let turn = 0; turn < ticks; turn++) await undefined;
      await publisher.close();
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', onLost);
      expect(lost).toEqual([]);
    },
  );

  function gatewayOf(settings: PubSubSettings, options?: GatewayOptions): TestGateway {
    const gateway = createPubSubGateway(settings, options);
    gateways.push(gateway);
    return gateway;
  }

  test('headers are attributes, the key keeps an order, and any bytes are a body', async () => {
    const queue = google.queue('projects/shop/orders');
    const body = Buffer.from([0xff, 0xfe, 0]);
    await gatewayOf({ publish: `${TOPIC}?key_name=X-Tenant` }).call(post(body, { 'x-tenant': 'acme' }));
    await gatewayOf({ publish: 'gcppubsub://shop/orders' }).call(post('a', { 'x-tenant': 'b' }));
    expect(queue.entries.map(({ message }) => message)).toMatchObject([
      { data: body.toString('latin1'), attributes: { 'x-tenant': 'acme' }, orderingKey: 'acme' },
      { data: 'a', attributes: { 'x-tenant': 'b' }, orderingKey: '' },
    ]);
  });

  test('headers that begin like those of Google stay behind', async () => {
    const queue = google.queue('projects/shop/orders');
    const gateway = gatewayOf({ publish: TOPIC, input_headers: ['Goog-A', 'X-B'] });
    await gateway.call(post('x', { 'goog-a': '1', 'x-b': '2' }));
    const [first] = queue.entries;
    expect(Object.keys(first?.message.attributes ?? {})).toContain('x-b');
    expect(first?.message.attributes).not.toHaveProperty('goog-a');
  });

  test.each([
    ['a header of more than 1 KiB', 'x', { 'x-tenant': 'y'.repeat(1_025) }, 431, 'ERR_REQUEST_HEADERS'],
    ['more than 10 MB', Buffer.alloc(10_000_000), {}, 413, 'ERR_REQUEST_BODY_SIZE'],
  ])('%s is refused before the call', async (_what, body, headers, status, code) => {
    const gateway = gatewayOf({ publish: TOPIC, endpoint: { max_request_body: 16_000_000 } });
    const answer = await gateway.call(post(body, headers));
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(code)]);
    expect(google.calls).toEqual([]);
  });

  test('N02 without dead letters, poison is left to the policy of its subscription, and logged', async () => {
    const logged: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (...entry: unknown[]) => void logged.push(entry) };
    const queue = google.queue('projects/shop/orders');
    queue.put({ data: 'poison', attributes: {}, orderingKey: '' });
    const gateway = gatewayOf({ subscribe: SUBSCRIPTION, read: { max_attempts: 1 } }, { logger });
    expect((await gateway.call(next)).status).toBe(502);
    await vi.waitFor(() => expect(JSON.stringify(logged)).toContain('is left to its subscription'));
    expect(queue.entries).toMatchObject([{ isHidden: true, handedOut: 1 }]);
  });

  test('what is not there is a refusal, and is not named', async () => {
    const gateway = gatewayOf({ publish: TOPIC, subscribe: SUBSCRIPTION });
    for (const request of [post('x'), next]) {
      const { text } = await gateway.call(request);
      expect(text).toContain('refused the call (NOT_FOUND)');
      expect(text).not.toContain('shop');
    }
  });

  test('a server that does not answer ends with the deadline, one that is not there fails by name', async () => {
    google.queue('projects/shop/orders');
    google.refuse(() => 'silence');
    const silent = await gatewayOf({ publish: TOPIC, backend: { timeout: '200ms' } }).call(post('x'));
    expect([silent.status, silent.text]).toEqual([504, expect.stringContaining('TIMEOUT')]);
    await google.close();
    const gateway = gatewayOf({ publish: TOPIC, subscribe: SUBSCRIPTION });
    for (const request of [post('x'), next]) {
      const { status, text } = await gateway.call(request);
      expect([status, text]).toEqual([502, expect.stringContaining('ERR_BACKEND_CONNECTION')]);
      expect(text).not.toContain('127.0.0.1');
    }
  });

  test('an injected client lends its settings, and is left open', async () => {
    vi.stubEnv('PUBSUB_EMULATOR_HOST', undefined);
    const queue = google.queue('projects/shop/orders');
    queue.put({ data: '{"n":1}', attributes: {}, orderingKey: '' });
    const mine = new PubSub({ projectId: 'other', apiEndpoint: google.host, emulatorMode: true });
    const gateway = gatewayOf({ subscribe: SUBSCRIPTION, read: { client: 'mine' } }, { clients: { mine } });
    expect((await gateway.call(next)).text).toBe('{"n":1}');
    await gateway.close();
    expect(mine.isOpen).toBe(true);
    await mine.close();
  });

  test('closing ends the question that is open at the broker', async () => {
    google.queue('projects/shop/orders');
    const gateway = gatewayOf({ subscribe: SUBSCRIPTION, backend: { timeout: '50ms' } });
    await gateway.call(next);
    const start = performance.now();
    await gateway.close();
    expect(performance.now() - start).toBeLessThan(4_000);
  });
});

describe('the URL of a topic or subscription', () => {
  test.each([
    ['gcppubsub://', 'publish', 'names no topic'],
    ['gcppubsub://', 'subscribe', 'names no subscription'],
    ['gcppubsub://orders', 'publish', '"projects/p/topics/name" is needed'],
    ['gcppubsub://projects/p/topics/orders', 'subscribe', '"projects/p/subscriptions/name" is needed'],
    ['gcppubsub://projects/p/topics/a b c', 'publish', 'names no topic of Pub/Sub'],
  ] as const)('%s cannot %s', (text, use, message) => {
    const url = parseBrokerUrl(text);
    expect(url && gcp.faultOf(url, use)).toContain(message);
  });

  test.each([
    ['gcppubsub://projects/example.com:shop-1/topics/orders', 'publish'],
    ['gcppubsub://shop/orders', 'subscribe'],
  ] as const)('%s can %s', (text, use) => {
    const url = parseBrokerUrl(text);
    expect(url && gcp.faultOf(url, use)).toBeUndefined();
  });
});
