import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestGateway } from '../../../lib/testing/index.js';
import { createFakeKafka } from './fake-kafka.js';

function gatewayOf(client: object, extra: object = {}, encoding = 'json') {
  return createTestGateway(
    {
      extra_config: { router: { return_error_msg: true } },
      endpoints: [
        {
          endpoint: '/next',
          timeout: '200ms',
          backend: [
            {
              encoding,
              output_headers: ['X-A'],
              extra_config: {
                'backend/pubsub/subscriber': { subscription_url: 'kafka://group?topic=t', client: 'mine', ...extra },
              },
            },
          ],
        },
      ],
    },
    { backends: {}, clients: { mine: client }, statuses: 'http', errors: 'json' },
  );
}
const next = { url: '/next' };
afterEach(() => void vi.useRealTimers());
let fake: ReturnType<typeof createFakeKafka>;
beforeEach(() => {
  fake = createFakeKafka();
});

test('a request takes one message, which is committed when it has become an answer', async () => {
  const gateway = gatewayOf(fake.client);
  const answer = gateway.call(next);
  await vi.waitFor(() => expect(fake.isConsuming()).toBe(true), { interval: 5 });
  const done = fake.deliver('{"a":1}', 7);
  expect((await answer).text).toBe('{"a":1}');
  expect((await answer).headers['x-a']).toBe('1');
  await done;
  expect(fake.state.commits).toEqual([{ topic: 't', partition: 0, offset: '8' }]);
  await gateway.close();
  expect(fake.state.disconnected).toBe(1);
});

test('N02 what nobody could decode is handed out max_attempts times and then dropped, with its place in the log', async () => {
  const gateway = gatewayOf(fake.client, { max_attempts: 2 });
  await gateway.call(next);
  const done = fake.deliver('poison');
  for (let n = 0; n < 2; n++) expect((await gateway.call(next)).text).toContain('ERR_BACKEND_DECODE');
  await done;
  expect(fake.state.commits).toHaveLength(1);
});

test('N02 a message whose client has left goes to the next, and counts as no attempt', async () => {
  const gateway = gatewayOf(fake.client, { max_attempts: 1 });
  expect((await gateway.call(next)).status).toBe(504);
  const done = fake.deliver('{"a":2}');
  expect((await gateway.call(next)).text).toBe('{"a":2}');
  await done;
  expect(fake.state.commits).toHaveLength(1);
});

test('the group is told that we live for as long as a message waits for a request', async () => {
  const gateway = gatewayOf(fake.client);
  await gateway.call(next);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const done = fake.deliver('{}');
  vi.advanceTimersByTime(9_500);
  expect(fake.state.heartbeats).toBe(3);
  vi.useRealTimers();
  await gateway.close();
  await done;
  expect(fake.state.commits).toEqual([]);
});

test('closing lets go of what nobody has got, uncommitted, and fails those who wait', async () => {
  const gateway = gatewayOf(fake.client);
  await gateway.call(next);
  const done = fake.deliver('{"a":3}');
  await gateway.close();
  await done;
  expect(fake.state.commits).toEqual([]);
  await fake.deliver('{"a":4}');
  expect(fake.state.commits).toEqual([]);
});

test('a broker that is down fails the call by name', async () => {
  const down = {
    ...fake.client,
    consumer: () => ({ ...fake.client.consumer(), connect: () => Promise.reject(new Error('x')) }),
  };
  expect((await gatewayOf(down).call(next)).text).toContain('ERR_BACKEND_CONNECTION');
  expect((await gatewayOf(down, { connect_at_start: true }).call(next)).text).toContain('ERR_BACKEND_CONNECTION');
});
