import { setMaxListeners } from 'node:events';

/** Lets calls that want the same thing at the same time wait for one fetch. */
export interface SingleFlight<T> {
  /**
   * Joins the fetch under this key, or starts one. What it brings settles for each waiter alone: one whose signal is
   * aborted stops waiting with its reason, and the fetch goes on for the others. With the last one gone it is aborted.
   */
  join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Joined<T>;
}

export interface Joined<T> {
  /** True for the call that started it. */
  readonly isFirst: boolean;
  readonly result: Promise<T>;
}

interface Fetch<T> {
  readonly controller: AbortController;
  readonly result: Promise<T>;
  waiters: number;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const fetches = new Map<string, Fetch<T>>();

  function begin(key: string, start: (signal: AbortSignal) => Promise<T>): Fetch<T> {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const fetch: Fetch<T> = {
      controller,
      waiters: 0,
      result: start(controller.signal).finally(() => {
        if (fetches.get(key) === fetch) fetches.delete(key);
      }),
    };
    // Every caller may have left by the time it fails.
    fetch.result.catch(ignore);
    fetches.set(key, fetch);
    return fetch;
  }

  function wait(key: string, fetch: Fetch<T>, signal: AbortSignal): Promise<T> {
    return new Promise<T>(function wait(resolve, reject) {
      if (signal.aborted) {
        leave();
        return;
      }
      fetch.waiters++;
      signal.addEventListener('abort', stopWaiting);
      fetch.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', stopWaiting));

      function stopWaiting(): void {
        signal.removeEventListener('abort', stopWaiting);
        fetch.waiters--;
        leave();
      }

      function leave(): void {
        reject(signal.reason);
        if (fetch.waiters > 0) return;
        if (fetches.get(key) === fetch) fetches.delete(key);
        fetch.controller.abort(signal.reason);
      }
    });
  }

  return {
    join(key, signal, start) {
      const current = fetches.get(key);
      const fetch = current ?? begin(key, start);
      return { isFirst: current === undefined, result: wait(key, fetch, signal) };
    },
  };
}

function ignore(): void {}
