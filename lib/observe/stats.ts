import { createKeepToken, type KeepToken } from '../core/reload-state.js';
import { createHistogram, type Histogram } from './histogram.js';
import type { BackendEvent, EndpointEvent, Observer } from './observer.js';

/** KrakenD's metrics by their KrakenD names, times in nanoseconds; `memstats` in bytes. */
export type Stats = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

export interface StatsOptions {
  /** Milliseconds; percentiles are about the last one to two spans of this length. */
  readonly collectionTime: number;
  readonly router: boolean;
  readonly pipe: boolean;
  readonly backend: boolean;
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number;
}

export interface StatsCollector {
  readonly observer: Observer;
  snapshot(): Stats;
}

/** What a configuration counts. */
export const STATS: KeepToken<StatsCollector> = createKeepToken('stats');

/** A name of our own: KrakenD does not count them. */
const STRAYS = 'tributary.backend.stray_answers';
const NANOSECONDS = 1e6;
const PERCENTILES: readonly [string, number][] = [
  ['50-percentile', 50],
  ['75-percentile', 75],
  ['95-percentile', 95],
  ['99-percentile', 99],
  ['999-percentile', 99.9],
];

export function createStats(options: StatsOptions): StatsCollector {
  const { collectionTime, now = () => performance.now() } = options;
  const counters = new Map<string, number>();
  const histograms = new Map<string, Histogram>();
  /** Of the span under way, and of the one before it. */
  const opened = { current: 0, last: 0, total: 0 };
  const closed = { current: 0, last: 0, total: 0 };
  let spanEnd = now() + collectionTime;

  function rotateWhenDue(): void {
    const time = now();
    if (time < spanEnd) return;
    // After a long silence nothing is left of the latest span either.
    const rotations = time < spanEnd + collectionTime ? 1 : 2;
    for (let count = 0; count < rotations; count++) {
      for (const histogram of histograms.values()) histogram.rotate();
      for (const flow of [opened, closed]) {
        flow.last = flow.current;
        flow.current = 0;
      }
    }
    spanEnd = time + collectionTime;
  }

  function count(name: string): void {
    counters.set(name, (counters.get(name) ?? 0) + 1);
  }

  function record(name: string, value: number): void {
    let histogram = histograms.get(name);
    if (histogram === undefined) {
      histogram = createHistogram();
      histograms.set(name, histogram);
    }
    histogram.record(value);
  }

  function recordLayer(layer: string, name: string, { outcome, durationMs }: EndpointEvent | BackendEvent): void {
    const isError = outcome !== 'complete' && outcome !== 'partial' && outcome !== 'incomplete';
    const key = `layer.${layer}.name.${name}.complete.${outcome === 'complete'}.error.${isError}`;
    count(`krakend.proxy.requests.${key}`);
    record(`krakend.proxy.latency.${key}`, durationMs * NANOSECONDS);
  }

  function recordResponse({ endpoint, status, durationMs, bytes }: EndpointEvent): void {
    const name = `krakend.router.response.${endpoint}`;
    count(`${name}.status`);
    count(`${name}.status.${status}.count`);
    record(`${name}.time`, durationMs * NANOSECONDS);
    if (bytes !== undefined) record(`${name}.size`, bytes);
    closed.current++;
    closed.total++;
  }

  return {
    observer: {
      strayed() {
        if (options.backend) count(STRAYS);
      },
      started() {
        rotateWhenDue();
        opened.current++;
        opened.total++;
        return undefined;
      },
      ended(event) {
        rotateWhenDue();
        if (event.kind === 'backend') {
          if (options.backend) recordLayer('backend', event.pattern, event);
          return;
        }
        if (options.pipe) recordLayer('pipe', event.endpoint, event);
        if (options.router) recordResponse(event);
      },
    },

    snapshot() {
      rotateWhenDue();
      const stats: Record<string, number | Readonly<Record<string, number>>> = Object.create(null);
      if (options.router) {
        Object.assign(stats, describeFlow('connected', opened), describeFlow('disconnected', closed));
      }
      for (const [name, value] of counters) stats[name] = value;
      for (const [name, histogram] of histograms) Object.assign(stats, describeHistogram(name, histogram));
      stats['memstats'] = describeMemory();
      return stats;
    },
  };
}

function describeFlow(name: string, { current, last, total }: { current: number; last: number; total: number }) {
  const key = `krakend.router.${name}`;
  return { [key]: current, [`${key}-gauge`]: last, [`${key}-total`]: total };
}

function describeHistogram(name: string, histogram: Histogram): Record<string, number> {
  const { count, min, max, mean, stdDev, percentile } = histogram.summary();
  const described: Record<string, number> = {
    [`${name}.count`]: count,
    [`${name}.min`]: min,
    [`${name}.max`]: max,
    [`${name}.mean`]: mean,
    [`${name}.std-dev`]: stdDev,
  };
  for (const [suffix, percent] of PERCENTILES) described[`${name}.${suffix}`] = percentile(percent);
  return described;
}

/** By the names that Go has for about the same. */
function describeMemory(): Record<string, number> {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { Sys: rss, HeapSys: heapTotal, HeapAlloc: heapUsed, External: external, ArrayBuffers: arrayBuffers };
}
