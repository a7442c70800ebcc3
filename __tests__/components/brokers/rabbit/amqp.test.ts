import { randomUUID } from 'node:crypto';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { BackendInput, EndpointInput, GatewayOptions } from '../../../../lib/index.js';
import { createTestGateway, type TestGateway } from '../../../../lib/testing/index.js';
import { KILLS, killUnderLoad } from '../kills.js';
import { hasRabbit, startRabbit } from '../rabbit-server.js';

const gateways: TestGateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  vi.unstubAllEnvs();
});

/** A gateway with one backend for each of the given namespaces' values. */
function gatewayOf(
  url: string,
  endpoints: Record<string, { value: object; backend?: BackendInput; endpoint?: Partial<EndpointInput> }>,
  options: GatewayOptions = {},
): TestGateway {
  const gateway = createTestGateway(
    {
      timeout: '5s',
      extra_config: { router: { return_error_msg: true } },
      endpoints: Object.entries(endpoints).map(([route, { value, backend, endpoint }]) => {
        const [method, path] = route.split(' ');
        return {
          endpoint: path,
          method,
          ...endpoint,
          backend: [{ host: [url], disable_host_sanitize: true, ...backend, extra_config: value }],
        };
      }),
    } as never,
    { backends: {}, statuses: 'http', errors: 'json', ...options },
  );
  gateways.push(gateway);
  return gateway;
}
const produce = (value: object) => ({ 'backend/amqp/producer': value });
const consume = (value: object) => ({ 'backend/amqp/consumer': value });

describe('a configuration is refused', () => {
  const url = 'amqp://u:geheim@127.0.0.1/';
  test.each<[string, string, object, RegExp]>([
    [
      'without a broker',
      'http://a',
      produce({}),
      /endpoints\[0\]\.backend\[0\]\.host: must hold one URL such as "amqp:/,
    ],
    ['that wants immediate', url, produce({ immediate: true }), /immediate: RabbitMQ has it no more/],
    ['whose key has no param', url, produce({ routing_key: 'nowhere' }), /has no \{nowhere\} in its path/],
    ['whose client is not there', url, produce({ client: 'none' }), /no connection of amqplib called "none"/],
    ['that names no queue', url, consume({}), /name/],
    ['that wants a prefetch_size', url, consume({ name: 'q', prefetch_size: 5 }), /prefetch_size/],
  ])('%s', (_title, host, value, message) => {
    const make = () => gatewayOf(host, { 'POST /a/{key}': { value } });
    expect(make).toThrow(message);
    expect(make).not.toThrow(/geheim/);
  });
});

test('a broker that is not there fails the call by name, and its password stays inside', async () => {
  const gateway = gatewayOf('amqp://u:geheim@127.0.0.1:1/', {
    'POST /a': { value: produce({ exchange: 'x' }) },
    'GET /a': { value: consume({ name: 'q' }) },
  });
  for (const method of ['POST', 'GET']) {
    const { status, text } = await gateway.call({ method, url: '/a' });
    expect([status, text.includes('ERR_BACKEND_CONNECTION')]).toEqual([502, true]);
    expect(text).not.toContain('geheim');
  }
});

describe.runIf(hasRabbit)('against a real broker', () => {
  let broker: Awaited<ReturnType<typeof startRabbit>>;
  let connection: ChannelModel;
  let channel: Channel;
  let queue: string;
  let exchange: string;

  async function reconnect(): Promise<void> {
    connection = await connect(broker.url);
    connection.on('error', () => {});
    channel = await connection.createChannel();
  }
  beforeAll(async () => {
    broker = await startRabbit();
    await reconnect();
  }, 200_000);
  afterAll(async () => {
    await connection?.close().catch(() => {});
    await broker?.close();
  }, 30_000);

  /** A queue that gets everything sent to an exchange of its own. */
  async function newQueue(type = 'topic', key = '#'): Promise<void> {
    [queue, exchange] = [`q-${randomUUID()}`, `x-${randomUUID()}`];
    await channel.assertExchange(exchange, type, { durable: true });
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, exchange, key);
  }
  const topic = (more: object = {}) => produce({ exchange, durable: true, ...more });
  const reader = (more: object = {}) => consume({ name: queue, durable: true, ...more });

  test('a publication is in the queue when it is answered, with what the path and the headers say about it', async () => {
    await newQueue('topic', 'order.7');
    const gateway = gatewayOf(broker.url, {
      'POST /{key}/{ttl}/{prio}/{id}': {
        value: topic({
          routing_key: 'Key',
          exp_key: 'ttl',
          priority_key: 'Prio',
          msg_id_key: 'id',
          reply_to_key: 'id',
        }),
        endpoint: { input_headers: ['Content-Type', 'X-Tenant'] },
      },
    });
    const headers = { 'content-type': 'text/plain', 'x-tenant': 'acme' };
    const answer = await gateway.call({ method: 'POST', url: '/order.7/60000/3/m1', headers, body: 'hello' });
    expect([answer.status, answer.text, answer.headers['x-krakend-completed']]).toEqual([200, '{}', 'true']);
    const message = await channel.get(queue, { noAck: true });
    if (!message) throw new Error('the queue is empty');
    expect(message.content.toString()).toBe('hello');
    expect(message.properties).toMatchObject({
      contentType: 'text/plain',
      deliveryMode: 2,
      expiration: '60000',
      priority: 3,
      messageId: 'm1',
      replyTo: 'm1',
      headers: { 'x-tenant': 'acme' },
    });
  });

  test('values that are no numbers are left out, so that nobody else loses the channel', async () => {
    await newQueue();
    const value = topic({ exp_key: 'ttl', static_routing_key: true, routing_key: 'a.b' });
    const gateway = gatewayOf(broker.url, { 'POST /{ttl}': { value } });
    expect((await gateway.call({ method: 'POST', url: '/soon', body: 'x' })).status).toBe(200);
    const message = await channel.get(queue, { noAck: true });
    expect(message && [message.properties.expiration, message.fields.routingKey]).toEqual([undefined, 'a.b']);
  });

  test('a message that reaches no queue is a failure where it is mandatory, and only that one', async () => {
    await newQueue('topic', 'known');
    const gateway = gatewayOf(broker.url, {
      'POST /must/{key}': { value: topic({ routing_key: 'key', mandatory: true }) },
      'POST /may/{key}': { value: topic({ routing_key: 'key' }) },
    });
    const keys = ['known', 'lost', 'known', 'lost', 'known'];
    const answers = await Promise.all(keys.map((key) => gateway.call({ method: 'POST', url: `/must/${key}` })));
    expect(answers.map(({ status }) => status)).toEqual([200, 502, 200, 502, 200]);
    expect(answers[1]?.text).toContain('reaches no queue');
    expect((await gateway.call({ method: 'POST', url: '/may/lost' })).status).toBe(200);
  });

  test('an exchange of another kind refuses the call, and says which reply it gave', async () => {
    await newQueue('fanout');
    const gateway = gatewayOf(broker.url, { 'POST /a': { value: topic() } });
    const { status, text } = await gateway.call({ method: 'POST', url: '/a' });
    expect([status, text.includes('AMQP 406')]).toEqual([502, true]);
    expect(text).not.toContain(exchange);
  });

  test('a request takes one message, acknowledged when it has become an answer', async () => {
    await newQueue();
    const gateway = gatewayOf(broker.url, {
      'GET /next': { value: reader({ prefetch_count: 1 }), backend: { output_headers: ['X-Tenant', 'Message-Id'] } },
    });
    const waiting = gateway.call({ url: '/next' });
    channel.publish(exchange, 'k', Buffer.from('{"n":12345678901234567890}'), {
      contentType: 'application/json',
      messageId: 'm1',
      headers: { 'X-Tenant': 'acme' },
    });
    channel.publish(exchange, 'k', Buffer.from('{"n":2}'));
    const first = await waiting;
    expect([first.text, first.headers['x-tenant'], first.headers['message-id']]).toEqual([
      '{"n":12345678901234567890}',
      'acme',
      'm1',
    ]);
    expect((await gateway.call({ url: '/next' })).text).toBe('{"n":2}');
    await gateway.close();
    expect((await channel.checkQueue(queue)).messageCount).toBe(0);
  });

  test('N02 what a client that left would have got goes to the next, and what a gateway held goes back when it closes', async () => {
    await newQueue();
    const make = () => gatewayOf(broker.url, { 'GET /next': { value: reader(), backend: { timeout: '300ms' } } });
    const gateway = make();
    expect((await gateway.call({ url: '/next' })).status).toBe(504);
    for (let n = 0; n < 3; n++) channel.publish(exchange, 'k', Buffer.from(`{"n":${n}}`));
    expect((await gateway.call({ url: '/next' })).text).toBe('{"n":0}');
    await gateway.close();
    await vi.waitFor(async () => expect((await channel.checkQueue(queue)).messageCount).toBe(2));
    const second = make();
    expect((await second.call({ url: '/next' })).text).toBe('{"n":1}');
    expect((await second.call({ url: '/next' })).text).toBe('{"n":2}');
  });

  test('N02 a poisonous message is handed out max_attempts times, then goes to the dead letters of the queue', async () => {
    await newQueue();
    const dead = queue;
    const deadExchange = exchange;
    queue = `q-${randomUUID()}`;
    await channel.assertQueue(queue, { durable: true, deadLetterExchange: deadExchange });
    channel.sendToQueue(queue, Buffer.from('poison'));
    channel.sendToQueue(queue, Buffer.from('{"n":1}'));
    vi.stubEnv('RABBIT_SERVER_URL', broker.url);
    const gateway = gatewayOf('rabbit://', {
      'GET /next': { value: { 'backend/pubsub/subscriber': { subscription_url: queue, max_attempts: 2 } } },
    });
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await gateway.call({ url: '/next' }));
    expect(answers.map(({ status }) => status)).toEqual([502, 502, 200]);
    await vi.waitFor(async () => expect((await channel.checkQueue(dead)).messageCount).toBe(1));
  });

  test('auto_ack lets the broker forget, nack_discard gives up the first time', async () => {
    await newQueue();
    const gateway = gatewayOf(broker.url, { 'GET /next': { value: reader({ auto_ack: true, nack_discard: true }) } });
    channel.publish(exchange, 'k', Buffer.from('poison'));
    channel.publish(exchange, 'k', Buffer.from('{"n":1}'));
    expect((await gateway.call({ url: '/next' })).text).toContain('ERR_BACKEND_DECODE');
    expect((await gateway.call({ url: '/next' })).text).toBe('{"n":1}');
  });

  test('topology is declared: queue, exchange and bindings', async () => {
    [queue, exchange] = [`q-${randomUUID()}`, `x-${randomUUID()}`];
    const gateway = gatewayOf(broker.url, {
      'POST /{key}': { value: topic({ routing_key: 'key' }) },
      'GET /next': { value: reader({ exchange, routing_key: ['a.*', 'b.#'] }), backend: { encoding: 'string' } },
    });
    const waiting = [gateway.call({ url: '/next' }), gateway.call({ url: '/next' })];
    await vi.waitFor(() =>
      connect(broker.url).then(async (own) => {
        const probe = await own.createChannel();
        probe.on('error', () => {});
        await probe.checkQueue(queue).finally(() => own.close().catch(() => {}));
      }),
    );
    for (const key of ['a.x', 'c.x', 'b.y.z']) await gateway.call({ method: 'POST', url: `/${key}`, body: key });
    const texts = (await Promise.all(waiting)).map(({ text }) => text);
    expect(texts.sort()).toEqual(['{"content":"a.x"}', '{"content":"b.y.z"}']);
  });

  test('rabbit:// writes to a fanout that exists, and refuses one that does not', async () => {
    await newQueue('fanout');
    vi.stubEnv('RABBIT_SERVER_URL', broker.url);
    const gateway = gatewayOf('rabbit://', {
      'POST /a': { value: { 'backend/pubsub/publisher': { topic_url: exchange } } },
      'POST /b': { value: { 'backend/pubsub/publisher': { topic_url: 'nowhere' } } },
    });
    expect((await gateway.call({ method: 'POST', url: '/a', body: 'x' })).status).toBe(200);
    expect((await channel.checkQueue(queue)).messageCount).toBe(1);
    expect((await gateway.call({ method: 'POST', url: '/b', body: 'x' })).text).toContain('AMQP 404');
  });

  test('an injected connection is used and not closed', async () => {
    await newQueue();
    const own = await connect(broker.url);
    const gateway = gatewayOf(
      'http://unused',
      { 'POST /a': { value: topic({ client: 'mine', static_routing_key: true, routing_key: 'k' }) } },
      { clients: { mine: own } },
    );
    expect((await gateway.call({ method: 'POST', url: '/a', body: 'x' })).status).toBe(200);
    await gateway.close();
    const still = await own.createChannel();
    expect((await still.checkQueue(queue)).messageCount).toBe(1);
    await own.close();
  });

  test('N02 closing lets publications under way finish', async () => {
    await newQueue();
    const gateway = gatewayOf(broker.url, { 'POST /a': { value: topic() } });
    const sent = Array.from({ length: 20 }, () => gateway.call({ method: 'POST', url: '/a', body: 'x' }));
    await gateway.close();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await channel.checkQueue(queue)).messageCount).toBe(20);
  });

  // The last one: what it does to the broker would disturb the others.
  test.runIf(KILLS > 0)(
    'N02 killed and started again under load: what was confirmed is there, and every message is answered',
    async () => {
      await newQueue();
      const gateway = gatewayOf(broker.url, {
        'POST /a': { value: topic({ static_routing_key: true, routing_key: 'k' }) },
        'GET /next': { value: reader(), backend: { timeout: '1s' } },
      });
      const { lost } = await killUnderLoad({ name: 'RabbitMQ', broker, gateway, patience: 20_000 });
      expect(lost).toEqual([]);
      await reconnect();
    },
    1_800_000,
  );
});
