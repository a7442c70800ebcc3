import { performance } from 'node:perf_hooks';
import { monotonicNow } from './protocol.js';

/** What the machine, not the gateway, adds to a measured time: spans in which a process stood still. */
export interface LagMeter {
  /** A stall of the gateway's process, on the system's monotonic clock. */
  add(from: number, to: number, starved: number): void;
  /** Milliseconds of stalls between two moments of `performance.now()`. */
  between(from: number, to: number): number;
  /** What a time measured between two moments may owe to the machine: a stall that was seen tells of some that were not. */
  allowance(from: number, to: number): number;
  /** Milliseconds that one moment in so many finds the driver to stand still for, and the gateway without a processor, or longer. */
  wait(oneIn: number): number;
  /**
   * Milliseconds for which the driver and the gateway's process stood still, all told, and for which the gateway was
   * not given a processor.
   */
  totals(): { readonly driver: number; readonly gateway: number; readonly starved: number };
  stop(): void;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

const TICK = 5;
const WORTH_NOTING = 3;
const KEPT = 2000;
const LONGEST = 10_000;

export function createLagMeter(): LagMeter {
  const offset = monotonicNow() - performance.now();
  const spans: Span[] = [];
  const totals = { driver: 0, gateway: 0, starved: 0 };
  const driver = createStalls();
  const gateway = createStalls();
  const startedAt = performance.now();
  let last = startedAt;
  const timer = setInterval(function tick() {
    const now = performance.now();
    if (now - last > TICK) driver.add(now - last - TICK);
    if (now - last - TICK > WORTH_NOTING) {
      note({ from: last + TICK, to: now });
      totals.driver += now - last - TICK;
    }
    last = now;
  }, TICK);

  function note(span: Span): void {
    spans.push(span);
    if (spans.length > KEPT) spans.shift();
  }

  function between(from: number, to: number): number {
    const inside = spans
      .filter((span) => span.to > from && span.from < to)
      .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }))
      .sort((a, b) => a.from - b.from);
    let sum = 0;
    let end = from;
    for (const span of inside) {
      sum += Math.max(0, span.to - Math.max(span.from, end));
      end = Math.max(end, span.to);
    }
    return sum;
  }

  return {
    between,
    allowance(from, to) {
      return Math.min(to - from, 2 * between(from, to));
    },
    wait(oneIn) {
      const elapsed = performance.now() - startedAt;
      return driver.wait(elapsed / oneIn) + gateway.wait(elapsed / oneIn);
    },
    add(from, to, starved) {
      gateway.add(starved);
      note({ from: from - offset, to: to - offset });
      totals.gateway += to - from;
      totals.starved += starved;
    },
    totals() {
      return totals;
    },
    stop() {
      clearInterval(timer);
    },
  };
}

/** All stalls of a process, by whole milliseconds. */
export function createStalls() {
  const counts: number[] = [];
  return {
    add(milliseconds: number): void {
      const length = Math.min(LONGEST, Math.floor(milliseconds));
      counts[length] = (counts[length] ?? 0) + 1;
    },
    /** How long the stalls go on at least, in those of their moments that are so many milliseconds together. */
    wait(together: number): number {
      let stalls = 0;
      let sum = 0;
      for (let length = counts.length; length > 0; length--) {
        stalls += counts[length] ?? 0;
        sum += stalls;
        if (sum > together) return length;
      }
      return 0;
    },
  };
}
