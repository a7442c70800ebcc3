import { expect, test } from 'vitest';
import { createBuckets } from '../../../lib/components/rate-limit/buckets.js';
import { decide } from '../../../lib/components/rate-limit/store.js';
import { describeLimitStore } from '../../contracts/limit-store.js';

// The buckets in memory keep the same promises.
const buckets = new Map<string, ReturnType<typeof createBuckets>>();
describeLimitStore('memory', () => ({
  async take(key, limit) {
    const place = `${limit.capacity} ${limit.rate}`;
    if (!buckets.has(place)) buckets.set(place, createBuckets(limit, 10_000));
    return (buckets.get(place) as ReturnType<typeof createBuckets>)(key);
  },
}));

test('a decision counts whole tokens and milliseconds', () => {
  const limit = { capacity: 10, rate: 4 };
  expect(decide(true, 0, limit)).toEqual({ isAllowed: true, remaining: 10, retryAfter: 0, reset: 0 });
  expect(decide(true, 2.5, limit)).toEqual({ isAllowed: true, remaining: 7, retryAfter: 0, reset: 625 });
  expect(decide(false, 9.5, limit)).toEqual({ isAllowed: false, remaining: 0, retryAfter: 125, reset: 2_375 });
  // A rounding error is no token.
  expect(decide(true, 9.000_000_000_1, limit).remaining).toBe(1);
});
