import { expect, test, vi } from 'vitest';
import { openChannel, refusalOf } from '../../../../lib/components/brokers/rabbit/connection.js';
import { createFakeAmqp } from './fake-amqp.js';

function placeOf(client: ReturnType<typeof createFakeAmqp>['connection']) {
  return { name: 'backend[0]', url: '', client, connectTimeout: 100 };
}

test('a channel that ends is told once, with what the broker said about it', async () => {
  const { connection, channel } = createFakeAmqp();
  const onEnd = vi.fn();
  const opened = await openChannel(placeOf(connection), (own) => own.createChannel(), onEnd);
  expect(opened.refusal()).toBeUndefined();
  channel.emit('error', Object.assign(new Error('no exchange secret in vhost'), { code: 404 }));
  channel.emit('close');
  channel.emit('close');
  expect(onEnd).toHaveBeenCalledOnce();
  expect(opened.refusal()).toMatchObject({ code: 'ERR_BACKEND_STATUS', message: expect.stringContaining('AMQP 404') });
  expect(opened.refusal()?.message).not.toContain('secret');
});

test('closing a channel that has ended already is harmless', async () => {
  const { connection, channel } = createFakeAmqp();
  const opened = await openChannel(
    placeOf(connection),
    (own) => own.createChannel(),
    () => {},
  );
  channel.close.mockRejectedValueOnce(new Error('Channel closed'));
  await expect(opened.close()).resolves.toBeUndefined();
});

test('a channel that is lost while it is being closed is closed', async () => {
  const { connection, channel } = createFakeAmqp();
  const opened = await openChannel(
    placeOf(connection),
    (own) => own.createChannel(),
    () => {},
  );
  channel.close.mockReturnValueOnce(new Promise(() => {}));
  const closed = opened.close();
  channel.emit('close');
  await expect(closed).resolves.toBeUndefined();
});

test('a fault without a reply code is a lost connection', () => {
  for (const error of [new Error('10.0.0.1'), undefined, { code: 'ECONNRESET' }]) {
    expect(refusalOf('backend[0]', error)).toMatchObject({
      code: 'ERR_BACKEND_CONNECTION',
      message: expect.not.stringContaining('10.0'),
    });
  }
});
