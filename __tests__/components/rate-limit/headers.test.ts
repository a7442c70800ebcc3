import { expect, test } from 'vitest';
import { createLimitHeaders, retryAfter } from '../../../lib/components/rate-limit/headers.js';

test('L03 Retry-After is whole seconds, 1 or more', () => {
  expect([0, 1, 999, 1_000, 1_001, 59_999.5].map(retryAfter)).toEqual(['1', '1', '1', '1', '2', '60']);
});

test('the fields say what is left, when it is full again, and the policy', () => {
  const headers = createLimitHeaders('client', { capacity: 100, rate: 100 / 60 });
  expect(headers({ isAllowed: true, remaining: 42, retryAfter: 0, reset: 34_800 })).toEqual({
    ratelimit: '"client";r=42;t=35',
    'ratelimit-policy': '"client";q=100;w=60',
  });
  expect(
    createLimitHeaders('all', { capacity: 1, rate: 1_000 })({ isAllowed: true, remaining: 0, retryAfter: 0, reset: 1 }),
  ).toEqual({ ratelimit: '"all";r=0;t=1', 'ratelimit-policy': '"all";q=1;w=1' });
});
