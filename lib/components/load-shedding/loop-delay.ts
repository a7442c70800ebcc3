export interface LoopDelayOptions {
  /** Milliseconds of delay that are too many. */
  readonly limit: number;
  /** Milliseconds for which a delay counts. */
  readonly window: number;
}

/** Takes a delay of the event loop, measured at a moment; both in milliseconds. True while the loop is too late. */
export type LoopDelay = (at: number, delay: number) => boolean;

/**
 * The loop is late while the 99th percentile of its latest delays is above the limit, and until it is below half of it: what
 * has just caught up would otherwise be flooded again at once.
 */
export function createLoopDelay({ limit, window }: LoopDelayOptions): LoopDelay {
  const relief = limit / 2;
  const delays: { readonly at: number; readonly delay: number }[] = [];
  const above = { limit: 0, relief: 0 };
  let isLate = false;

  function count(delay: number, by: 1 | -1): void {
    if (delay > limit) above.limit += by;
    if (delay > relief) above.relief += by;
  }

  return function noteDelay(at, delay) {
    delays.push({ at, delay });
    count(delay, 1);
    for (let first = delays[0]; first && at - first.at >= window; first = delays[0]) {
      delays.shift();
      count(first.delay, -1);
    }
    // The percentile is above a value when more than one in a hundred are.
    isLate = (isLate ? above.relief : above.limit) > Math.floor(delays.length / 100);
    return isLate;
  };
}
