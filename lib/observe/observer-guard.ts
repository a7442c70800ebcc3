import { onceAMinute } from '../core/once-a-minute.js';
import type { Logger } from '../logger.js';

/** Runs code of observers, which must not do harm. */
export interface ObserverGuard {
  /** What the call gives back. What it throws, or rejects with, is logged, once a minute at most. */
  call<T>(call: () => T): T | undefined;
  /** Runs `work`, which does not throw, once and inside of the contexts of all followers, whatever those do. */
  runIn<T>(followers: readonly Follower[], work: () => T): T;
}

/** What an observer has given back, as far as it opens a context. */
interface Follower {
  run?<T>(work: () => T): T;
}

export function createObserverGuard(logger: Logger): ObserverGuard {
  const report = onceAMinute((err: unknown) => logger.error({ err }, 'an observer failed'));

  function call<T>(callee: () => T): T | undefined {
    try {
      const result = callee();
      if (result instanceof Promise) result.catch(report);
      return result;
    } catch (error) {
      report(error);
      return undefined;
    }
  }

  function runIn<T>(followers: readonly Follower[], work: () => T): T {
    if (followers.length === 0) return work();
    return followers.reduceRight<() => T>((inner, follower) => {
      if (follower.run === undefined) return inner;
      return function runOnce() {
        let result: { readonly value: T } | undefined;
        call(() => {
          const returned = follower.run?.(() => {
            result ??= { value: inner() };
            return result.value;
          });
          return returned instanceof Promise ? withoutFaultOf(() => result?.value, returned) : undefined;
        });
        return (result ?? { value: inner() }).value;
      };
    }, work)();
  }

  return { call, runIn };
}

/** Rejects as `returned` does, unless it only passes on what the work inside has failed with: that is no fault of an observer. */
async function withoutFaultOf(work: () => unknown, returned: Promise<unknown>): Promise<void> {
  try {
    await returned;
  } catch (error) {
    try {
      await work();
    } catch (failure) {
      if (failure === error) return;
    }
    throw error;
  }
}
