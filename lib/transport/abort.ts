import { abortError } from './failure.js';

/** Settles as `work` does, or at once when the signal is aborted, whatever the work makes of it. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, name: string): Promise<T> {
  return new Promise<T>(function race(resolve, reject) {
    signal.addEventListener('abort', onAbort);
    work.then(resolve, reject).finally(stopListening);

    function onAbort(): void {
      stopListening();
      reject(abortError(name, signal));
    }

    function stopListening(): void {
      signal.removeEventListener('abort', onAbort);
    }
  });
}
