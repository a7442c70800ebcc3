import { expect, test, vi } from 'vitest';
import type { Logger } from '../../../lib/index.js';
import { createTestGateway } from '../../../lib/testing/index.js';
import { createFakeKafka } from './fake-kafka.js';

function gatewayOf(client: object, extra: object = {}, backend: object = {}) {
  const errors: unknown[] = [];
  const log = () => {};
  const logger: Logger = { debug: log, info: log, warn: log, error: (fields) => errors.push(fields) };
  const gateway = createTestGateway(
    {
      extra_config: { router: { return_error_msg: true } },
      endpoints: [
        {
          endpoint: '/orders',
          method: 'POST',
          timeout: '50ms',
          input_headers: ['X-Key'],
          backend: [
            {
              host: ['kafka://'],
              disable_host_sanitize: true,
              extra_config: {
                'backend/pubsub/publisher': { topic_url: 'orders?key_name=x-key', client: 'mine', ...extra },
              },
              ...backend,
            },
          ],
        },
      ],
    },
    { backends: {}, clients: { mine: client }, statuses: 'http', errors: 'json', logger },
  );
  return { gateway, errors };
}
const order = { method: 'POST', url: '/orders', headers: { 'x-key': 'k' }, body: '{"a":1}' };

test('the URL may stand in the host, as in KrakenD; body, key and headers are sent', async () => {
  const send = vi.fn(async (_: unknown) => []);
  const fake = createFakeKafka(send);
  const { gateway } = gatewayOf(fake.client);
  expect((await gateway.call(order)).text).toBe('{}');
  const [record] = send.mock.calls[0] as [
    { topic: string; acks: number; messages: [{ value: Buffer; key: string; headers: object }] },
  ];
  expect([record.topic, record.acks]).toEqual(['orders', -1]);
  expect(String(record.messages[0].value)).toBe('{"a":1}');
  expect(record.messages[0].key).toBe('k');
  expect(record.messages[0].headers).toMatchObject({ 'x-key': 'k' });
  await gateway.close();
  expect(fake.state).toMatchObject({ connected: 1, disconnected: 1 });
});

test('N02 a broker that confirms nothing: 504 at the deadline, and what waits for it is bounded', async () => {
  const send = vi.fn(() => new Promise(() => {}));
  const { gateway } = gatewayOf(createFakeKafka(send).client, {}, { max_pending: 3 });
  const answers = [];
  for (let round = 0; round < 4; round++)
    answers.push(...(await Promise.all([gateway.call(order), gateway.call(order)])));
  expect(answers.slice(0, 2).map(({ status }) => status)).toEqual([504, 504]);
  expect(answers.filter(({ status }) => status === 503)).toHaveLength(5);
  expect(answers.at(-1)?.text).toContain('3 messages still wait');
  expect(send).toHaveBeenCalledTimes(3);
});

test.each([
  ['refuses it', { name: 'KafkaJSProtocolError', type: 'TOPIC_AUTHORIZATION_FAILED' }, 'ERR_BACKEND_STATUS'],
  ['finds it too large', { name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE' }, 'ERR_REQUEST_BODY_SIZE'],
  [
    'refuses it after retries',
    { name: 'KafkaJSNumberOfRetriesExceeded', cause: { type: 'NOT_ENOUGH_REPLICAS' } },
    'ERR_BACKEND_STATUS',
  ],
  ['is silent', { name: 'KafkaJSRequestTimeoutError', message: '10.0.0.1' }, 'ERR_BACKEND_TIMEOUT'],
  ['is gone', { name: 'KafkaJSConnectionError', message: '10.0.0.1' }, 'ERR_BACKEND_CONNECTION'],
])('a broker that %s fails the call, and its address stays inside', async (_title, error, code) => {
  const { gateway } = gatewayOf(createFakeKafka(() => Promise.reject(error)).client);
  const { text } = await gateway.call(order);
  expect(text).toContain(code);
  expect(text).not.toContain('10.0');
});

test('connect_at_start connects at once, and logs a broker that is not there', async () => {
  const fake = createFakeKafka();
  const { gateway } = gatewayOf(fake.client, { connect_at_start: true });
  await vi.waitFor(() => expect(fake.state.connected).toBe(1));
  await gateway.close();
  const down = { ...fake.client, producer: () => ({ connect: () => Promise.reject(new Error('10.0.0.1')) }) };
  const { errors } = gatewayOf(down, { connect_at_start: true });
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  expect(String((errors[0] as { err: Error }).err)).toContain('there is no connection to its broker');
});

test('without a client it needs KAFKA_BROKERS, and says so', async () => {
  vi.stubEnv('KAFKA_BROKERS', '');
  const { gateway } = gatewayOf({}, { client: undefined });
  expect((await gateway.call(order)).text).toContain('KAFKA_BROKERS names no broker');
  vi.unstubAllEnvs();
});
