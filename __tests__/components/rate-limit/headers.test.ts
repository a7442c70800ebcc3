import { expect, test } from 'vitest';
import { createBuckets } from '../../../lib/components/rate-limit/buckets.js';
import { createLimitHeaders, retryAfter } from '../../../lib/components/rate-limit/headers.js';

test('L03 Retry-After is whole seconds, 1 or more', () => {
  expect([0, 1, 999, 1_000, 1_001, 59_999.5].map(retryAfter)).toEqual(['1', '1', '1', '1', '2', '60']);
});

test('the fields say what is left, when one more will be, and the policy', () => {
  const headers = createLimitHeaders('client', { capacity: 100, rate: 100 / 60 });
  expect(headers({ isAllowed: true, remaining: 42, retryAfter: 0, reset: 34_800 })).toEqual({
    ratelimit: '"client";r=42;t=1',
    'ratelimit-policy': '"client";q=100;w=60',
  });
  expect(
    createLimitHeaders('all', { capacity: 1, rate: 1_000 })({ isAllowed: true, remaining: 0, retryAfter: 0, reset: 1 }),
  ).toEqual({ ratelimit: '"all";r=0;t=1', 'ratelimit-policy': '"all";q=1;w=1' });
});

test('L03 after as many seconds there is one more, and a request that was turned away is let in', () => {
  const limit = { capacity: 3, rate: 0.3 };
  const headersOf = createLimitHeaders('client', limit);
  let time = 0;
  const take = createBuckets(limit, 10, () => time);
  const fields = () =>
    /r=(\d+);t=(\d+)/
      .exec(headersOf(take('me')).ratelimit as string)
      ?.slice(1)
      .map(Number);
  expect([fields(), fields(), fields()]).toEqual([
    [2, 4],
    [1, 4],
    [0, 4],
  ]);
  time += 1_000;
  const turnedAway = take('me');
  expect(turnedAway.isAllowed).toBe(false);
  expect(headersOf(turnedAway).ratelimit).toBe('"client";r=0;t=3');
  expect(retryAfter(turnedAway.retryAfter)).toBe('3');
  time += 3_000;
  expect(take('me').isAllowed).toBe(true);
});

test('a bucket that is full has nothing to wait for', () => {
  const headersOf = createLimitHeaders('client', { capacity: 3, rate: 0.3 });
  expect(headersOf({ isAllowed: true, remaining: 3, retryAfter: 0, reset: 0 }).ratelimit).toBe('"client";r=3;t=0');
});
