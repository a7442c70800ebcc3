import { expect, test, vi } from 'vitest';
import type { AmqpConnection } from '../../../../lib/components/brokers/rabbit/connection.js';
import { createAmqpSubscription } from '../../../../lib/components/brokers/rabbit/subscription.js';
import { silentLogger } from '../../../../lib/logger.js';
import { createFakeAmqp } from './fake-amqp.js';

const { signal } = new AbortController();

function read(client: AmqpConnection, more: object = {}) {
  return createAmqpSubscription({
    name: 'backend[0]',
    url: '',
    client,
    connectTimeout: 100,
    queue: 'q',
    prefetch: 3,
    consume: {},
    maxAttempts: 2,
    logger: silentLogger,
    prepare: async () => {},
    ...more,
  });
}

async function open(more: object = {}) {
  const fake = createFakeAmqp();
  const subscription = read(fake.connection, more);
  await subscription.open();
  return { ...fake, subscription };
}

test('a message is acknowledged when it is used', async () => {
  const { channel, deliver, subscription } = await open();
  deliver('a');
  const { body, headers, settle } = await subscription.receive(signal);
  expect([String(body), headers['x-a']]).toEqual(['a', '1']);
  expect(channel.prefetch).toHaveBeenCalledWith(3);
  expect(channel.ack).not.toHaveBeenCalled();
  await settle('used');
  expect(channel.ack).toHaveBeenCalledOnce();
});

test('N02 a message is handed out again when it was released, and given back after so many refusals', async () => {
  const { channel, deliver, subscription } = await open();
  deliver('a');
  for (const settlement of ['released', 'refused', 'released', 'refused'] as const) {
    const { settle } = await subscription.receive(signal);
    await settle(settlement);
  }
  expect(channel.nack).toHaveBeenCalledExactlyOnceWith(expect.anything(), false, false);
  deliver('b');
  expect(String((await subscription.receive(signal)).body)).toBe('b');
});

test('N02 what came by a channel that has gone can no more be settled, nor is it handed out', async () => {
  const { channel, deliver, subscription } = await open();
  deliver('out');
  deliver('kept');
  const { settle } = await subscription.receive(signal);
  channel.emit('close');
  await expect(settle('used')).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  expect(channel.ack).not.toHaveBeenCalled();
  const next = subscription.receive(signal);
  await vi.waitFor(() => expect(channel.consume).toHaveBeenCalledTimes(2));
  deliver('again');
  expect(String((await next).body)).toBe('again');
});

test('who waits while the channel is lost, waits on at the next one', async () => {
  const { channel, deliver, subscription } = await open();
  const waiting = subscription.receive(signal);
  channel.emit('close');
  await vi.waitFor(() => expect(channel.consume).toHaveBeenCalledTimes(2));
  deliver('a');
  expect(String((await waiting).body)).toBe('a');
});

test('N02 a channel that opens after it was given up goes on taking nothing, and leaves the one after it alone', async () => {
  vi.useFakeTimers();
  try {
    const [late, next] = [createFakeAmqp(), createFakeAmqp()];
    let openLate = () => {};
    const untilLate = new Promise((resolve) => {
      openLate = () => resolve(late.channel);
    });
    next.connection.createChannel.mockReturnValueOnce(untilLate as never);
    const subscription = read(next.connection);
    const givenUp = expect(subscription.open()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    await vi.advanceTimersByTimeAsync(10_200);
    await givenUp;
    await subscription.open();
    late.channel.close.mockImplementation(async () => {
      late.deliver('from the late one');
      late.channel.emit('close');
    });
    openLate();
    await vi.advanceTimersByTimeAsync(0);
    expect(late.channel.close).toHaveBeenCalledOnce();
    next.deliver('a');
    const { body, settle } = await subscription.receive(signal);
    expect(String(body)).toBe('a');
    await settle('used');
    expect(next.channel.ack).toHaveBeenCalledOnce();
    expect(next.connection.createChannel).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

test('N02 a channel that the broker refuses is a failure with its pause, though somebody waits', async () => {
  const { channel, connection } = createFakeAmqp();
  const subscription = read(connection, {
    async prepare() {
      channel.emit('error', Object.assign(new Error('no queue'), { code: 404 }));
      channel.emit('close');
      throw new Error('no queue');
    },
  });
  await expect(subscription.receive(signal)).rejects.toMatchObject({ code: 'ERR_BACKEND_STATUS' });
  expect(connection.createChannel).toHaveBeenCalledOnce();
});

test('a queue that is deleted ends the channel', async () => {
  const { channel, deliver } = await open();
  deliver(null);
  expect(channel.close).toHaveBeenCalledOnce();
});

test('with auto_ack nothing is acknowledged', async () => {
  const { channel, deliver, subscription } = await open({ consume: { noAck: true }, maxAttempts: 1 });
  for (const settlement of ['used', 'refused'] as const) {
    deliver('a');
    await (await subscription.receive(signal)).settle(settlement);
  }
  expect([channel.ack.mock.calls, channel.nack.mock.calls]).toEqual([[], []]);
});

test('closing fails those who wait', async () => {
  const { subscription } = await open();
  const waiting = subscription.receive(signal);
  waiting.catch(() => {});
  await subscription.close();
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSING' });
});
