import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { z } from 'zod';
import { count, duration, durationOrZero } from '../../config/fields.js';
import { RejectedError } from '../../errors.js';
import { defineComponent } from '../component.js';
import { createHeapReader, createHeapWatch, type HeapWatch } from './heap.js';
import { createLoopDelay } from './loop-delay.js';

/** Milliseconds between two looks: a window of one second holds fifty. */
const TICK = 20;
const MINUTE = 60_000;

const schema = z.strictObject({
  max_loop_delay: durationOrZero(MINUTE)
    .default(200)
    .meta({
      description:
        'By how much the event loop may be late (99th percentile of the window) before requests are shed; `0s` sets no limit.',
      examples: ['200ms'],
    }),
  max_heap: z
    .number()
    .min(0)
    .max(1)
    // V8 ends a process from 80 % on when it spends most of the time on collections that find little.
    .default(0.75)
    .meta({
      description:
        "Share of the heap's limit for old objects that may be in use before requests are shed; 0 sets no limit.",
      label: '0 to 1',
      examples: [0.75],
    }),
  window: duration({ min: 100, max: 10_000 })
    .default(1_000)
    .meta({
      description: 'How long a delay counts, and how long a full heap is believed; from 100 ms to 10 s.',
      examples: ['1s'],
    }),
  retry_after: count(3_600)
    .default(1)
    .meta({
      description: 'After how long a client may come back, sent as `Retry-After`.',
      label: 'seconds',
      examples: [5],
    }),
});

/** Turns requests away with 503 while the process is short of time or memory, before their bodies are read. */
export const loadShedding = defineComponent({
  namespace: 'qos/load-shedding',
  schema,

  service({ max_loop_delay: maxDelay, max_heap: maxHeap, window, retry_after: retryAfter }, scope) {
    const { logger, refuseWhen, onClose } = scope;
    const noteDelay = maxDelay > 0 ? createLoopDelay({ limit: maxDelay, window }) : undefined;
    const heap = maxHeap > 0 ? createHeapWatch({ limit: maxHeap, window, read: createHeapReader() }) : undefined;
    if (!noteDelay && !heap) return undefined;

    const refused = new RejectedError(
      503,
      'The gateway is short of time or memory',
      { 'retry-after': String(retryAfter) },
      'ERR_OVERLOADED',
    );
    let refusal: RejectedError | undefined;
    let last: number | undefined;

    function look(): void {
      const now = performance.now();
      // The first look comes after the start of the process, which takes its time and is not load.
      const isLate = last !== undefined && noteDelay?.(now, now - last - TICK) === true;
      last = now;
      const isFull = heap?.isFull(now) === true;
      const isShedding = isLate || isFull;
      if (isShedding === (refusal !== undefined)) return;
      refusal = isShedding ? refused : undefined;
      if (isShedding) logger.warn({ isLate, isFull }, 'requests are shed: the process is short of time or memory');
      else logger.warn({}, 'requests are let in again');
    }

    const timer = setInterval(look, TICK).unref();
    const stopWatching = heap && onCollection(heap);
    onClose(function stopShedding() {
      clearInterval(timer);
      stopWatching?.();
    });
    refuseWhen(() => refusal);
    return undefined;
  },
});

/** Tells the watch of each collection of all garbage. */
function onCollection(heap: HeapWatch): () => void {
  const observer = new PerformanceObserver(function onGarbage(list) {
    const isWhole = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (isWhole) heap.collected(performance.now());
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

/** The types know of no detail. */
function kindOf(entry: PerformanceEntry): number | undefined {
  return (entry as { readonly detail?: { readonly kind?: number } }).detail?.kind;
}
