import { describe, expect, test } from 'vitest';
import type { Limit, LimitStore } from '../../lib/components/rate-limit/store.js';

/** What every store of rate limits has to do. `make` may give the same store again: keys are never used twice. */
export function describeLimitStore(name: string, make: () => LimitStore): void {
  let last = 0;
  function newKey(): string {
    last++;
    return `${name} ${process.pid} ${last}`;
  }

  async function burst(store: LimitStore, key: string, limit: Limit, attempts: number): Promise<number> {
    const decisions = await Promise.all(Array.from({ length: attempts }, () => store.take(key, limit)));
    return decisions.filter(({ isAllowed }) => isAllowed).length;
  }

  describe(`the store ${name}`, () => {
    test('lets a full bucket through at once, and no more', async () => {
      expect(await burst(make(), newKey(), { capacity: 7, rate: 0.001 }, 50)).toBe(7);
    });

    test('has a bucket for each key', async () => {
      const [store, limit] = [make(), { capacity: 1, rate: 0.001 }];
      const [one, other] = [newKey(), newKey()];
      expect([await burst(store, one, limit, 2), await burst(store, other, limit, 2)]).toEqual([1, 1]);
    });

    test('tells what is left and when there is more', async () => {
      const [store, key, limit] = [make(), newKey(), { capacity: 2, rate: 0.01 }];
      const first = await store.take(key, limit);
      expect(first).toMatchObject({ isAllowed: true, remaining: 1, retryAfter: 0 });
      expect(first.reset).toBeCloseTo(100_000, -3);
      await store.take(key, limit);
      const third = await store.take(key, limit);
      expect(third).toMatchObject({ isAllowed: false, remaining: 0 });
      expect(third.retryAfter).toBeGreaterThan(95_000);
      expect(third.retryAfter).toBeLessThanOrEqual(100_000);
      expect(third.reset).toBeGreaterThan(third.retryAfter);
    });

    test('fills again as time passes, never above what it holds', async () => {
      const [store, key, limit] = [make(), newKey(), { capacity: 5, rate: 1_000 }];
      const start = performance.now();
      let allowed = 0;
      for (let round = 0; round < 20; round++) {
        allowed += await burst(store, key, limit, 50);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const most = limit.capacity + (limit.rate * (performance.now() - start)) / 1_000;
      expect(allowed).toBeLessThanOrEqual(most + 1);
      expect(allowed).toBeGreaterThanOrEqual(20 * limit.capacity * 0.8);
    });

    test('counts every one of many that come at once', async () => {
      const [store, key, limit] = [make(), newKey(), { capacity: 1_000, rate: 0.001 }];
      expect(await burst(store, key, limit, 1_500)).toBe(1_000);
    });

    test('takes keys of any characters', async () => {
      const [store, limit] = [make(), { capacity: 1, rate: 0.001 }];
      const keys = ['', ' ', '*', '{a}', 'a\r\nSET b c', '\u0000', 'é😀', 'x'.repeat(10_000)].map((k) => newKey() + k);
      for (const key of keys) expect(await burst(store, key, limit, 2)).toBe(1);
    });
  });
}
