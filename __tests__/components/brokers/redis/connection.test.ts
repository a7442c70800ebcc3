import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createRedisLink, toError } from '../../../../lib/components/brokers/redis/connection.js';
import { BackendError } from '../../../../lib/errors.js';

function copies() {
  const made: (EventEmitter & { disconnect: ReturnType<typeof vi.fn> })[] = [];
  const client = {
    duplicate(options: object) {
      expect(options).toMatchObject({ enableOfflineQueue: false, maxRetriesPerRequest: 0 });
      made.push(Object.assign(new EventEmitter(), { connect: async () => {}, disconnect: vi.fn() }));
      return made.at(-1);
    },
  };
  return { made, place: { name: 'b', client, connectTimeout: 1 } as unknown as Place };
}

test('a lost connection is told, and the next call opens another', async () => {
  const { made, place } = copies();
  const onLost = vi.fn();
  const link = createRedisLink(place, async () => {}, onLost);
  expect(await link.get()).toBe(await link.get());
  made[0]?.emit('error', new Error('reset'));
  made[0]?.emit('end');
  expect(onLost).toHaveBeenCalledOnce();
  await link.get();
  expect(made).toHaveLength(2);
});

test('a connection that cannot be prepared is closed', async () => {
  const { made, place } = copies();
  const refused = Object.assign(new Error('WRONGTYPE Operation against key secret'), { name: 'ReplyError' });
  await expect(createRedisLink(place, () => Promise.reject(refused)).get()).rejects.toMatchObject({
    code: 'ERR_BACKEND_STATUS',
    message: 'b: its broker refused the call (WRONGTYPE)',
  });
  expect(made[0]?.disconnect).toHaveBeenCalledOnce();
});

test('what is no refusal is a lost connection, and an error of our own stays what it is', () => {
  for (const thrown of [new Error('secret'), undefined, 'x']) {
    expect(toError('b', thrown)).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  }
  const own = new BackendError('ERR_BACKEND_SIZE', 'x');
  expect(toError('b', own)).toBe(own);
});
