import { setMaxListeners } from 'node:events';
import { createAbort, createInternalSignal, offAbort, onAbort } from './signal.js';

/** Milliseconds. Node takes longer timers for none at all and fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * A span of time with an end: one timer, one signal, and promises that cannot outlive it. Ends early when the parent
 * ends or it is cancelled. The first reason wins.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Settles as `promise` does, or rejects with the reason as soon as the deadline has ended. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Resolves with the reason when the deadline has ended, which may never be. */
  ended(): Promise<Error>;
  /** Ends it now, also after `dispose`. Does nothing once it has ended. */
  cancel(reason: Error): void;
  /** Ends it as `cancel` does, but lets its time go on: `expired` is called once that is up, unless `dispose` is first. */
  abort(reason: Error): void;
  /** Drops timer and listeners without ending it. */
  dispose(): void;
}

/**
 * Runs from now for `milliseconds`; `expired` makes the reason when the time is up. Quiet is one whose signal nothing sees
 * but the gateway itself.
 */
export function createDeadline(
  milliseconds: number,
  expired: () => Error,
  parent?: AbortSignal,
  hasInternalSignal = false,
): Deadline {
  const { signal, abort } = hasInternalSignal ? createInternalSignal() : createRealSignal();
  const waiting: ((reason: Error) => void)[] = [];
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
    end(reason);
  }

  function end(reason: Error): void {
    if (signal.aborted) return;
    abort(reason);
    for (const tell of waiting) tell(reason);
    waiting.length = 0;
  }

  function dispose(): void {
    clearTimeout(timer);
    if (parent) offAbort(parent, onParentAbort);
  }

  function race<T>(promise: Promise<T>): Promise<T> {
    if (signal.aborted) {
      // Whatever the promise still does, it is not waited for any more.
      promise.catch(ignore);
      return Promise.reject(signal.reason);
    }
    return new Promise<T>(function startRace(resolve, reject) {
      // Stays when the promise has settled: there are few races to a deadline, and rejecting twice does nothing.
      waiting.push(reject);
      promise.then(resolve, reject);
    });
  }

  function ended(): Promise<Error> {
    if (signal.aborted) return Promise.resolve(signal.reason);
    return new Promise<Error>(function startWaiting(resolve) {
      waiting.push(resolve);
    });
  }

  if (parent?.aborted) cancel(parent.reason);
  else if (parent) onAbort(parent, onParentAbort);

  return { signal, race, ended, cancel, abort: end, dispose };
}

function createRealSignal(): ReturnType<typeof createInternalSignal> {
  const controller = new AbortController();
  const { signal } = controller;
  // Every call of every backend listens; Node would take that for a leak. Not 0: Node's getMaxListeners, which fetch
  // calls, then takes the signal for no signal at all.
  setMaxListeners(Number.POSITIVE_INFINITY, signal);
  return { signal, abort: createAbort(controller) };
}

function ignore(): void {}
