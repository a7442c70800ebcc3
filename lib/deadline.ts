import { setMaxListeners } from 'node:events';

/**
 * A span of time with an end: one timer, one signal, and promises that cannot outlive it. Ends early when the parent
 * ends or somebody cancels. The first reason wins.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Settles as `promise` does, or rejects with the reason as soon as the deadline has ended. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Ends it now, also after `dispose`. Does nothing once it has ended. */
  cancel(reason: Error): void;
  /** Drops timer and listeners without ending it. */
  dispose(): void;
}

/** Runs from now for `milliseconds`; `expired` makes the reason when the time is up. */
export function createDeadline(milliseconds: number, expired: () => Error, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  // Every call of every backend listens; Node would take that for a leak. Not 0: Node's getMaxListeners, which fetch
  // calls, then takes the signal for no signal at all.
  setMaxListeners(Number.POSITIVE_INFINITY, signal);
  const waiting = new Set<(reason: Error) => void>();
  const timer = setTimeout(onTimeout, milliseconds);

  function onTimeout(): void {
    cancel(expired());
  }

  function onParentAbort(): void {
    cancel(parent?.reason);
  }

  function cancel(reason: Error): void {
    if (signal.aborted) return;
    dispose();
    controller.abort(reason);
    for (const reject of waiting) reject(reason);
    waiting.clear();
  }

  function dispose(): void {
    clearTimeout(timer);
    parent?.removeEventListener('abort', onParentAbort);
  }

  function race<T>(promise: Promise<T>): Promise<T> {
    if (signal.aborted) {
      // Whatever the promise still does, nobody waits for it any more.
      promise.catch(ignore);
      return Promise.reject(signal.reason);
    }
    return new Promise<T>((resolve, reject) => {
      waiting.add(reject);
      promise.then(
        (value) => {
          waiting.delete(reject);
          resolve(value);
        },
        (error) => {
          waiting.delete(reject);
          reject(error);
        },
      );
    });
  }

  if (parent?.aborted) cancel(parent.reason);
  else parent?.addEventListener('abort', onParentAbort);

  return { signal, race, cancel, dispose };
}

function ignore(): void {}
