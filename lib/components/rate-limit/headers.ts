import type { Decision, Limit } from './store.js';

export type LimitHeaders = (decision: Decision) => Readonly<Record<string, string>>;

/**
 * The `RateLimit` fields of the IETF's draft, under a name for the limit: what is left and in how many seconds one more will
 * be, and the policy: how much the bucket holds, and in how many seconds it fills.
 */
export function createLimitHeaders(name: string, { capacity, rate }: Limit): LimitHeaders {
  const policy = `"${name}";q=${capacity};w=${Math.max(1, Math.ceil(capacity / rate))}`;
  const perToken = 1_000 / rate;

  /** As `Retry-After` has it where nothing is left; 0 when the bucket is full. */
  function untilNext({ isAllowed, remaining, retryAfter: wait, reset }: Decision): string {
    if (!isAllowed) return retryAfter(wait);
    return String(toSeconds(Math.min(reset, Math.max(0, reset - (capacity - remaining - 1) * perToken))));
  }

  return function limitHeaders(decision) {
    return { ratelimit: `"${name}";r=${decision.remaining};t=${untilNext(decision)}`, 'ratelimit-policy': policy };
  };
}

/** `Retry-After`: whole seconds, 1 or more. */
export function retryAfter(milliseconds: number): string {
  return String(Math.max(1, toSeconds(milliseconds)));
}

/** A rounding error makes no second more. */
function toSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1_000 - 1e-6);
}
