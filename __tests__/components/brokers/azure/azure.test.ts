import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { azure } from '../../../../lib/components/brokers/azure/azure.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import type { TestGateway } from '../../../../lib/testing/index.js';
import { describePulledBroker } from '../../../contracts/pubsub.js';
import { createPubSubGateway, next, type PubSubSettings, post } from '../../../support/pubsub-gateway.js';
import { azureError, createFakeAzure } from '../fake-azure.js';
import { startFakeServiceBus } from '../fake-service-bus.js';

const TOPIC = 'azuresb://orders';
const SUBSCRIPTION = 'azuresb://orders?subscription=shop';

const ACTIONS = { write: 'send', acknowledge: 'complete' } as const;
describePulledBroker('Service Bus', async () => {
  const bus = await startFakeServiceBus();
  vi.stubEnv('SERVICEBUS_CONNECTION_STRING', bus.address);
  return {
    publish: TOPIC,
    subscribe: SUBSCRIPTION,
    put: (body) => void bus.queue.put({ body: Buffer.from(body) }),
    kept: () => bus.queue.entries.map(({ message, isHidden }) => ({ body: String(message.body), isHidden })),
    dead: () => bus.dead.map(String),
    refuse: (what, secret) =>
      bus.refuse(ACTIONS[what], { condition: 'com.microsoft:entity-disabled', description: secret }),
    close: bus.close,
  };
});

describe('Service Bus by an injected client', () => {
  let fake: ReturnType<typeof createFakeAzure>;
  const gateways: TestGateway[] = [];
  beforeEach(() => {
    fake = createFakeAzure();
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  });
  function gatewayOf(settings: PubSubSettings): TestGateway {
    const mine = { client: 'mine' };
    const gateway = createPubSubGateway({ ...settings, write: mine, read: mine }, { clients: { mine: fake.client } });
    gateways.push(gateway);
    return gateway;
  }

  test('headers are application properties, the key is the session', async () => {
    const headers = { 'content-type': 'application/json', 'x-tenant': 'acme' };
    await gatewayOf({ publish: `${TOPIC}?key_name=X-Tenant` }).call(post('{}', headers));
    await gatewayOf({ publish: TOPIC }).call(post('{}', { 'x-tenant': 'b' }));
    const [first, second] = fake.queue.entries.map(({ message }) => message);
    expect(first).toMatchObject({
      body: Buffer.from('{}'),
      contentType: 'application/json',
      sessionId: 'acme',
      applicationProperties: { 'x-tenant': 'acme' },
    });
    expect(second).not.toHaveProperty('sessionId');
    expect(second).toMatchObject({ messageId: expect.stringMatching(/^[\da-f-]{36}$/) });
  });

  test('a subscription, or a queue, is read without letting the SDK parse what it gets', async () => {
    await gatewayOf({ subscribe: SUBSCRIPTION, backend: { timeout: '20ms' } }).call(next);
    await gatewayOf({ subscribe: 'azuresb://jobs', backend: { timeout: '20ms' } }).call(next);
    const callOptions = { skipParsingBodyAsJson: true, maxAutoLockRenewalDurationInMs: 0 };
    expect(fake.opened).toEqual([
      ['receiver', 'orders', 'shop', callOptions],
      ['receiver', 'jobs', callOptions],
    ]);
  });

  test.each([
    [new Uint8Array(Buffer.from('{"n":1}')), '{"n":1}'],
    ['{"n":2}', '{"n":2}'],
    [{ n: 3 }, '{"n":3}'],
  ])('a body of others, such as %j, is the document', async (body, text) => {
    fake.queue.put({
      body,
      contentType: 'application/json',
      applicationProperties: { 'x-tenant': 7, odd: new Date() },
    });
    const answer = await gatewayOf({ subscribe: SUBSCRIPTION, backend: { output_headers: ['X-Tenant'] } }).call(next);
    expect([answer.text, answer.headers['x-tenant']]).toEqual([text, '7']);
  });

  test('a message without a body adds nothing', async () => {
    fake.queue.put({ body: undefined });
    expect((await gatewayOf({ subscribe: SUBSCRIPTION }).call(next)).text).toBe('{}');
  });

  test('poison gets a reason in the dead letters', async () => {
    fake.queue.put({ body: Buffer.from('poison') });
    const gateway = createPubSubGateway(
      { subscribe: SUBSCRIPTION, read: { client: 'mine', max_attempts: 1 } },
      { clients: { mine: fake.client } },
    );
    gateways.push(gateway);
    await gateway.call(next);
    await vi.waitFor(() => expect(fake.reasons).toEqual(['ERR_BACKEND_DECODE']));
  });

  test('256 KiB is refused before the call, unless max_size says that the tier takes more', async () => {
    const body = 'x'.repeat(2 ** 18);
    const { status, text } = await gatewayOf({ publish: TOPIC }).call(post(body));
    expect([status, text]).toEqual([413, expect.stringContaining('ERR_REQUEST_BODY_SIZE')]);
    expect(fake.queue.entries).toEqual([]);
    expect((await gatewayOf({ publish: `${TOPIC}?max_size=1048576` }).call(post(body))).status).toBe(200);
    fake.refuse(() => azureError('MessageSizeExceeded'));
    expect((await gatewayOf({ publish: `${TOPIC}?max_size=1048576` }).call(post(body))).status).toBe(413);
  });

  test.each([
    [azureError('MessagingEntityNotFound', 'sb://geheim'), 502, 'refused the call (MessagingEntityNotFound)'],
    [azureError('ServiceTimeout', 'geheim'), 504, 'ERR_BACKEND_TIMEOUT'],
    [azureError('ServiceCommunicationProblem', 'geheim'), 502, 'ERR_BACKEND_CONNECTION'],
    [azureError('geheim 10.0.0.1'), 502, 'refused the call'],
    [new Error('getaddrinfo ENOTFOUND geheim'), 502, 'ERR_BACKEND_CONNECTION'],
  ])('%s is told as %i %s', async (error, status, text) => {
    fake.refuse(() => error);
    const answer = await gatewayOf({ publish: TOPIC }).call(post('x'));
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)]);
    expect(answer.text).not.toContain('geheim');
  });

  test('a broker that does not confirm ends with the deadline', async () => {
    fake.refuse(() => 'silence');
    const answer = await gatewayOf({ publish: TOPIC, backend: { timeout: '50ms' } }).call(post('x'));
    expect([answer.status, answer.text]).toEqual([504, expect.stringContaining('TIMEOUT')]);
  });

  test('a sender that closed itself is made anew', async () => {
    const gateway = gatewayOf({ publish: TOPIC });
    const lost = Object.assign(azureError('MessagingEntityNotFound'), { closes: true });
    fake.refuse(() => lost);
    expect((await gateway.call(post('x'))).status).toBe(502);
    fake.refuse(undefined);
    expect((await gateway.call(post('x'))).status).toBe(200);
    expect(fake.opened).toHaveLength(2);
  });

  test('closing ends the question that is open, and leaves the client open', async () => {
    const gateway = gatewayOf({ publish: TOPIC, subscribe: SUBSCRIPTION, backend: { timeout: '50ms' } });
    await gateway.call(next);
    await gateway.call(post('x'));
    const start = performance.now();
    await gateway.close();
    expect(performance.now() - start).toBeLessThan(4_000);
    expect(fake.closed.sort()).toEqual(['receiver', 'sender of orders']);
  });
});

describe('Service Bus by its SDK', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    [undefined, 'SERVICEBUS_CONNECTION_STRING is not set'],
    ['geheim', 'SERVICEBUS_CONNECTION_STRING cannot be read'],
  ])('a connection string %s is told', async (address, message) => {
    vi.stubEnv('SERVICEBUS_CONNECTION_STRING', address);
    const gateway = createPubSubGateway({ publish: TOPIC });
    const { status, text } = await gateway.call(post('x'));
    expect([status, text]).toEqual([502, expect.stringContaining(message)]);
    expect(text).not.toContain('geheim');
    await gateway.close();
  });

  test('N02 a connection that was lost is made again, and takes no message along', async () => {
    const bus = await startFakeServiceBus();
    vi.stubEnv('SERVICEBUS_CONNECTION_STRING', bus.address);
    const gateway = createPubSubGateway({ publish: TOPIC, subscribe: SUBSCRIPTION, backend: { timeout: '1s' } });
    expect((await gateway.call(post('{"n":1}'))).status).toBe(200);
    expect((await gateway.call(next)).text).toBe('{"n":1}');
    const waiting = gateway.call(next);
    bus.drop();
    // Who waits learns of it, or gets what comes over the next connection.
    const answers: string[] = [];
    const confirmed = new Set<string>();
    for (let n = 2; n < 40 && confirmed.size < 3; n++) {
      const { status } = await gateway.call(post(`{"n":${n}}`));
      if (status === 200) confirmed.add(`{"n":${n}}`);
    }
    const { status, text } = await waiting;
    if (status === 200) answers.push(text);
    for (let n = 0; n < 20 && bus.queue.entries.length > 0; n++) {
      const answer = await gateway.call(next);
      if (answer.status === 200) answers.push(answer.text);
    }
    // One that was not confirmed may have arrived all the same.
    expect(answers).toEqual(expect.arrayContaining([...confirmed]));
    expect(new Set(answers).size).toBe(answers.length);
    expect(bus.queue.entries).toEqual([]);
    await gateway.close();
    await bus.close();
  });

  test('a namespace that is not there fails the call by name', async () => {
    const address = 'Endpoint=sb://localhost/;SharedAccessKeyName=n;SharedAccessKey=geheim';
    vi.stubEnv('SERVICEBUS_CONNECTION_STRING', address);
    const gateway = createPubSubGateway({ publish: TOPIC, subscribe: SUBSCRIPTION });
    for (const request of [post('x'), next]) {
      const { status, text } = await gateway.call(request);
      expect([status, text]).toEqual([expect.toBeOneOf([502, 504]), expect.stringMatching(/CONNECTION|TIMEOUT/)]);
      expect(text).not.toMatch(/geheim|localhost/);
    }
    await gateway.close();
  });
});

describe('the URL of a topic', () => {
  test.each([
    ['azuresb://', 'publish', 'names no topic'],
    ['azuresb://', 'subscribe', 'names no topic and no queue'],
    ['azuresb://a b', 'publish', 'nothing but its name'],
    ['azuresb://orders?subscription=', 'subscribe', 'needs a name for "subscription"'],
    ['azuresb://orders?max_size=1', 'publish', '"max_size"'],
  ] as const)('%s cannot %s', (text, use, message) => {
    const url = parseBrokerUrl(text);
    expect(url && azure.faultOf(url, use)).toContain(message);
  });

  test('dead letters are those of the broker', () => {
    expect(() => createPubSubGateway({ subscribe: SUBSCRIPTION, read: { dead_letter: 'x' } })).toThrow(
      /cannot act over "azuresb:\/\/"/,
    );
  });
});
