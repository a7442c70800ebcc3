import type { LabOptions } from './arguments.js';

/** What driver and gateway process say to each other. */
export interface StartOptions {
  /** File of the gateway to load. */
  readonly entry: string;
  readonly config: Record<string, unknown>;
  readonly host: LabOptions['host'];
  readonly prefix: string;
  /** Texts that must not stand in a log line. */
  readonly canaries: readonly string[];
  /** Bytes on one connection that are worth telling. */
  readonly cap: number;
  /** There is a store named `failing`, over a Redis that fails half of the time. */
  readonly hasFailingStore?: boolean;
}

export type Command =
  | { readonly type: 'start'; readonly options: StartOptions }
  /** Measures; `isStart` begins a new span for the loop's delay. */
  | { readonly type: 'stats'; readonly isStart: boolean }
  | { readonly type: 'reload'; readonly config: Record<string, unknown> }
  | { readonly type: 'close'; readonly timeout: number };

export interface Stats {
  readonly heap: number;
  readonly rss: number;
  readonly maxRss: number;
  /** Active resources by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly finished: number;
  readonly aborted: number;
  /** Requests that have neither ended nor been given up, by method and target. */
  readonly open: readonly string[];
  readonly logLines: number;
  readonly cpu: number;
  /** Loop delay in ms, without the time the process was not given the processor. */
  readonly loopMax: number;
  readonly loopP99: number;
  /** Names of the own keys of the built-in prototypes. */
  readonly prototypes: string;
}

export type Message =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'stats'; readonly stats: Stats }
  | { readonly type: 'reloaded' }
  | { readonly type: 'closed' }
  /** A violation that only the process itself can see. */
  | { readonly type: 'violation'; readonly invariant: string; readonly message: string }
  /** The loop stood still; times of the system's monotonic clock in ms, `starved` is what cost no processor time. */
  | { readonly type: 'stall'; readonly from: number; readonly to: number; readonly starved: number }
  /** A connection to a backend has closed after that many bytes. Connections to several backends may share a port of the gateway. */
  | { readonly type: 'read'; readonly port: number; readonly bytes: number };

/** The one clock that two processes share. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
