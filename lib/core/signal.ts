const LISTENERS = Symbol('listeners');

/** A signal that has a list of the gateway's own listeners beside its events. */
interface ListedSignal extends AbortSignal {
  [LISTENERS]?: (() => void)[];
}

/** What aborts a signal; doing so twice does nothing. */
type Abort = (reason: Error) => void;

/**
 * Gives the controller's signal a list of listeners: an event costs microseconds to listen to, and each call of each
 * backend does. Returns the function that aborts it.
 */
export function createAbort(controller: AbortController): Abort {
  const signal: ListedSignal = controller.signal;
  const listeners: (() => void)[] = [];
  signal[LISTENERS] = listeners;

  return function abort(reason) {
    if (signal.aborted) return;
    controller.abort(reason);
    callAll(listeners);
  };
}

/** One that a listener before it has removed is not called. */
function callAll(listeners: (() => void)[]): void {
  while (listeners.length > 0) listeners.shift()?.();
}

/** What the gateway itself asks of a signal, and no more. */
class InternalSignal {
  aborted = false;
  reason: unknown = undefined;
  readonly [LISTENERS]: (() => void)[] = [];

  addEventListener(_type: 'abort', listener: () => void): void {
    this[LISTENERS].push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    // It has the list, and nothing else of what a signal has is looked at.
    offAbort(this as unknown as ListedSignal, listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
}

/**
 * A signal for requests that only the gateway itself looks at. Node changes the prototype of every `AbortSignal` it makes,
 * which gives each a hidden class of its own: one per request costs a third of the whole request, most of it in collecting
 * garbage. It must not leave the gateway: `toAbortSignal` makes a real one of it.
 */
export function createInternalSignal(): { readonly signal: AbortSignal; readonly abort: Abort } {
  const quiet = new InternalSignal();
  return {
    signal: quiet as unknown as AbortSignal,
    abort(reason) {
      if (quiet.aborted) return;
      quiet.aborted = true;
      quiet.reason = reason;
      callAll(quiet[LISTENERS]);
    },
  };
}

/** The signal itself, or a real one that follows it, for code that is not the gateway's. */
export function toAbortSignal(signal: AbortSignal): AbortSignal {
  if (!((signal as unknown) instanceof InternalSignal)) return signal;
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else onAbort(signal, () => controller.abort(signal.reason));
  return controller.signal;
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

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    function end(): void {
      clearTimeout(timer);
      offAbort(signal, end);
      resolve();
    }
    const timer = setTimeout(end, milliseconds);
    onAbort(signal, end);
  });
}
