import { expect, test, vi } from 'vitest';
import { rabbit } from '../../../../lib/components/brokers/rabbit/pubsub.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import { createTestGateway } from '../../../../lib/testing/index.js';
import { createFakeAmqp } from './fake-amqp.js';

test.each(['0', '-1', 'many', '123456'])('prefetch_count=%s is refused', (count) => {
  const url = parseBrokerUrl(`rabbit://q?prefetch_count=${count}`);
  expect(url && rabbit.faultOf(url, 'subscribe')).toContain('prefetch_count');
});

function gatewayOf() {
  const fake = createFakeAmqp();
  const gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/a',
          method: 'POST',
          backend: [{ extra_config: { 'backend/pubsub/publisher': { topic_url: 'rabbit://x', client: 'mine' } } }],
        },
        {
          endpoint: '/next',
          backend: [
            {
              extra_config: {
                'backend/pubsub/subscriber': { subscription_url: 'rabbit://q?prefetch_count=4', client: 'mine' },
              },
            },
          ],
        },
      ],
    },
    { backends: {}, clients: { mine: fake.connection } },
  );
  return { ...fake, gateway };
}

test('writes to an exchange that has to exist, with the type of the body', async () => {
  const { channel, sent, gateway } = gatewayOf();
  const call = gateway.call({ method: 'POST', url: '/a', headers: { 'content-type': 'text/plain' }, body: 'x' });
  await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 });
  sent[0]?.confirm();
  expect((await call).status).toBe(200);
  expect(sent[0]).toMatchObject({ exchange: 'x', key: '', options: { contentType: 'text/plain' } });
  expect(channel.checkExchange).toHaveBeenCalledWith('x');
});

test('reads a queue that has to exist', async () => {
  const { channel, deliver, gateway } = gatewayOf();
  const call = gateway.call({ url: '/next' });
  await vi.waitFor(() => expect(channel.consume).toHaveBeenCalled(), { interval: 5 });
  deliver('{"a":1}');
  expect((await call).text).toBe('{"a":1}');
  expect(channel.checkQueue).toHaveBeenCalledWith('q');
  expect(channel.prefetch).toHaveBeenCalledWith(4);
});
