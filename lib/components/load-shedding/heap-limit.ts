import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { resourceLimits } from 'node:worker_threads';

const MIB = 2 ** 20;
const OLD_SPACE_FLAG = /--max[-_]old[-_]space[-_]size(-percentage)?=(\d+(?:\.\d+)?)/g;

/** What the limit of a heap follows from, as far as a process can see it. */
export interface HeapSettings {
  /** V8's limit for old and young objects together, in bytes. */
  readonly limit: number;
  /** The flags that this process was started with. */
  readonly flags: string;
  /** Bytes of memory of the machine, or of the container. */
  readonly memory: number;
  /** The limit for old objects that a worker thread was given, in mebibytes. */
  readonly workerLimit: number | undefined;
}

/** The settings of the heap of this thread. */
export function heapSettings(): HeapSettings {
  const constrained = process.constrainedMemory();
  return {
    limit: getHeapStatistics().heap_size_limit,
    flags: [process.env.NODE_OPTIONS, ...process.execArgv].join(' '),
    memory: constrained > 0 ? Math.min(constrained, totalmem()) : totalmem(),
    workerLimit: resourceLimits.maxOldGenerationSizeMb,
  };
}

/**
 * Bytes of the heap's limit that V8 keeps for young objects. V8 tells the sum only, and the young part depends on the version,
 * the memory and flags. But it is always three semi-spaces, and a semi-space is a power of two: this shows which of
 * the limits for old objects that are possible is the true one. If none is, half of the limit is taken: too little is safe.
 */
export function youngLimit(settings: HeapSettings): number {
  for (const oldLimit of oldLimits(settings)) {
    const rest = settings.limit - oldLimit;
    const young = 3 * 2 ** Math.round(Math.log2(rest / 3));
    // V8 rounds to pages, which are smaller than a mebibyte, and a semi-space is hardly ever smaller.
    if (rest > 2 * MIB && Math.abs(rest - young) < MIB) return young;
  }
  return settings.limit / 2;
}

function* oldLimits({ limit, flags, memory, workerLimit }: HeapSettings): Generator<number> {
  // The last flag counts.
  for (const [, isShare, value] of [...flags.matchAll(OLD_SPACE_FLAG)].reverse())
    yield MIB * (isShare ? Math.floor((Math.floor(memory / MIB) * Number(value)) / 100) : Number(value));
  if (workerLimit !== undefined) yield workerLimit * MIB;
  // Without a flag V8 takes half of the memory, but no less and no more than certain powers of two.
  yield memory / 2;
  yield 2 ** Math.floor(Math.log2(limit));
}
