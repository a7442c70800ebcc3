const LISTENERS = Symbol('listeners');

/** A signal that has a list of the gateway's own listeners beside its events. */
interface ListedSignal extends AbortSignal {
  [LISTENERS]?: (() => void)[];
}

/**
 * Gives the controller's signal a list of listeners: an event costs microseconds to listen to, and each call of each
 * backend does. Returns the function that aborts it; doing so twice does nothing.
 */
export function createAbort(controller: AbortController): (reason: Error) => void {
  const signal: ListedSignal = controller.signal;
  const listeners: (() => void)[] = [];
  signal[LISTENERS] = listeners;

  return function abort(reason) {
    if (signal.aborted) return;
    controller.abort(reason);
    // One that a listener before it has removed is not called.
    while (listeners.length > 0) listeners.shift()?.();
  };
}

/** Calls `listener` when the signal is aborted; never when it already was. The listener must not throw. */
export function onAbort(signal: ListedSignal, listener: () => void): void {
  const listeners = signal[LISTENERS];
  if (listeners === undefined) signal.addEventListener('abort', listener);
  else listeners.push(listener);
}

/** Undoes `onAbort`. */
export function offAbort(signal: ListedSignal, listener: () => void): void {
  const listeners = signal[LISTENERS];
  if (listeners === undefined) {
    signal.removeEventListener('abort', listener);
    return;
  }
  const index = listeners.indexOf(listener);
  if (index >= 0) listeners.splice(index, 1);
}
