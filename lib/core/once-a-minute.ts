const MINUTE = 60_000;

/** Calls `report` at most once a minute; calls in between are dropped. For what fails at every request while it fails. */
export function onceAMinute<A extends readonly unknown[]>(report: (...args: A) => void): (...args: A) => void {
  let silentUntil = 0;
  return function reportOnceAMinute(...args) {
    const now = performance.now();
    if (now < silentUntil) return;
    silentUntil = now + MINUTE;
    report(...args);
  };
}
