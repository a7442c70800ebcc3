import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CommonScope } from '../../../lib/components/component.js';
import { checkStore, createLimiter, type Limiter } from '../../../lib/components/rate-limit/limiter.js';
import type { OnStoreError } from '../../../lib/components/rate-limit/settings.js';
import type { Decision, LimitStore } from '../../../lib/components/rate-limit/store.js';
import { createKeep } from '../../../lib/core/reload-state.js';

const yes: Decision = { isAllowed: true, remaining: 7, retryAfter: 0, reset: 0 };
const limit = { capacity: 2, rate: 0.001 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function createScope(store?: LimitStore) {
  const lines: string[] = [];
  const log = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${JSON.stringify(fields)} ${message}`);
  };
  const scope: CommonScope = {
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    functions: new Map(),
    clients: new Map(),
    stores: new Map<string, object>(store && [['redis', store]]),
    keep: createKeep().keep,
    debug: false,
    onClose() {},
    onReady() {},
  };
  return { lines, scope };
}

function over(take: LimitStore['take'], onError: OnStoreError = 'local') {
  const { lines, scope } = createScope({ take });
  function create(name = 'GET /x client'): Limiter {
    return createLimiter(
      { name, limit, maxKeys: 10, store: 'redis', on_store_error: onError, store_timeout: 100 },
      scope,
    );
  }
  return { lines, create, limiter: create() };
}

async function allowed(limiter: Limiter, times: number, key = 'a'): Promise<(boolean | undefined)[]> {
  const results = [];
  for (let count = 0; count < times; count++) results.push((await limiter(key))?.isAllowed);
  return results;
}

describe('without a store', () => {
  test('the memory of the process decides, at once', () => {
    const { scope } = createScope();
    const limiter = createLimiter({ name: 'x', limit, maxKeys: 10, on_store_error: 'local', store_timeout: 1 }, scope);
    expect(limiter('a')).toMatchObject({ isAllowed: true, remaining: 1 });
  });

  test('buckets outlive a reload as long as the limit stays', () => {
    const before = createKeep();
    const { scope } = createScope();
    const options = { name: 'x', limit, maxKeys: 10, on_store_error: 'local', store_timeout: 1 } as const;
    createLimiter(options, { ...scope, keep: before.keep })('a');
    const { keep } = createKeep(before.kept);
    expect(createLimiter(options, { ...scope, keep })('a')).toMatchObject({ remaining: 0 });
    const changed = { ...options, limit: { ...limit, capacity: 3 } };
    expect(createLimiter(changed, { ...scope, keep })('a')).toMatchObject({ remaining: 2 });
    expect(createLimiter({ ...options, name: 'y' }, { ...scope, keep })('a')).toMatchObject({ remaining: 1 });
  });
});

describe('with a store', () => {
  test('it is asked by a name that is the same in every process', async () => {
    const take = vi.fn(async () => yes);
    const { limiter } = over(take);
    expect(await limiter('me')).toEqual(yes);
    expect(take).toHaveBeenCalledWith('GET /x client me', limit);
    expect(vi.getTimerCount()).toBe(0);
  });

  const failures: [string, LimitStore['take']][] = [
    ['rejects', () => Promise.reject(new Error('ECONNREFUSED 10.0.0.1:6379'))],
    [
      'throws',
      () => {
        throw new Error('closed');
      },
    ],
    ['answers nonsense', async () => ({}) as Decision],
    ['answers half a decision', async () => ({ isAllowed: true, remaining: Number.NaN }) as Decision],
    ['does not say when it is full again', async () => ({ ...yes, reset: undefined }) as unknown as Decision],
    ['does not say when to come back', async () => ({ ...yes, retryAfter: '1' }) as unknown as Decision],
    ['does not say whether', async () => ({ ...yes, isAllowed: 1 }) as unknown as Decision],
    ['answers nothing', async () => undefined as unknown as Decision],
  ];

  test.each(failures)('one that %s leaves it to each process', async (_what, take) => {
    expect(await allowed(over(take).limiter, 4)).toEqual([true, true, false, false]);
  });

  test.each(failures)('or, on request, to nobody: one that %s lets everybody in', async (_what, take) => {
    expect(await allowed(over(take, 'allow').limiter, 4)).toEqual([true, true, true, true]);
  });

  test.each(failures)('or nobody at all: one that %s', async (_what, take) => {
    expect(await allowed(over(take, 'deny').limiter, 2)).toEqual([undefined, undefined]);
  });

  test('one that is silent has its time, and no more', async () => {
    const { limiter } = over(() => new Promise(() => {}));
    const decision = limiter('a');
    let isDecided = false;
    void Promise.resolve(decision).then(() => {
      isDecided = true;
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(isDecided).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await decision).toMatchObject({ isAllowed: true });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('one that fails is left alone for a second, by all limits that use it', async () => {
    const take = vi.fn(() => Promise.reject(new Error('down')));
    const { create, limiter } = over(take);
    await allowed(limiter, 10);
    await allowed(create('GET /y client'), 10);
    expect(take).toHaveBeenCalledTimes(3);
    vi.advanceTimersByTime(1_000);
    await Promise.all(Array.from({ length: 100 }, () => limiter('a')));
    expect(take).toHaveBeenCalledTimes(4);
  });

  test('is asked again when it is back, and the log has a line for each change', async () => {
    let isDown = true;
    const take = vi.fn(() => (isDown ? Promise.reject(new Error('redis://secret@host')) : Promise.resolve(yes)));
    const { limiter, lines } = over(take);
    await allowed(limiter, 10);
    vi.advanceTimersByTime(1_000);
    await allowed(limiter, 10);
    isDown = false;
    vi.advanceTimersByTime(1_000);
    expect(await allowed(limiter, 10)).toEqual(Array(10).fill(true));
    expect(lines).toEqual([
      'error {"store":"redis","err":{}} a store of rate limits fails: on_store_error decides',
      'info {"store":"redis"} a store of rate limits answers again',
    ]);
  });

  test.each(failures)('S13 one that %s now and then has one line in the log a minute', async (_what, take) => {
    let turn = 0;
    const { limiter, lines } = over((...args) => (++turn % 2 === 0 ? take(...args) : Promise.resolve(yes)));
    for (let second = 0; second < 60; second++) {
      await allowed(limiter, 2);
      await vi.advanceTimersByTimeAsync(990);
    }
    expect(lines).toEqual([expect.stringMatching(/^error .* a store of rate limits fails/)]);
    await vi.advanceTimersByTimeAsync(1_000);
    await allowed(limiter, 2);
    expect(lines).toHaveLength(2);
  });

  test.each([5, 200])('S13 one that rejects after %d ms leaves nothing behind', async (delay) => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { limiter } = over(() => new Promise((_, reject) => setTimeout(reject, delay, new Error('late'))));
    const decision = limiter('a');
    await vi.advanceTimersByTimeAsync(300);
    expect(await decision).toMatchObject({ isAllowed: true });
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('a decision that comes too late changes nothing', async () => {
    let answer: (decision: Decision) => void = () => {};
    const { limiter } = over(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      'deny',
    );
    const decision = limiter('a');
    await vi.advanceTimersByTimeAsync(100);
    answer(yes);
    expect(await decision).toBeUndefined();
  });
});

test('G03 a store that is not there, or cannot limit, is found at start', () => {
  const stores = new Map<string, object>([
    ['limits', { take: async () => yes }],
    ['cache', { get() {} }],
  ]);
  expect(checkStore(undefined, stores)).toEqual([]);
  expect(checkStore('limits', stores)).toEqual([]);
  const fault = { path: ['store'], message: expect.stringContaining('options.stores') };
  expect(checkStore('cache', stores)).toEqual([fault]);
  expect(checkStore('limit', stores)).toEqual([fault]);
});
