import { expect, test } from 'vitest';
import type { BrokerUrl } from '../../../lib/components/brokers/driver.js';
import {
  checkLimits,
  createKeyReader,
  type Limits,
  maxSizeFault,
  maxSizeOf,
} from '../../../lib/components/brokers/limits.js';
import { parseBrokerUrl } from '../../../lib/components/brokers/url.js';

const LIMITS: Limits = { broker: 'The moon', bytes: 10, headers: 2, value: 4 };
const urlOf = (query: string) => parseBrokerUrl(`x://t?${query}`) as BrokerUrl;
function check(limits: Partial<Limits>, body: string, headers: Record<string, string> = {}): void {
  checkLimits({ ...LIMITS, ...limits }, { body: Buffer.from(body), headers });
}

test.each([
  [{}, 'x'.repeat(10), {}],
  [{}, 'xxxx', { ab: '12', cd: '' }],
  [{}, '', {}],
  [{ needsBody: false }, '', { a: '1' }],
])('%j takes %j with %j', (limits, body, headers) => {
  expect(() => check(limits, body, headers)).not.toThrow();
});

test.each([
  [{}, 'x'.repeat(11), {}, 413, 'larger than The moon takes: 10 bytes'],
  [{}, 'ööööö', { a: '' }, 413, 'larger than'],
  [{}, 'xxxxxxx', { ab: '12' }, 413, 'larger than'],
  [{}, 'x', { a: '', b: '', c: '' }, 431, 'takes 2 headers with one message; forward fewer of the 3'],
  [{}, 'x', { 'x-a': 'äää' }, 431, 'header "x-a" is longer than The moon takes: 4 bytes'],
  [{ name: 3 }, 'x', { abcd: '' }, 400, 'The name of a header is longer than The moon takes: 3 bytes'],
  [{ needsBody: true }, '', { a: '1' }, 400, 'takes no empty message'],
  [{ needsBody: false }, '', {}, 400, 'takes no empty message'],
])('%j does not take %j with %j', (limits, body, headers, status, message) => {
  let thrown: unknown;
  try {
    check(limits, body, headers);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ name: 'RequestError', status, message: expect.stringContaining(message) });
});

test('max_size is a number of bytes up to what the broker can be set to', () => {
  expect([maxSizeOf(urlOf(''), 7), maxSizeOf(urlOf('max_size=2000'), 7)]).toEqual([7, 2_000]);
  for (const good of ['', 'max_size=1000', 'max_size=5000']) expect(maxSizeFault(urlOf(good), 5_000)).toBeUndefined();
  for (const bad of ['999', '5001', '1e3', '', '-1000', '99999999999']) {
    expect(maxSizeFault(urlOf(`max_size=${bad}`), 5_000), bad).toContain('from 1000 to 5000');
  }
});

test('key_name names a header, however it is written; an empty one is none', () => {
  const message = { body: Buffer.alloc(0), headers: { 'x-id': '7', 'x-none': '' } };
  expect(
    ['key_name=X-Id', 'key_name=X-None', 'key_name=X-Other', ''].map((q) => createKeyReader(urlOf(q))(message)),
  ).toEqual(['7', undefined, undefined, undefined]);
});

test('N02 a key that the broker would refuse is the fault of the client', () => {
  const keyOf = createKeyReader(urlOf('key_name=X-Id'), { broker: 'The moon', bytes: 4, characters: /^[a-z]+$/ });
  expect(keyOf({ headers: { 'x-id': 'abcd' } })).toBe('abcd');
  for (const [key, message] of [
    ['abcde', 'The header "x-id" is longer than a key of The moon: 4 bytes.'],
    ['a b', 'The header "x-id" has characters that a key of The moon cannot have.'],
  ] as const) {
    expect(() => keyOf({ headers: { 'x-id': key } })).toThrow(
      expect.objectContaining({ name: 'RequestError', status: 400, code: 'ERR_REQUEST_HEADERS', message }),
    );
  }
});
