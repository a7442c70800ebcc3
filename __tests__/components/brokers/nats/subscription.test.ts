import { expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createNatsSubscription } from '../../../../lib/components/brokers/nats/subscription.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import { silentLogger } from '../../../../lib/logger.js';

const { signal } = new AbortController();

async function open() {
  let deliver: (text: string) => void = () => {};
  const unsubscribe = vi.fn();
  const client = {
    flush: async () => {},
    subscribe(_subject: string, { callback }: { callback: (error: null, message: object) => void }) {
      deliver = (text) => callback(null, { data: Buffer.from(text) });
      return { unsubscribe };
    },
  };
  const warn = vi.fn();
  const subscription = createNatsSubscription({
    name: 'b',
    url: parseBrokerUrl('nats://s'),
    client,
    maxPending: 2,
    maxAttempts: 2,
    logger: { ...silentLogger, warn },
  } as unknown as Place);
  await subscription.open();
  return { subscription, deliver: (text: string) => deliver(text), unsubscribe, warn };
}

test('N02 what nobody asks for is held up to max_pending, then dropped and logged', async () => {
  const { subscription, deliver, warn } = await open();
  for (const text of ['1', '2', '3']) deliver(text);
  expect(warn).toHaveBeenCalledOnce();
  const first = await subscription.receive(signal);
  await first.settle('used');
  deliver('4');
  const rest = [await subscription.receive(signal), await subscription.receive(signal)];
  expect([first, ...rest].map(({ body }) => String(body))).toEqual(['1', '2', '4']);
});

test('N02 what nobody asks for is held up to 64 MiB, then dropped and logged', async () => {
  const { subscription, deliver, warn } = await open();
  const large = 'x'.repeat(40 * 2 ** 20);
  for (const text of [large, large, '3']) deliver(text);
  expect(warn).toHaveBeenCalledOnce();
  const first = await subscription.receive(signal);
  expect(first.body.length).toBe(large.length);
  expect(String((await subscription.receive(signal)).body)).toBe('3');
  await first.settle('used');
  deliver(large);
  expect((await subscription.receive(signal)).body.length).toBe(large.length);
});

test('a message is handed out again when released, and dropped after so many refusals', async () => {
  const { subscription, deliver } = await open();
  deliver('1');
  for (const settlement of ['released', 'refused', 'released', 'refused'] as const) {
    await (await subscription.receive(signal)).settle(settlement);
  }
  deliver('2');
  expect(String((await subscription.receive(signal)).body)).toBe('2');
});

test('closing ends the subscription and fails those who wait', async () => {
  const { subscription, unsubscribe } = await open();
  const waiting = subscription.receive(signal);
  waiting.catch(() => {});
  await subscription.close();
  expect(unsubscribe).toHaveBeenCalledOnce();
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSING' });
});
