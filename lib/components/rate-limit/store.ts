/** A token bucket. It starts full. */
export interface Limit {
  /** Tokens it holds at most, 1 or more. */
  readonly capacity: number;
  /** Tokens that come back, per second. */
  readonly rate: number;
}

/** What a bucket says to one request. Times in milliseconds. */
export interface Decision {
  /** Whether there was a token; then it has been taken. */
  readonly isAllowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Time until there is a token; 0 when one is left. */
  readonly retryAfter: number;
  /** Time until the bucket is full. */
  readonly reset: number;
}

/** Keeps buckets for the gateways of several processes, so that they share a limit. */
export interface LimitStore {
  /** Takes one token from the bucket called `key`, which is the same one for all that name it. Rejects when it cannot. */
  take(key: string, limit: Limit): Promise<Decision>;
  /** Rejects while the store cannot be reached; `gateway.ready()` asks it. */
  ping?(): Promise<unknown>;
}

/** Tokens. Rounding of a clock must not reject a request that comes exactly on time. */
export const TOLERANCE = 1e-6;

/** The decision of a bucket from which `used` tokens are missing. */
export function decide(isAllowed: boolean, used: number, { capacity, rate }: Limit): Decision {
  const perMillisecond = rate / 1_000;
  return {
    isAllowed,
    remaining: Math.max(0, Math.floor(capacity - used + TOLERANCE)),
    retryAfter: Math.max(0, used + 1 - capacity) / perMillisecond,
    reset: used / perMillisecond,
  };
}
