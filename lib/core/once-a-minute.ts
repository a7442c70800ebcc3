const MINUTE = 60_000;

/**
 * Calls `report` at most once a minute; calls in between are dropped. For what fails at every request while it fails.
 *
 * @param now a clock that only goes forward, in milliseconds
 */
export function onceAMinute<A extends readonly unknown[]>(
  report: (...args: A) => void,
  now: () => number = () => performance.now(),
): (...args: A) => void {
  let silentUntil = -Infinity;
  return function reportOnceAMinute(...args) {
    const time = now();
    if (time < silentUntil) return;
    silentUntil = time + MINUTE;
    report(...args);
  };
}
