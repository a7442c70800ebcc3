import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { type Message, monotonicNow, type Stats } from './protocol.js';

type Tell = (message: Message) => void;

/** Reports what must never happen in a process: unhandled rejections, uncaught exceptions, warnings. */
export function watchProcess(tell: Tell): void {
  function violation(what: string): (error: unknown) => void {
    return function onEvent(error) {
      tell({ type: 'violation', invariant: 'I9', message: `${what}: ${inspect(error)}` });
    };
  }
  process.on('unhandledRejection', violation('unhandled rejection'));
  process.on('uncaughtException', violation('uncaught exception'));
  process.on('warning', function onWarning(warning) {
    // Express' own parser of hostile URLs.
    if ((warning as { code?: string }).code !== 'DEP0170') violation('warning')(warning);
  });
}

/** A logger that looks at every line for canaries and control bytes, and counts them. */
export function createLogSink(tell: Tell, canaries: readonly string[]) {
  let lines = 0;
  function write({ origin: _origin, ...fields }: Record<string, unknown>, message: string): void {
    lines += 1;
    // A field of that name is there to say which host it was; nothing else may.
    const text = `${message} ${inspect(fields, { depth: 9, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 4096 })}`;
    const found = canaries.find((canary) => text.includes(canary));
    if (found !== undefined || LAB_TOKEN.test(text)) {
      tell({
        type: 'violation',
        invariant: 'I8',
        message: `a log line has a canary or a token: ${text.slice(0, 600)}`,
      });
    }
    if (hasControls(message))
      tell({ type: 'violation', invariant: 'I8', message: `a log line has control bytes: ${JSON.stringify(message)}` });
  }
  return {
    logger: { debug: write, info: write, warn: write, error: write },
    lines() {
      return lines;
    },
  };
}

const LAB_TOKEN = /Q[0-9a-z]+x\d-[0-9a-f]{12}/;

function hasControls(text: string): boolean {
  for (const character of text) {
    const code = character.charCodeAt(0);
    if ((code < 32 && code !== 10) || (code >= 127 && code < 160) || code === 0x2028 || code === 0x2029) return true;
  }
  return false;
}

const TICK = 10;
/** Stalls shorter than this are not told. */
const STALL = 3;

export interface LoopWatch {
  max(): number;
  p99(): number;
  reset(): void;
}

/**
 * Measures how long the loop stands still. A process that is not given the processor stands still as well: the part
 * of a stall that cost no processor time is not the gateway's, but the driver is told of it all the same.
 */
export function watchLoop(tell: Tell): LoopWatch {
  const own = new Float64Array(100_000);
  let count = 0;
  let max = 0;
  let last = monotonicNow();
  let lastCpu = process.cpuUsage();
  setInterval(function tick() {
    const now = monotonicNow();
    const cpu = process.cpuUsage();
    const delay = now - last - TICK;
    const busy = Math.min(delay, (cpu.user + cpu.system - lastCpu.user - lastCpu.system) / 1000);
    own[count % own.length] = Math.max(0, busy);
    count += 1;
    max = Math.max(max, busy);
    if (delay > STALL) tell({ type: 'stall', from: last + TICK, to: now, starved: delay - busy });
    last = now;
    lastCpu = cpu;
  }, TICK).unref();
  return {
    reset() {
      count = 0;
      max = 0;
    },
    max() {
      return max;
    },
    p99() {
      const sorted = own.slice(0, Math.min(count, own.length)).sort();
      return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    },
  };
}

/** Tells of every outgoing connection over which more than `cap` bytes came. */
export function watchSockets(tell: Tell, cap: number): void {
  subscribe('net.client.socket', function onSocket(message) {
    const { socket } = message as { socket: Socket };
    let port = 0;
    socket.once('connect', () => {
      port = socket.localPort ?? 0;
    });
    socket.once('close', () => {
      if (socket.bytesRead > cap) tell({ type: 'read', port, bytes: socket.bytesRead });
    });
  });
}

/** The names of everything on the prototypes that pollution would show on. */
export function prototypeNames(): string {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype]
    .map((prototype) => Reflect.ownKeys(prototype).map(String).join())
    .join(';');
}

export function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

export function collectGarbage(): void {
  const gc = (globalThis as { gc?: () => void }).gc;
  if (!gc) throw new Error('run with --expose-gc');
  for (let round = 0; round < 4; round++) gc();
}

export type MemoryStats = Pick<Stats, 'heap' | 'rss' | 'maxRss'>;

export function watchMemory(): () => MemoryStats {
  let maxRss = 0;
  function sample(): number {
    const rss = process.memoryUsage.rss();
    maxRss = Math.max(maxRss, rss);
    return rss;
  }
  setInterval(sample, 100).unref();
  return function memory() {
    const rss = sample();
    collectGarbage();
    return { heap: process.memoryUsage().heapUsed, rss, maxRss };
  };
}
