import { pause } from '../core/signal.js';
import { BackendError } from '../errors.js';
import type { Proxy, ProxyRequest, ProxyResponse } from '../proxy.js';
import type { Attempt } from './client.js';

/** What is worth another try: no connection, a host that kept silent, or a status. */
export type RetryReason = 'connection' | 'timeout' | number;

export interface RetryOptions {
  /** Further tries after the first. */
  readonly attempts: number;
  readonly on: readonly RetryReason[];
  /** Milliseconds; the longest pause before the first retry, twice as long before each further one. */
  readonly backoff: number;
}

/** Retries may add a tenth to the load of a backend, and ten calls on top of it: an outage must not become a flood of calls. */
const BUDGET = 10;
const EARNED_PER_CALL = 0.1;
const LONGEST_PAUSE = 2_000;

/** Repeats failed calls at other hosts, inside the deadline and within a budget. Only for methods that may be repeated. */
export function createRetry(options: RetryOptions, attempt: Attempt, random: () => number = Math.random): Proxy {
  const reasons: ReadonlySet<RetryReason> = new Set(options.on);
  let budget = BUDGET;

  function isWorthwhile(error: unknown, request: ProxyRequest, retries: number): error is BackendError {
    if (!(error instanceof BackendError) || retries >= options.attempts || request.signal.aborted) return false;
    const reason = reasonOf(error);
    // A host that asks for a longer pause than there is time for would be waited for in vain.
    return reason !== undefined && reasons.has(reason) && budget >= 1 && askedPause(error) <= LONGEST_PAUSE;
  }

  async function retry(request: ProxyRequest, tried: string[], failure: unknown): Promise<ProxyResponse> {
    let error = failure;
    for (let retries = 0; isWorthwhile(error, request, retries); retries++) {
      budget--;
      await pause(pauseBefore(retries, error), request.signal);
      if (request.signal.aborted) break;
      try {
        return await attempt(request, tried);
      } catch (next) {
        error = next;
      }
    }
    throw error;
  }

  /** Full jitter: callers that failed together must not come back together. */
  function pauseBefore(retries: number, error: BackendError): number {
    return Math.max(askedPause(error), random() * Math.min(options.backoff * 2 ** retries, LONGEST_PAUSE));
  }

  return function callWithRetries(request) {
    budget = Math.min(BUDGET, budget + EARNED_PER_CALL);
    // A body that streams through is gone after the first try.
    if (request.body !== undefined && !Buffer.isBuffer(request.body)) return attempt(request);
    const tried: string[] = [];
    return attempt(request, tried).catch((error) => retry(request, tried, error));
  };
}

/** `Retry-After`, in milliseconds. */
function askedPause({ details }: BackendError): number {
  return (details.retryAfter ?? 0) * 1_000;
}

function reasonOf({ code, details }: BackendError): RetryReason | undefined {
  if (code === 'ERR_BACKEND_CONNECTION') return 'connection';
  if (code === 'ERR_BACKEND_TIMEOUT') return 'timeout';
  return code === 'ERR_BACKEND_STATUS' ? details.backendStatus : undefined;
}
