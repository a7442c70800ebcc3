import { expect, test, vi } from 'vitest';
import { createTestGateway } from '../../../../lib/testing/index.js';
import { createFakeAmqp } from './fake-amqp.js';

function gatewayOf(settings: object) {
  const fake = createFakeAmqp();
  const extra_config = { 'github.com/devopsfaith/krakend-amqp/consume': { name: 'q', client: 'mine', ...settings } };
  const gateway = createTestGateway(
    {
      extra_config: { router: { return_error_msg: true } },
      endpoints: [{ endpoint: '/next', backend: [{ extra_config }] }],
    },
    { backends: {}, clients: { mine: fake.connection }, statuses: 'http', errors: 'json' },
  );
  return { ...fake, gateway };
}

test('the 1.3 name works; queue, exchange and bindings are declared as written', async () => {
  const { channel, deliver, gateway } = gatewayOf({
    exchange: 'x',
    routing_key: ['a', 'b'],
    durable: true,
    exclusive: true,
    delete: true,
    prefetch_count: 7,
  });
  const call = gateway.call({ url: '/next' });
  await vi.waitFor(() => expect(channel.consume).toHaveBeenCalled(), { interval: 5 });
  deliver('{"a":1}');
  expect((await call).text).toBe('{"a":1}');
  expect(channel.assertQueue).toHaveBeenCalledWith('q', { durable: true, exclusive: true, autoDelete: true });
  expect(channel.assertExchange).toHaveBeenCalledWith('x', 'topic', { durable: true, autoDelete: true });
  expect(channel.bindQueue.mock.calls).toEqual([
    ['q', 'x', 'a'],
    ['q', 'x', 'b'],
  ]);
  expect(channel.prefetch).toHaveBeenCalledWith(7);
  expect(channel.consume).toHaveBeenCalledWith('q', expect.anything(), {
    noAck: false,
    exclusive: true,
    noLocal: false,
  });
});

test('without a prefetch_count the gateway holds ten', async () => {
  const { channel, gateway } = gatewayOf({ connect_at_start: true });
  await vi.waitFor(() => expect(channel.prefetch).toHaveBeenCalledWith(10));
  await gateway.close();
});

test('nack_discard gives back what cannot be decoded the first time', async () => {
  const { channel, deliver, gateway } = gatewayOf({ nack_discard: true });
  const call = gateway.call({ url: '/next' });
  await vi.waitFor(() => expect(channel.consume).toHaveBeenCalled(), { interval: 5 });
  deliver('poison');
  expect((await call).text).toContain('ERR_BACKEND_DECODE');
  expect(channel.nack).toHaveBeenCalledExactlyOnceWith(expect.anything(), false, false);
});
