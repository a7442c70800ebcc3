import { expect, test } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createRedisPublisher, toFields } from '../../../../lib/components/brokers/redis/publisher.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import { createFakeRedis } from '../fake-redis.js';

const MESSAGE = { body: Buffer.from('a'), headers: { 'x-a': '1', 'x-b': '2' } };

test('body and headers are fields', () => {
  expect(toFields(MESSAGE)).toEqual(['body', Buffer.from('a'), 'header:x-a', '1', 'header:x-b', '2']);
});

test.each([
  ['redis://s', ['XADD', 's', '*']],
  ['redis://s?maxlen=9', ['XADD', 's', 'MAXLEN', '~', '9', '*']],
])('%s appends an entry', async (url, start) => {
  const { client, commands } = createFakeRedis(() => '1-0');
  await createRedisPublisher({ name: 'b', url: parseBrokerUrl(url), client } as unknown as Place).publish(MESSAGE);
  expect(commands).toEqual([[...start, ...toFields(MESSAGE)]]);
});

test('N02 what Redis would end the connection over is refused before it is sent', async () => {
  const { client, commands } = createFakeRedis(() => '1-0');
  const publisher = createRedisPublisher({ name: 'b', url: parseBrokerUrl('redis://s'), client } as unknown as Place);
  const body = Object.defineProperty(Buffer.from('a'), 'length', { value: 2 ** 29 + 1 });
  await expect(publisher.publish({ body, headers: {} })).rejects.toMatchObject({ status: 413 });
  expect(commands).toEqual([]);
});
