/** Runs tasks, a few at a time, in the order they came. */
export type Semaphore = <T>(task: () => Promise<T>) => Promise<T>;

/** Lets `places` tasks run at once. */
export function createSemaphore(places: number): Semaphore {
  const waiting: (() => void)[] = [];
  let free = places;

  return function pass(task) {
    if (free === 0) return new Promise<void>((resolve) => waiting.push(resolve)).then(() => task()).finally(leave);
    free -= 1;
    return task().finally(leave);
  };

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}
