import { createQueue } from '../../core/linked-queue.js';

/** Hands each message to one of the callers that wait for it, in order. */
export interface AsyncQueue<T> {
  /** The next message. Rejects with the reason of the signal, or with what `fail` was called with. */
  take(signal: AbortSignal): Promise<T>;
  /** Hands a message over, or keeps it until a caller asks; `front` is for one that was out already. */
  put(message: T, where?: 'front'): void;
  /** Takes back a message that no caller has got yet; false when it is out. */
  withdraw(message: T): boolean;
  /** Takes back everything that no caller has got yet. */
  clear(): readonly T[];
  /** Fails every caller that waits. */
  fail(error: Error): void;
  /** How many wait. */
  readonly waiting: number;
}

interface Waiter<T> {
  give(message: T): void;
  fail(error: unknown): void;
}

export function createAsyncQueue<T>(): AsyncQueue<T> {
  const messages: T[] = [];
  const waiters = createQueue<Waiter<T>>();

  return {
    get waiting() {
      return waiters.size;
    },
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const message = messages.shift();
      if (message !== undefined) return Promise.resolve(message);
      return new Promise<T>(function waitForMessage(resolve, reject) {
        const waiter: Waiter<T> = {
          give(next) {
            leave();
            resolve(next);
          },
          fail(error) {
            leave();
            reject(error);
          },
        };
        function onAbort(): void {
          waiter.fail(signal.reason);
        }
        function leave(): void {
          waiters.remove(place);
          signal.removeEventListener('abort', onAbort);
        }
        const place = waiters.push(waiter);
        signal.addEventListener('abort', onAbort);
      });
    },
    put(message, where) {
      const waiter = waiters.shift();
      if (waiter) waiter.give(message);
      else if (where === 'front') messages.unshift(message);
      else messages.push(message);
    },
    withdraw(message) {
      const index = messages.indexOf(message);
      if (index >= 0) messages.splice(index, 1);
      return index >= 0;
    },
    clear() {
      return messages.splice(0);
    },
    fail(error) {
      for (const waiter of waiters.values()) waiter.fail(error);
    },
  };
}
