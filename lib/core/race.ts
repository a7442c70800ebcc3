import { offAbort, onAbort } from './signal.js';

/**
 * Settles as `work` does, or rejects with what `reason` gives as soon as the signal is aborted, whatever the work makes of that.
 * Default: the reason of the signal. `onLate` gets a result that comes after that.
 */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  reason: () => unknown = () => signal.reason,
  onLate?: (result: T) => void,
): Promise<T> {
  return new Promise<T>(function raceWithSignal(resolve, reject) {
    let isLate = false;
    function onAborted(): void {
      isLate = true;
      offAbort(signal, onAborted);
      reject(reason());
    }
    work.then(
      (result) => {
        offAbort(signal, onAborted);
        if (isLate) onLate?.(result);
        else resolve(result);
      },
      (error) => {
        offAbort(signal, onAborted);
        reject(error);
      },
    );
    if (signal.aborted) onAborted();
    else onAbort(signal, onAborted);
  });
}

/**
 * Settles as what `work` gives, or rejects with what `late` gives when that takes longer than so many milliseconds. What it
 * throws counts as a rejection. `onLate` gets a result that comes too late.
 */
export function inTime<T>(
  milliseconds: number,
  work: () => Promise<T>,
  late: () => Error = () => new Error(`no answer within ${milliseconds} ms`),
  onLate?: (result: T) => void,
): Promise<T> {
  return new Promise<T>(function raceWithTime(resolve, reject) {
    let isLate = false;
    const timer = setTimeout(function giveUp() {
      isLate = true;
      reject(late());
    }, milliseconds);
    function onResult(result: T): void {
      clearTimeout(timer);
      if (isLate) onLate?.(result);
      else resolve(result);
    }
    function onFailure(error: unknown): void {
      clearTimeout(timer);
      reject(error);
    }
    try {
      // A plug-in may give back what is no promise.
      Promise.resolve(work()).then(onResult, onFailure);
    } catch (error) {
      onFailure(error);
    }
  });
}
