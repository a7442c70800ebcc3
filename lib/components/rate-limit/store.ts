/** A token bucket: it starts full. */
export interface Limit {
  /** Tokens it holds at most, 1 or more. */
  readonly capacity: number;
  /** Tokens that come back, per second. */
  readonly rate: number;
}

/** What a bucket says to one request. Times in milliseconds. */
export interface Decision {
  /** Whether there was a token; then it has been taken. */
  readonly allowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Time until there is a token again; 0 when there still is one. */
  readonly retryAfter: number;
  /** Time until the bucket is full. */
  readonly reset: number;
}

/** Keeps buckets for gateways of several processes, so that they share a limit. */
export interface Store {
  /** Takes one token from the bucket called `key`, which is the same bucket for everybody who names it. */
  take(key: string, limit: Limit): Promise<Decision>;
}
