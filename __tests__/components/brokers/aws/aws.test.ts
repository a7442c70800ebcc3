import { expect, test, vi } from 'vitest';
import {
  asCounted,
  callAws,
  createAwsLink,
  fromAttributes,
  toAttributes,
} from '../../../../lib/components/brokers/aws/aws.js';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { BackendError } from '../../../../lib/errors.js';

const place = { name: 'b', connectTimeout: 700, maxPending: 3 } as Place;

test.each(['text', 'grün 😀\t\r\n', '\u0000', '\ufffe', ''])('%j comes back as it went', (text) => {
  const { text: wire, attributes } = toAttributes({ body: Buffer.from(text), headers: { 'x-a': '1' } });
  const values = Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]));
  const { body, headers } = fromAttributes(wire, values);
  expect([body.toString(), { ...headers }]).toEqual([text, { 'x-a': '1' }]);
});

test('names that AWS does not take, and empty values, stay behind', () => {
  const headers = { 'x-a': '1', 'x!b': '2', 'aws.c': '3', 'amazon.d': '4', 'e..f': '5', 'x-g': '' };
  expect(Object.keys(toAttributes({ body: Buffer.from('x'), headers }).attributes)).toEqual(['x-a']);
});

test('the type of an attribute counts against the limits', () => {
  const { body, headers } = asCounted('abc', { 'x-a': { DataType: 'String', StringValue: '1' } });
  expect([body.length, headers]).toEqual([3, { 'x-a': 'String1' }]);
});

const ACCESS = { region: async () => 'eu-west-1', credentials: async () => ({}) };

test('S12 a client without credentials is destroyed before it calls anything', async () => {
  const destroy = vi.fn();
  const credentials = () => Promise.reject(Object.assign(new Error('x'), { name: 'CredentialsProviderError' }));
  const client = { config: { ...ACCESS, credentials }, destroy };
  const link = createAwsLink(place, { region: 'eu-west-1', endpoint: undefined }, async () => client);
  await expect(link.open()).rejects.toMatchObject({
    code: 'ERR_BACKEND_CONNECTION',
    message: expect.stringContaining('there are no credentials for AWS'),
  });
  expect(destroy).toHaveBeenCalledOnce();
});

test('a client of our own is told what to do, and destroyed; it never tries again by itself', async () => {
  const seen: object[] = [];
  let destroyed = 0;
  const link = createAwsLink(place, { region: 'eu-west-1', endpoint: undefined }, async (settings) => {
    seen.push(settings);
    return { config: ACCESS, destroy: () => void destroyed++ };
  });
  await link.get();
  await link.close();
  const agent = { keepAlive: true, maxSockets: 3 };
  const requestHandler = { connectionTimeout: 700, httpsAgent: agent, httpAgent: agent };
  expect(seen).toEqual([{ region: 'eu-west-1', maxAttempts: 1, requestHandler }]);
  expect(destroyed).toBe(1);
});

const mine = new BackendError('ERR_BACKEND_LIMIT', 'mine');
test.each([
  [Object.assign(new Error('x'), { name: 'TimeoutError' }), 'ERR_BACKEND_TIMEOUT', 'did not answer in time'],
  [Object.assign(new Error('x'), { name: 'AbortError' }), 'ERR_BACKEND_TIMEOUT', 'did not answer in time'],
  [Object.assign(new Error('x'), { name: 'CredentialsProviderError' }), 'ERR_BACKEND_CONNECTION', 'no credentials'],
  [
    Object.assign(new Error('geheim'), { name: 'QueueDoesNotExist', $metadata: { httpStatusCode: 400 } }),
    'ERR_BACKEND_STATUS',
    'refused the call (QueueDoesNotExist)',
  ],
  [
    Object.assign(new Error('x'), { name: 'geheim 10.0.0.1', $metadata: { httpStatusCode: 400 } }),
    'ERR_BACKEND_STATUS',
    'refused the call',
  ],
  [Object.assign(new Error('connect 10.0.0.1'), { code: 'ECONNREFUSED' }), 'ERR_BACKEND_CONNECTION', 'no connection'],
  [undefined, 'ERR_BACKEND_CONNECTION', 'no connection'],
  [mine, 'ERR_BACKEND_LIMIT', 'mine'],
])('%s is told as %s', async (thrown, code, message) => {
  const error = await callAws('b', 1_000, () => Promise.reject(thrown)).catch((caught) => caught);
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(error.message).not.toMatch(/geheim|10\.0\.0\.1/);
});

test('a call ends after its time, or with the signal', async () => {
  function hang({ abortSignal }: { abortSignal: AbortSignal }): Promise<never> {
    return new Promise((_, reject) => abortSignal.addEventListener('abort', () => reject(abortSignal.reason)));
  }
  await expect(callAws('b', 1, hang)).rejects.toMatchObject({ code: 'ERR_BACKEND_TIMEOUT' });
  const controller = new AbortController();
  const call = callAws('b', 60_000, hang, controller.signal);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: 'ERR_BACKEND_TIMEOUT' });
});
