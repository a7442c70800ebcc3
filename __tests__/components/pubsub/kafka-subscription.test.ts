import { expect, test } from 'vitest';
import type { Place } from '../../../lib/components/pubsub/driver.js';
import { createKafkaSubscription } from '../../../lib/components/pubsub/kafka-subscription.js';
import { parseBrokerUrl } from '../../../lib/components/pubsub/url.js';
import { silentLogger } from '../../../lib/logger.js';
import { createFakeKafka } from './fake-kafka.js';

const { signal } = new AbortController();

async function open(commit?: () => Promise<void>) {
  const fake = createFakeKafka(undefined, commit);
  const url = parseBrokerUrl('kafka://g?topic=t');
  const place = { name: 'b', url, client: fake.client, maxAttempts: 2, logger: silentLogger } as unknown as Place;
  const subscription = createKafkaSubscription(place);
  await subscription.open();
  return { ...fake, subscription };
}

test('a message is committed when it is used, and not before', async () => {
  const { subscription, deliver, state } = await open();
  const done = deliver('a', 7);
  const { body, headers, settle } = await subscription.receive(signal);
  expect([String(body), headers['x-a'], state.commits]).toEqual(['a', '1', []]);
  await settle('used');
  await done;
  expect(state.commits).toEqual([{ topic: 't', partition: 0, offset: '8' }]);
});

test('N02 what closing lets go of can no more be settled', async () => {
  const { subscription, deliver, state } = await open();
  const done = deliver('a', 7);
  const { settle } = await subscription.receive(signal);
  await subscription.close();
  await done;
  await expect(settle('used')).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  expect(state.commits).toEqual([]);
});

/** A commit whose answer is lost, and then some that are answered. */
function loseFirst(): () => Promise<void> {
  let commits = 0;
  return () => (commits++ === 0 ? Promise.reject(new Error('closed')) : Promise.resolve());
}

test('N02 what was committed unheard goes to the next request, and is not committed again', async () => {
  const { subscription, deliver, state } = await open(loseFirst());
  const lost = expect(deliver('a', 7)).rejects.toThrow('closed');
  const first = await subscription.receive(signal);
  await expect(first.settle('used')).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  await lost;
  // The group goes on after it.
  const done = deliver('b', 8);
  const again = await subscription.receive(signal);
  expect(String(again.body)).toBe('a');
  await again.settle('used');
  expect(state.commits).toEqual([]);
  const next = await subscription.receive(signal);
  expect(String(next.body)).toBe('b');
  await next.settle('used');
  await done;
  expect(state.commits).toEqual([{ topic: 't', partition: 0, offset: '9' }]);
});

test('N02 what was not committed comes again once', async () => {
  const { subscription, deliver } = await open(loseFirst());
  const lost = expect(deliver('a', 7)).rejects.toThrow('closed');
  await expect((await subscription.receive(signal)).settle('used')).rejects.toThrow();
  await lost;
  const done = [deliver('a', 7)];
  await (await subscription.receive(signal)).settle('used');
  done.push(deliver('b', 8));
  const next = await subscription.receive(signal);
  expect(String(next.body)).toBe('b');
  await next.settle('used');
  await Promise.all(done);
});
