import { expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createNatsLink, headersOf, toError } from '../../../../lib/components/brokers/nats/connection.js';
import { BackendError } from '../../../../lib/errors.js';

test.each([
  [{ name: 'NoRespondersError' }, 'ERR_BACKEND_STATUS'],
  [{ name: 'RequestError', cause: { name: 'NoResponders' } }, 'ERR_BACKEND_STATUS'],
  [{ name: 'StreamNotFoundError', message: 'secret' }, 'ERR_BACKEND_STATUS'],
  [{ name: 'TimeoutError' }, 'ERR_BACKEND_TIMEOUT'],
  [{ name: 'ConnectionError', message: 'secret:4222' }, 'ERR_BACKEND_CONNECTION'],
  [undefined, 'ERR_BACKEND_CONNECTION'],
])('%j is %s, and quotes nothing', (thrown, code) => {
  const error = toError('backend[0]', thrown);
  expect(error.code).toBe(code);
  expect(error.message).not.toContain('secret');
});

test('an error of our own stays what it is', () => {
  const error = new BackendError('ERR_BACKEND_SIZE', 'x');
  expect(toError('backend[0]', error)).toBe(error);
});

test('headers are lists by name, and none is none', () => {
  const headers = new Map([['X-A', ['1', '2']]]);
  const hdrs = { keys: () => [...headers.keys()], values: (name: string) => headers.get(name) ?? [] };
  expect(headersOf(hdrs)).toEqual({ 'X-A': ['1', '2'] });
  expect(headersOf(undefined)).toEqual({});
});

test('an injected connection is used, told what ends, and left open', async () => {
  const client = { close: vi.fn() };
  const end = vi.fn();
  const link = createNatsLink({ name: 'b', client, connectTimeout: 1 } as unknown as Place, async () => 'used', {
    end,
  });
  expect((await link.get()).used).toBe('used');
  await link.close();
  expect(end).toHaveBeenCalledExactlyOnceWith('used');
  expect(client.close).not.toHaveBeenCalled();
});
