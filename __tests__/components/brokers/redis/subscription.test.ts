import { expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createRedisSubscription } from '../../../../lib/components/brokers/redis/subscription.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import { silentLogger } from '../../../../lib/logger.js';
import { createFakeRedis } from '../fake-redis.js';

const ENTRY = [
  Buffer.from('1-0'),
  [Buffer.from('body'), Buffer.from('a'), Buffer.from('header:x-a'), Buffer.from('1')],
];

function open(answer: (command: unknown[]) => unknown) {
  const { client, commands } = createFakeRedis(answer);
  const url = parseBrokerUrl('redis://s?group=g');
  const place = { name: 'b', url, client, maxAttempts: 2, logger: silentLogger } as unknown as Place;
  return { subscription: createRedisSubscription(place), commands };
}
const { signal } = new AbortController();

test.each([
  ['RESP2', [[Buffer.from('s'), [ENTRY]]]],
  ['RESP3', [Buffer.from('s'), [ENTRY]]],
])('an entry is read from an answer in %s, and acknowledged', async (_protocol, reply) => {
  const answers: Record<string, unknown> = { XAUTOCLAIM: [Buffer.from('0-0'), [], []], XREADGROUP: reply, XACK: 1 };
  const { subscription, commands } = open(([name]) => answers[String(name)]);
  const { body, headers, settle } = await subscription.receive(signal);
  expect([String(body), headers['x-a']]).toEqual(['a', '1']);
  await settle('used');
  expect(commands.at(-1)).toEqual(['XACK', 's', 'g', '1-0']);
  await subscription.close();
});

test('an entry that was deleted while a dead member had it is passed over', async () => {
  let claims = 0;
  const { subscription } = open(([name]) => {
    if (name === 'XAUTOCLAIM') return [Buffer.from('0-0'), claims++ === 0 ? [[Buffer.from('0-1'), null]] : [], []];
    return name === 'XREADGROUP' ? [Buffer.from('s'), [ENTRY]] : 1;
  });
  expect(String((await subscription.receive(signal)).body)).toBe('a');
  await subscription.close();
});

test('an acknowledgement that came too late fails the call', async () => {
  const answers: Record<string, unknown> = {
    XAUTOCLAIM: [Buffer.from('0-0'), [], []],
    XREADGROUP: [Buffer.from('s'), [ENTRY]],
    XACK: 0,
  };
  const { subscription } = open(([name]) => answers[String(name)]);
  const { settle } = await subscription.receive(signal);
  await expect(settle('used')).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  await subscription.close();
});

test('N02 when the answer to an acknowledgement was lost, the next request gets the entry, acknowledged before or not', async () => {
  let acknowledgements = 0;
  const { subscription } = open(([name]) => {
    if (name === 'XAUTOCLAIM') return [Buffer.from('0-0'), [], []];
    if (name === 'XREADGROUP') return [Buffer.from('s'), [ENTRY]];
    if (name === 'XACK' && ++acknowledgements === 1) throw new Error('Connection is closed.');
    return 0;
  });
  const first = await subscription.receive(signal);
  await expect(first.settle('used')).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  const second = await subscription.receive(signal);
  expect(String(second.body)).toBe('a');
  await expect(second.settle('used')).resolves.toBeUndefined();
  await subscription.close();
});

test('N02 closing hands back what nobody has got', async () => {
  let answer = (_: unknown) => {};
  const { subscription, commands } = open(([name]) => {
    if (name === 'XAUTOCLAIM') return [Buffer.from('0-0'), [], []];
    return name === 'XREADGROUP' ? new Promise((resolve) => (answer = resolve)) : 1;
  });
  const client = new AbortController();
  const left = expect(subscription.receive(client.signal)).rejects.toThrow('left');
  await vi.waitFor(() => expect(commands.at(-1)?.[0]).toBe('XREADGROUP'), { interval: 1 });
  client.abort(new Error('left'));
  await left;
  answer([Buffer.from('s'), [ENTRY]]);
  await subscription.close();
  expect(commands.at(-1)).toEqual(['XCLAIM', 's', 'g', expect.any(String), 0, '1-0', 'IDLE', 30_000, 'JUSTID']);
});
