import { expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createJetStreamSubscription } from '../../../../lib/components/brokers/nats/jetstream.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import { silentLogger } from '../../../../lib/logger.js';

const { signal } = new AbortController();

const stream = vi.hoisted(() => ({ next: (): Promise<object | null> => Promise.resolve(null), lose: () => {} }));
vi.mock('@nats-io/transport-node', () => ({
  connect: async () => ({
    closed: () =>
      new Promise<void>((resolve) => {
        stream.lose = resolve;
      }),
    close: async () => {},
  }),
}));
vi.mock('@nats-io/jetstream', () => ({
  jetstream: () => ({ consumers: { get: async () => ({ next: () => stream.next() }) } }),
}));

/** A message of a stream, as the client library gives it. */
function messageOf(number: number, storedAt: bigint, isKnown = true) {
  return {
    info: { streamSequence: number },
    timestampNanos: storedAt,
    data: Buffer.from(`${number}`),
    ack: vi.fn(),
    nak: vi.fn(),
    ackAck: vi.fn(async () => isKnown),
  };
}

test('N02 what was acknowledged before the server was lost is not answered again, what was not is', async () => {
  const subscription = createJetStreamSubscription({
    name: 'b',
    url: parseBrokerUrl('nats://s?consumer=c'),
    maxAttempts: 2,
    logger: silentLogger,
  } as unknown as Place);
  const again = messageOf(1, 10n);
  const messages = [messageOf(1, 10n), messageOf(2, 20n, false), again, messageOf(2, 20n), messageOf(1, 30n)];
  stream.next = async () => messages.shift() ?? null;
  const known = await subscription.receive(signal);
  await known.settle('used');
  const unknown = await subscription.receive(signal);
  await expect(unknown.settle('used')).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  stream.lose();
  await Promise.resolve();
  const rest = [await subscription.receive(signal), await subscription.receive(signal)];
  // The last one is of another stream by that name.
  expect(rest.map(({ body }) => String(body))).toEqual(['2', '1']);
  expect(again.ack).toHaveBeenCalledOnce();
  await subscription.close();
});
