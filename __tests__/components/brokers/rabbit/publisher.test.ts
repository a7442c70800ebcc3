import { expect, test, vi } from 'vitest';
import { createAmqpPublisher } from '../../../../lib/components/brokers/rabbit/publisher.js';
import { createFakeAmqp } from './fake-amqp.js';

function publisherOf(fake: ReturnType<typeof createFakeAmqp>, prepare = async () => {}) {
  return createAmqpPublisher({
    name: 'backend[0]',
    url: '',
    client: fake.connection,
    connectTimeout: 100,
    exchange: 'x',
    mandatory: true,
    prepare,
  });
}
const MESSAGE = { body: Buffer.from('a'), headers: { 'x-a': '1' }, routingKey: 'k', options: { messageId: 'm' } };
const sentBy = (fake: ReturnType<typeof createFakeAmqp>, count: number) =>
  vi.waitFor(() => expect(fake.sent).toHaveLength(count));

test('N02 is done when the broker has confirmed, and not before', async () => {
  const fake = createFakeAmqp();
  const done = vi.fn();
  const publishing = publisherOf(fake).publish(MESSAGE).then(done);
  await sentBy(fake, 1);
  expect(done).not.toHaveBeenCalled();
  expect(fake.sent[0]).toMatchObject({ exchange: 'x', key: 'k', options: { persistent: true, messageId: 'm' } });
  fake.sent[0]?.confirm();
  await publishing;
});

test('only the message that the broker returned fails, though all are confirmed', async () => {
  const fake = createFakeAmqp();
  const publisher = publisherOf(fake);
  const publishing = Promise.allSettled([publisher.publish(MESSAGE), publisher.publish(MESSAGE)]);
  await sentBy(fake, 2);
  fake.channel.emit('return', { properties: { headers: fake.sent[1]?.options['headers'] } });
  for (const { confirm } of fake.sent) confirm();
  const [first, second] = await publishing;
  expect(first?.status).toBe('fulfilled');
  expect(second).toMatchObject({ status: 'rejected', reason: { message: 'backend[0]: the message reaches no queue' } });
});

test.each([
  ['refused', new Error('message nacked'), 'ERR_BACKEND_STATUS'],
  ['lost with its channel', new Error('channel closed'), 'ERR_BACKEND_CONNECTION'],
])('a message that is %s fails', async (_title, error, code) => {
  const fake = createFakeAmqp();
  const publishing = publisherOf(fake).publish(MESSAGE);
  publishing.catch(() => {});
  await sentBy(fake, 1);
  fake.sent[0]?.confirm(error);
  await expect(publishing).rejects.toMatchObject({ code });
});

test('after a lost channel the next message opens another one', async () => {
  const fake = createFakeAmqp();
  const publisher = publisherOf(fake);
  await publisher.open();
  fake.channel.emit('close');
  void publisher.publish(MESSAGE);
  await sentBy(fake, 1);
  expect(fake.connection.createConfirmChannel).toHaveBeenCalledTimes(2);
});

test('a topology that the broker refuses fails the call, and closes the channel', async () => {
  const fake = createFakeAmqp();
  const publisher = publisherOf(fake, () => {
    fake.channel.emit('error', Object.assign(new Error('x'), { code: 406 }));
    return Promise.reject(new Error('x'));
  });
  await expect(publisher.publish(MESSAGE)).rejects.toThrow('AMQP 406');
  expect(fake.channel.close).toHaveBeenCalledOnce();
});
