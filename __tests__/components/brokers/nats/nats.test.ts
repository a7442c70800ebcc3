import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { nats } from '../../../../lib/components/brokers/nats/nats.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import type { BackendInput, GatewayOptions } from '../../../../lib/index.js';
import { createTestGateway, type TestGateway } from '../../../../lib/testing/index.js';
import { KILLS, killUnderLoad } from '../kills.js';
import { hasNats, startNats } from '../nats-server.js';

const gateways: TestGateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  vi.unstubAllEnvs();
});

/** A gateway that publishes by POST and takes messages by GET. */
function gatewayOf(
  {
    publish,
    subscribe,
    more,
    backend,
  }: { publish?: string; subscribe?: string; more?: object; backend?: BackendInput },
  options: GatewayOptions = {},
): TestGateway {
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
                backend: [
                  { ...backend, extra_config: { 'backend/pubsub/publisher': { topic_url: publish, ...more } } },
                ],
              },
            ]
          : []),
        ...(subscribe
          ? [
              {
                endpoint: '/next',
                backend: [
                  {
                    ...backend,
                    extra_config: { 'backend/pubsub/subscriber': { subscription_url: subscribe, ...more } },
                  },
                ],
              },
            ]
          : []),
      ],
    },
    { backends: {}, statuses: 'http', errors: 'json', ...options },
  );
  gateways.push(gateway);
  return gateway;
}
const post = (body: string) => ({ method: 'POST', url: '/a', headers: { 'x-tenant': 'acme' }, body });

test.each([
  ['nats://', 'publish', 'names no subject'],
  ['nats://a.*', 'publish', 'wildcard'],
  ['nats://a b', 'publish', 'space'],
  ['nats://a\u0001', 'publish', 'control character'],
  ['nats://a b', 'subscribe', 'space'],
  ['nats://a?queue=b%20c', 'subscribe', 'space'],
  ['nats://a?consumer=b%0ac', 'subscribe', 'control character'],
  ['nats://a?jetstream=yes', 'publish', '"jetstream"'],
  ['nats://a?request=yes', 'publish', '"request"'],
  ['nats://a?request=true&jetstream=true', 'publish', 'both'],
  ['nats://a?consumer=c&queue=q', 'subscribe', 'both'],
] as const)('%s cannot %s', (text, use, message) => {
  const url = parseBrokerUrl(text);
  expect(url && nats.faultOf(url, use)).toContain(message);
});

test('a server that is not there fails the call by name', async () => {
  vi.stubEnv('NATS_SERVER_URL', 'nats://127.0.0.1:1');
  const gateway = gatewayOf({ publish: 'nats://a', subscribe: 'nats://a' });
  for (const request of [post('x'), { url: '/next' }]) {
    const { status, text } = await gateway.call(request);
    expect([status, text.includes('ERR_BACKEND_CONNECTION')]).toEqual([502, true]);
    expect(text).not.toContain('127.0.0.1');
  }
});

describe.runIf(hasNats)('against a real server', () => {
  let server: Awaited<ReturnType<typeof startNats>>;
  let connection: NatsConnection;
  let subject: string;
  let stream: string;

  beforeAll(async () => {
    server = await startNats();
    connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  }, 30_000);
  afterAll(async () => {
    await connection?.close();
    await server?.close();
  });
  beforeEach(() => {
    vi.stubEnv('NATS_SERVER_URL', server.url);
    subject = `s.${randomUUID()}`;
  });

  async function newStream(): Promise<void> {
    stream = `stream-${randomUUID()}`;
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: stream, subjects: [subject] });
    await manager.consumers.add(stream, { durable_name: 'c', ack_policy: 'explicit' });
  }
  const depth = async () => (await (await jetstreamManager(connection)).streams.info(stream)).state.messages;
  const pending = async () => {
    const info = await (await jetstreamManager(connection)).consumers.info(stream, 'c');
    return info.num_pending + info.num_ack_pending;
  };

  test('a publication has reached the server when it is answered', async () => {
    const subscription = connection.subscribe(subject, { max: 1 });
    await connection.flush();
    const answer = await gatewayOf({ publish: `nats://${subject}` }).call(post('hello'));
    expect([answer.status, answer.text]).toEqual([200, '{}']);
    for await (const message of subscription) {
      expect(message.string()).toBe('hello');
      expect(message.headers?.get('x-tenant')).toBe('acme');
    }
  });

  test('the reply to a request is the answer, and nobody there is a failure at once', async () => {
    const subscription = connection.subscribe(subject, {
      callback(_error, message) {
        const answer = headers();
        answer.set('X-Who', 'billing');
        message.respond(`{"echo":${message.string()}}`, { headers: answer });
      },
    });
    await connection.flush();
    const gateway = gatewayOf({
      publish: `nats://${subject}?request=true`,
      backend: { output_headers: ['X-Who'], group: 'bill' },
    });
    const answer = await gateway.call(post('12345678901234567890'));
    expect([answer.text, answer.headers['x-who']]).toEqual(['{"bill":{"echo":12345678901234567890}}', 'billing']);
    subscription.unsubscribe();
    await connection.flush();
    const nobody = await gateway.call(post('1'));
    expect([nobody.status, nobody.text.includes('knows nobody')]).toEqual([502, true]);
  });

  test('with jetstream=true it is stored when it is answered, and a subject without a stream is a failure', async () => {
    await newStream();
    expect((await gatewayOf({ publish: `nats://${subject}?jetstream=true` }).call(post('x'))).status).toBe(200);
    expect(await depth()).toBe(1);
    const lost = await gatewayOf({ publish: `nats://none.${randomUUID()}?jetstream=true` }).call(post('x'));
    expect([lost.status, lost.text.includes('ERR_BACKEND_STATUS')]).toEqual([502, true]);
  });

  test('a message that is too large is refused, and the connection goes on', async () => {
    const gateway = gatewayOf({ publish: `nats://${subject}` });
    const large = await gateway.call(post('x'.repeat(2 ** 20)));
    expect([large.status, large.text.includes('ERR_REQUEST_BODY_SIZE')]).toEqual([413, true]);
    expect((await gateway.call(post('x'))).status).toBe(200);
  });

  test('a subject is read while the gateway runs, in order', async () => {
    const gateway = gatewayOf({
      subscribe: `nats://${subject}?queue=q`,
      more: { connect_at_start: true, max_attempts: 1 },
      backend: { max_pending: 3 },
    });
    const first = gateway.call({ url: '/next' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const text of ['{"n":1}', 'poison', '{"n":2}', '{"n":3}']) connection.publish(subject, text);
    await connection.flush();
    expect((await first).text).toBe('{"n":1}');
    expect((await gateway.call({ url: '/next' })).text).toContain('ERR_BACKEND_DECODE');
    expect((await gateway.call({ url: '/next' })).text).toBe('{"n":2}');
    // The fourth came while three were held, which is what max_pending allows.
    connection.publish(subject, '{"n":4}');
    expect((await gateway.call({ url: '/next' })).text).toBe('{"n":4}');
  });

  test('a message of a stream is acknowledged when it has become an answer', async () => {
    await newStream();
    const gateway = gatewayOf({ subscribe: `nats://${stream}?consumer=c`, backend: { output_headers: ['X-A'] } });
    const waiting = gateway.call({ url: '/next' });
    const meta = headers();
    meta.set('X-A', '1');
    connection.publish(subject, '{"n":1}', { headers: meta });
    const answer = await waiting;
    expect([answer.text, answer.headers['x-a']]).toEqual(['{"n":1}', '1']);
    expect(await pending()).toBe(0);
  });

  test('N02 a client that left takes nothing along, and poison is handed out max_attempts times', async () => {
    await newStream();
    const gateway = gatewayOf({
      subscribe: `nats://${stream}?consumer=c`,
      more: { max_attempts: 2 },
      backend: { timeout: '300ms' },
    });
    expect((await gateway.call({ url: '/next' })).status).toBe(504);
    for (const text of ['poison', '{"n":1}']) connection.publish(subject, text);
    const codes: string[] = [];
    for (let tries = 0; tries < 20 && codes.filter((code) => code === '200').length === 0; tries++) {
      const { status, text } = await gateway.call({ url: '/next' });
      codes.push(status === 200 ? '200' : text.includes('DECODE') ? 'poison' : 'late');
    }
    const next = async () => (await gateway.call({ url: '/next' })).text.includes('DECODE');
    let poisons = codes.filter((code) => code === 'poison').length;
    for (let tries = 0; tries < 5; tries++) if (await next()) poisons++;
    expect(poisons).toBe(2);
    expect(await pending()).toBe(0);
  });

  test('a stream or consumer that is not there is told', async () => {
    const { status, text } = await gatewayOf({ subscribe: 'nats://nowhere?consumer=c' }).call({ url: '/next' });
    expect([status, text.includes('ERR_BACKEND_STATUS')]).toEqual([502, true]);
  });

  test('an injected connection is used and not closed', async () => {
    const gateway = gatewayOf(
      { publish: `nats://${subject}`, subscribe: `nats://${subject}`, more: { client: 'mine' } },
      { clients: { mine: connection } },
    );
    expect((await gateway.call(post('x'))).status).toBe(200);
    await gateway.close();
    expect(connection.isClosed()).toBe(false);
  });

  test('N02 closing lets publications under way finish', async () => {
    await newStream();
    const gateway = gatewayOf({ publish: `nats://${subject}?jetstream=true` });
    const sent = Array.from({ length: 20 }, () => gateway.call(post('x')));
    await gateway.close();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await depth()).toBe(20);
  });

  // The last one: what it does to the server would disturb the others.
  test.runIf(KILLS > 0)(
    'N02 killed and started again under load: what was confirmed is stored and answered, nothing twice',
    async () => {
      await newStream();
      const gateway = gatewayOf({
        publish: `nats://${subject}?jetstream=true`,
        subscribe: `nats://${stream}?consumer=c`,
        backend: { timeout: '1s' },
      });
      // What was out when the server died comes again when its time to be acknowledged is over: 30 seconds.
      const { lost, twice } = await killUnderLoad({ name: 'NATS', broker: server, gateway, patience: 45_000 });
      expect({ lost, twice }).toEqual({ lost: [], twice: 0 });
    },
    1_800_000,
  );
});
