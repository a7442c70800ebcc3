import { afterEach, expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { connectToKafka, isTooLarge, toError } from '../../../../lib/components/brokers/kafka/connection.js';

afterEach(() => void vi.unstubAllEnvs());

test.each([
  [{ type: 'MESSAGE_TOO_LARGE', message: 'secret' }, 'ERR_BACKEND_STATUS', '(MESSAGE_TOO_LARGE)'],
  [{ name: 'KafkaJSNonRetriableError', cause: { type: 'UNKNOWN_MEMBER_ID' } }, 'ERR_BACKEND_STATUS', 'UNKNOWN_MEMBER'],
  [{ cause: { name: 'KafkaJSRequestTimeoutError', message: 'secret' } }, 'ERR_BACKEND_TIMEOUT', 'in time'],
  [{ name: 'KafkaJSConnectionError', message: 'secret:9092' }, 'ERR_BACKEND_CONNECTION', 'no connection'],
  [{ type: 'no word of Kafka: secret' }, 'ERR_BACKEND_CONNECTION', 'no connection'],
  [undefined, 'ERR_BACKEND_CONNECTION', 'no connection'],
])('%j is told without what it quotes', (thrown, code, text) => {
  const error = toError('backend[0]', thrown);
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(text)]);
  expect(error.message).not.toContain('secret');
});

test('an injected client is used, and without one KAFKA_BROKERS must name a broker', async () => {
  const client = {};
  expect(await connectToKafka({ name: 'b', client } as unknown as Place)).toBe(client);
  const place = { name: 'b', connectTimeout: 100, timeout: 100 } as unknown as Place;
  vi.stubEnv('KAFKA_BROKERS', ' , ');
  await expect(connectToKafka(place)).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  vi.stubEnv('KAFKA_BROKERS', '127.0.0.1:1');
  expect(await connectToKafka(place)).toHaveProperty('producer');
});

test('a message that is too large is known, wrapped or not', () => {
  const type = 'MESSAGE_TOO_LARGE';
  expect(
    [{ type }, { name: 'KafkaJSError', cause: { type } }, { type: 'OTHER_TYPE' }, undefined].map(isTooLarge),
  ).toEqual([true, true, false, false]);
});
