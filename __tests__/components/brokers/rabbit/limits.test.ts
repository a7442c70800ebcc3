import { describe, expect, test } from 'vitest';
import { checkMessage, isShort } from '../../../../lib/components/brokers/rabbit/limits.js';
import type { AmqpMessage } from '../../../../lib/components/brokers/rabbit/publisher.js';

const MOST = 'x'.repeat(255);
/** 256 bytes of UTF-8, though it is shorter than 255 characters. */
const TOO_LONG = 'ä'.repeat(128);

function check(message: Partial<AmqpMessage>): unknown {
  try {
    checkMessage({ body: Buffer.alloc(0), headers: {}, routingKey: '', options: {}, ...message });
  } catch (error) {
    return error;
  }
  return undefined;
}

test('a short string has 255 bytes, not characters', () => {
  expect([MOST, `${MOST}x`, TOO_LONG, ''].map(isShort)).toEqual([true, false, false, true]);
});

describe('N02 what AMQP cannot write', () => {
  test.each<[string, (text: string) => Partial<AmqpMessage>, string]>([
    ['routing key', (routingKey) => ({ routingKey }), 'ERR_REQUEST_PATH'],
    ['queue for answers', (replyTo) => ({ options: { replyTo } }), 'ERR_REQUEST_PATH'],
    ['id of the message', (messageId) => ({ options: { messageId } }), 'ERR_REQUEST_PATH'],
    ['content-type', (contentType) => ({ options: { contentType } }), 'ERR_REQUEST_HEADERS'],
    ['name of a header', (name) => ({ headers: { [name]: '1' } }), 'ERR_REQUEST_HEADERS'],
  ])('%s', (what, messageOf, code) => {
    expect(check(messageOf(MOST))).toBeUndefined();
    const refusal = { name: 'RequestError', status: 400, code, message: expect.stringContaining(what) };
    expect(check(messageOf(TOO_LONG))).toMatchObject(refusal);
    expect(check(messageOf(`${MOST}x`))).toMatchObject(refusal);
  });

  test('headers that do not fit into one frame', () => {
    expect(check({ headers: { a: 'x'.repeat(50_000) } })).toBeUndefined();
    const headers = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`x-${index}`, 'x'.repeat(15_000)]));
    expect(check({ headers })).toMatchObject({ name: 'RequestError', status: 400, code: 'ERR_REQUEST_HEADERS' });
  });
});
