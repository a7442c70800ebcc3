import { performance } from 'node:perf_hooks';
import { monotonicNow } from './protocol.js';

/** What the machine, not the gateway, adds to a measured time: spans in which a process stood still. */
export interface LagMeter {
  /** A stall of the gateway's process, on the system's monotonic clock. */
  add(from: number, to: number): void;
  /** Milliseconds of stalls between two moments of `performance.now()`. */
  between(from: number, to: number): number;
  /** Milliseconds for which the driver and the gateway's process stood still, all told. */
  totals(): { readonly driver: number; readonly gateway: number };
  stop(): void;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

const TICK = 5;
const WORTH_NOTING = 10;
const KEPT = 400;

export function createLagMeter(): LagMeter {
  const offset = monotonicNow() - performance.now();
  const spans: Span[] = [];
  const totals = { driver: 0, gateway: 0 };
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

  return {
    add(from, to) {
      note({ from: from - offset, to: to - offset });
      totals.gateway += to - from;
    },
    between(from, to) {
      let sum = 0;
      for (const span of spans) sum += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
      return sum;
    },
    totals() {
      return totals;
    },
    stop() {
      clearInterval(timer);
    },
  };
}
