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

export function createLagMeter(): LagMeter {
  const offset = monotonicNow() - performance.now();
  const spans: Span[] = [];
  const totals = { driver: 0, gateway: 0, starved: 0 };
  let last = performance.now();
  const timer = setInterval(function tick() {
    const now = performance.now();
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
      return 2 * between(from, to);
    },
    add(from, to, starved) {
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
