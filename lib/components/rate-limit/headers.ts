import type { Decision, Limit } from './store.js';

export type LimitHeaders = (decision: Decision) => Readonly<Record<string, string>>;

/**
 * The `RateLimit` fields of the IETF's draft, under a name for the limit: what is left and when the bucket is full again,
 * and the policy: how much it holds, and in how many seconds it fills.
 */
export function createLimitHeaders(name: string, { capacity, rate }: Limit): LimitHeaders {
  const policy = `"${name}";q=${capacity};w=${Math.max(1, Math.ceil(capacity / rate))}`;
  return function limitHeaders({ remaining, reset }) {
    return { ratelimit: `"${name}";r=${remaining};t=${toSeconds(reset)}`, 'ratelimit-policy': policy };
  };
}

/** `Retry-After`: whole seconds, 1 or more. */
export function retryAfter(milliseconds: number): string {
  return String(Math.max(1, toSeconds(milliseconds)));
}

function toSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1_000);
}
