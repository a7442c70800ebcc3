import { expect, test } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createKafkaSubscription } from '../../../../lib/components/brokers/kafka/subscription.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import { silentLogger } from '../../../../lib/logger.js';
import { createFakeKafka } from '../fake-kafka.js';

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

test('N02 what was committed unheard goes to the next request, before what comes after it', async () => {
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
  const next = await subscription.receive(signal);
  expect(String(next.body)).toBe('b');
  await next.settle('used');
  await done;
  // Once more for the first: that changes nothing.
  expect(state.commits).toMatchObject([{ offset: '8' }, { offset: '9' }]);
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

/** A commit that is answered when the test says so; those after it are answered at once. */
function holdFirst() {
  let release: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    release = resolve;
  });
  let commits = 0;
  return { commit: () => (commits++ === 0 ? first : Promise.resolve()), release };
}

test('N02 what is committed when its request has failed goes to the next request, and its partition waits', async () => {
  const { commit, release } = holdFirst();
  const { subscription, deliver, state } = await open(commit);
  const done = deliver(['a', 'b'], 7);
  const client = new AbortController();
  const settled = (await subscription.receive(client.signal)).settle('used');
  client.abort();
  release();
  await settled;
  const again = await subscription.receive(signal);
  expect(String(again.body)).toBe('a');
  await again.settle('used');
  const next = await subscription.receive(signal);
  expect(String(next.body)).toBe('b');
  await next.settle('used');
  await done;
  expect(state.resolved).toEqual(['7', '8']);
});

test.each([
  ['before it', 7, ['b', 'c']],
  ['after it', 8, ['c']],
])(
  'N02 a commit that is answered when its partition is read once more from %s fails its request, and the message goes out once',
  async (_, offset, rest) => {
    const { commit, release } = holdFirst();
    const { subscription, deliver } = await open(commit);
    const lost = deliver(['b', 'x'], 7);
    const settled = (await subscription.receive(signal)).settle('used');
    const done = deliver(rest, offset);
    await lost;
    release();
    await expect(settled).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    const got: string[] = [];
    for (let n = 0; n < 2; n++) {
      const { body, settle } = await subscription.receive(signal);
      got.push(String(body));
      await settle('used');
    }
    await done;
    expect(got).toEqual(['b', 'c']);
  },
);

test('N02 what was committed unheard stays known when it is read once more before the group goes on after it', async () => {
  const { subscription, deliver } = await open(loseFirst());
  const first = expect(deliver('a', 7)).rejects.toThrow('closed');
  await expect((await subscription.receive(signal)).settle('used')).rejects.toThrow();
  await first;
  const second = deliver('a', 7);
  const third = deliver('b', 8);
  await second;
  const { body, settle } = await subscription.receive(signal);
  expect(String(body)).toBe('a');
  await settle('used');
  await (await subscription.receive(signal)).settle('used');
  await third;
});

test('N02 what a batch brings once more that was fetched before its answer is passed over', async () => {
  const { subscription, deliver, state } = await open();
  const done = deliver('a', 7);
  await (await subscription.receive(signal)).settle('used');
  await done;
  const more = deliver(['a', 'b'], 7);
  const { body, settle } = await subscription.receive(signal);
  expect(String(body)).toBe('b');
  await settle('used');
  await more;
  expect(state.commits).toMatchObject([{ offset: '8' }, { offset: '9' }]);
});

test('N02 a commit that the broker refuses did not happen: if the group goes on after it, another member has had it', async () => {
  const refused = { name: 'KafkaJSProtocolError', type: 'ILLEGAL_GENERATION' };
  let commits = 0;
  const { subscription, deliver } = await open(() => (commits++ === 0 ? Promise.reject(refused) : Promise.resolve()));
  const lost = expect(deliver('a', 7)).rejects.toMatchObject(refused);
  await expect((await subscription.receive(signal)).settle('used')).rejects.toMatchObject({
    code: 'ERR_BACKEND_STATUS',
  });
  await lost;
  const done = deliver('b', 8);
  const { body, settle } = await subscription.receive(signal);
  expect(String(body)).toBe('b');
  await settle('used');
  await done;
});

test('N02 what is out or kept when the group is formed anew is let go: another member may read it', async () => {
  const { subscription, deliver, rejoin, state } = await open();
  const out = deliver(['a', 'x'], 7);
  const { settle } = await subscription.receive(signal);
  rejoin();
  await out;
  await expect(settle('used')).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  const kept = deliver(['b', 'x'], 8);
  rejoin();
  await kept;
  const done = deliver('c', 9);
  const next = await subscription.receive(signal);
  expect([String(next.body), state.commits, state.resolved]).toEqual(['c', [], []]);
  await next.settle('used');
  await done;
});

test('N02 when the group is formed anew between two messages, the second is not handed out', async () => {
  const { subscription, deliver, rejoin, state } = await open();
  const done = deliver(['a', 'b'], 7);
  await (await subscription.receive(signal)).settle('used');
  rejoin();
  await done;
  expect(state.resolved).toEqual(['7']);
  const more = deliver('c', 9);
  expect(String((await subscription.receive(signal)).body)).toBe('c');
  rejoin();
  await more;
});

test('N02 closing gives back what is committed and whose request has failed', async () => {
  const { commit, release } = holdFirst();
  const { subscription, deliver, state } = await open(commit);
  const done = deliver('a', 7);
  const client = new AbortController();
  const settled = (await subscription.receive(client.signal)).settle('used');
  client.abort();
  release();
  await settled;
  await subscription.close();
  await done;
  expect(state.commits).toMatchObject([{ offset: '8' }, { offset: '7' }]);
});
