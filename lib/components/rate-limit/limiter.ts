import { onceAMinute } from '../../core/once-a-minute.js';
import { inTime } from '../../core/race.js';
import { type Breaker, createBreaker } from '../breaker.js';
import type { CommonScope, Fault } from '../component.js';
import { createBuckets } from './buckets.js';
import type { StoreSettings } from './settings.js';
import type { Decision, Limit, LimitStore } from './store.js';

/** Takes a token for a key. Undefined: it cannot be decided, and the configuration rejects the request then. */
export type Limiter = (key: string) => Decision | undefined | Promise<Decision | undefined>;

export interface LimiterOptions extends StoreSettings {
  /** What is limited, e.g. `GET /users client`: the same in every process that shares the limit. */
  readonly name: string;
  readonly limit: Limit;
  /** Keys held in memory at most. */
  readonly maxKeys: number;
}

/** A store that fails is left alone for a second, so that requests do not wait for it one after the other. */
const STORE_ERRORS = 2;
const STORE_PAUSE = 1_000;

/** Buckets in the memory of this process, or in a store, as the settings say. */
export function createLimiter(options: LimiterOptions, scope: CommonScope): Limiter {
  const { name, limit, maxKeys, store: storeName, on_store_error: onError } = options;
  const takeHere = scope.keep(`rate-limit ${name} ${limit.capacity} ${limit.rate} ${maxKeys}`, () =>
    createBuckets(limit, maxKeys),
  );
  if (storeName === undefined) return takeHere;

  const store = scope.stores.get(storeName) as LimitStore;
  const { breaker, report } = guardStore(storeName, scope);
  const timeout = options.store_timeout;
  const everything: Decision = { isAllowed: true, remaining: limit.capacity, retryAfter: 0, reset: 0 };

  function takeWithout(key: string): Decision | undefined {
    if (onError === 'local') return takeHere(key);
    return onError === 'allow' ? everything : undefined;
  }

  return function takeFromStore(key) {
    const entered = breaker.enter();
    if (entered === undefined) return takeWithout(key);
    return ask(store, `${name} ${key}`, limit, timeout).then(
      (decision) => {
        breaker.leave(entered, 'success');
        return decision;
      },
      (error) => {
        report(error);
        breaker.leave(entered, 'failure');
        return takeWithout(key);
      },
    );
  };
}

/** Finds at start that a store is not there. */
export function checkStore(name: string | undefined, stores: CommonScope['stores']): Fault[] {
  if (name === undefined || isLimitStore(stores.get(name))) return [];
  return [{ path: ['store'], message: `there is no "${name}" in options.stores that has take` }];
}

function isLimitStore(value: unknown): value is LimitStore {
  return typeof (value as Partial<LimitStore> | undefined)?.take === 'function';
}

interface StoreGuard {
  readonly breaker: Breaker;
  report(error: unknown): void;
}

/** One for all limits that use the store. The log has one line a minute while it fails, and one when it answers again. */
function guardStore(name: string, { keep, logger }: CommonScope): StoreGuard {
  return keep(`rate-limit store ${name}`, function createGuard(): StoreGuard {
    let isReported = false;
    return {
      report: onceAMinute(function reportFailure(err: unknown) {
        isReported = true;
        logger.error({ store: name, err }, 'a store of rate limits fails: on_store_error decides');
      }),
      breaker: createBreaker({
        maxErrors: STORE_ERRORS,
        interval: 0,
        timeout: STORE_PAUSE,
        onChange(_from, to) {
          if (to !== 'closed' || !isReported) return;
          isReported = false;
          logger.info({ store: name }, 'a store of rate limits answers again');
        },
      }),
    };
  });
}

/** Rejects when the store does, takes too long, or answers something that is no decision. */
async function ask(store: LimitStore, key: string, limit: Limit, milliseconds: number): Promise<Decision> {
  const decision: unknown = await inTime(milliseconds, async () => store.take(key, limit));
  if (!isDecision(decision)) throw new Error('the answer is no decision');
  return decision;
}

function isDecision(value: unknown): value is Decision {
  const { isAllowed, remaining, retryAfter, reset } = (value ?? {}) as Record<string, unknown>;
  return typeof isAllowed === 'boolean' && [remaining, retryAfter, reset].every(Number.isFinite);
}
