import { describe, expect, test } from 'vitest';
import { createRedisCache, type RedisCacheClient } from '../../../lib/components/http-cache/redis.js';

/** Speaks the four commands as Redis does. */
function fakeRedis() {
  const values = new Map<string, string>();
  const commands: string[][] = [];
  let listed: string[] = [];
  async function run(args: readonly string[]): Promise<unknown> {
    commands.push([...args]);
    const [command, key = '', value = ''] = args;
    if (command === 'GET') return values.get(key) ?? null;
    if (command === 'SET') return values.set(key, value) && 'OK';
    if (command === 'UNLINK') return args.slice(1).filter((name) => values.delete(name)).length;
    if (command === 'SCAN') {
      const start = Number(key);
      if (start === 0) listed = [...values.keys()];
      const end = start + 2;
      return [end < listed.length ? String(end) : '0', listed.slice(start, end)];
    }
    throw new Error(`unexpected ${command}`);
  }
  return { values, commands, run };
}

describe.each<[string, (run: (args: readonly string[]) => Promise<unknown>) => RedisCacheClient]>([
  ['ioredis', (run) => ({ call: (...args: string[]) => run(args) })],
  ['node-redis', (run) => ({ sendCommand: (args: string[]) => run(args) })],
])('createRedisCache over %s', (_name, wrap) => {
  test('gets and sets under its prefix, with a time to live', async () => {
    const redis = fakeRedis();
    const store = createRedisCache(wrap(redis.run), { prefix: 'p:' });
    expect(await store.get('a')).toBeUndefined();
    await store.set('a', 'text', 0.4);
    await store.set('a', 'text', 1500);
    expect(await store.get('a')).toBe('text');
    expect(redis.commands).toEqual([
      ['GET', 'p:a'],
      ['SET', 'p:a', 'text', 'PX', '1'],
      ['SET', 'p:a', 'text', 'PX', '1500'],
      ['GET', 'p:a'],
    ]);
  });

  test('removes what matches, page by page', async () => {
    const redis = fakeRedis();
    const store = createRedisCache(wrap(redis.run));
    for (const key of ['a1', 'a2', 'a3', 'b1', 'b2']) await store.set(key, 'x', 1000);
    const before = redis.values.size;
    expect(await store.remove((key) => key === 'b2' || key === 'b1')).toBe(2);
    expect(redis.values.size).toBe(before - 2);
    expect(await store.remove(() => false)).toBe(0);
  });

  test('the prefix is text, not a pattern', async () => {
    const redis = fakeRedis();
    await createRedisCache(wrap(redis.run), { prefix: 'a[1]*?\\' }).remove(() => true);
    expect(redis.commands[0]?.slice(0, 4)).toEqual(['SCAN', '0', 'MATCH', 'a\\[1\\]\\*\\?\\\\*']);
  });
});
