import { expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createKafkaPublisher } from '../../../../lib/components/brokers/kafka/publisher.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';

function open(url: string, send: () => Promise<unknown>) {
  const ends = async () => {};
  const producer = vi.fn((_: object) => ({ connect: ends, disconnect: ends, send }));
  const place = { name: 'b', url: parseBrokerUrl(url), client: { producer }, timeout: 100 } as unknown as Place;
  return { publisher: createKafkaPublisher(place), producer };
}
const message = { body: Buffer.from('a'), headers: { 'x-key': 'k' } };

test('the key is the header that the URL names; every replica has the message when it is confirmed', async () => {
  const send = vi.fn(async () => []);
  await open('kafka://t?key_name=X-Key', send).publisher.publish(message);
  await open('kafka://t?key_name=X-Other', send).publisher.publish(message);
  const sent = (key: string | null) => ({
    topic: 't',
    acks: -1,
    timeout: 100,
    messages: [{ value: message.body, headers: message.headers, key }],
  });
  expect(send.mock.calls).toEqual([[sent('k')], [sent(null)]]);
});

test('N02 what is to be idempotent is sent once: a repetition could be stored twice, or take the place of the next', async () => {
  const send = vi.fn(() => Promise.reject(Object.assign(new Error('lost'), { retriable: true })));
  const { publisher, producer } = open('kafka://t?idempotent=true', send);
  await expect(publisher.publish(message)).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  expect(producer).toHaveBeenCalledExactlyOnceWith({ retry: { retries: 0 } });
  expect(send).toHaveBeenCalledOnce();
});
