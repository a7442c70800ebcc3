import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createResponseReader, type Fragment, MalformedAnswer, type RawResponse } from './http-response.js';

/** How a client carries itself. */
export type Behaviour = 'normal' | 'reset' | 'half-close' | 'slow-read' | 'halting';

export interface Exchange {
  /** One entry per request in `bytes`: its method. */
  readonly methods: readonly string[];
  /** The request has `Expect: 100-continue`. */
  readonly mayContinue?: boolean;
  readonly bytes: Buffer;
  readonly behaviour: Behaviour;
  /** When `reset` resets, and how long `slow-read` waits before it reads on or `halting` before it sends on, in milliseconds. */
  readonly delay: number;
  /** Bytes that `halting` sends before it pauses. */
  readonly splitAt?: number;
  /** Nobody waits longer than this, in milliseconds. */
  readonly patience: number;
  /** The connection is given up afterwards. */
  readonly fresh: boolean;
}

/** How an exchange ended. Exactly one of them, always. */
export type Ending = 'answered' | 'closed' | 'left' | 'malformed' | 'hung';

export interface Result {
  readonly ending: Ending;
  readonly responses: readonly { readonly response: RawResponse; readonly at: number }[];
  /** What was under way when the connection closed. */
  readonly fragment: Fragment;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Which rule a malformed answer breaks. */
  readonly reason?: string;
  /** All bytes that came, for the canary scan. */
  readonly received: Buffer;
}

/** A raw keep-alive client: one exchange at a time on one connection, which it opens when there is none. */
export interface Client {
  run(exchange: Exchange): Promise<Result>;
  close(): void;
}

export function createClient(port: number): Client {
  let socket: Socket | undefined;

  function open(): Socket {
    const opened = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    opened.on('error', ignore);
    return opened;
  }

  function close(): void {
    socket?.destroy();
    socket = undefined;
  }

  function run(exchange: Exchange): Promise<Result> {
    return new Promise(function execute(resolve) {
      const reader = createResponseReader();
      for (const method of exchange.methods) reader.expect(method, exchange.mayContinue);
      if (socket?.destroyed || socket?.readableEnded) close();
      const line = socket ?? open();
      socket = line;
      const startedAt = performance.now();
      const responses: { response: RawResponse; at: number }[] = [];
      const chunks: Buffer[] = [];
      const timers: NodeJS.Timeout[] = [setTimeout(giveUp, exchange.patience)];
      let immediate: NodeJS.Immediate | undefined;

      /** What has arrived while this process stood still is read first. */
      function giveUp(): void {
        immediate = setImmediate(settle, 'hung');
      }

      function settle(ending: Ending, reason?: string): void {
        const endedAt = performance.now();
        for (const timer of timers) clearTimeout(timer);
        clearImmediate(immediate);
        line.off('data', onData).off('end', onEnd).off('close', onClose);
        const last = responses.at(-1)?.response;
        const closing = last?.headers.some(([name, value]) => name === 'connection' && value.toLowerCase() === 'close');
        if (ending !== 'answered' || exchange.fresh || closing || exchange.behaviour !== 'normal') close();
        const result: Result = {
          ending,
          responses,
          fragment: reader.fragment(),
          startedAt,
          endedAt,
          received: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
        };
        resolve(reason === undefined ? result : { ...result, reason });
      }

      function accept(whole: readonly RawResponse[]): void {
        const at = performance.now();
        for (const response of whole) responses.push({ response, at });
        if (responses.length === exchange.methods.length) settle('answered');
      }

      function guarded(read: () => readonly RawResponse[]): void {
        try {
          accept(read());
        } catch (error) {
          if (!(error instanceof MalformedAnswer)) throw error;
          settle('malformed', error.message);
        }
      }

      function onData(chunk: Buffer): void {
        chunks.push(chunk);
        guarded(() => reader.push(chunk));
      }

      function onEnd(): void {
        // A reset that comes together with the last bytes is told as an end, but there is no peer any more.
        const last = line.remotePort === undefined ? undefined : reader.end();
        if (last) responses.push({ response: last, at: performance.now() });
        settle(responses.length === exchange.methods.length ? 'answered' : 'closed');
      }

      function onClose(): void {
        settle('closed');
      }

      function leave(): void {
        line.resetAndDestroy();
        settle('left');
      }

      line.on('data', onData).on('end', onEnd).on('close', onClose);
      const { splitAt = 0 } = exchange;
      if (exchange.behaviour === 'half-close') line.end(exchange.bytes);
      else if (exchange.behaviour === 'halting') {
        line.write(exchange.bytes.subarray(0, splitAt));
        timers.push(setTimeout(() => line.write(exchange.bytes.subarray(splitAt)), exchange.delay));
      } else line.write(exchange.bytes);
      if (exchange.behaviour === 'reset') timers.push(setTimeout(leave, exchange.delay));
      if (exchange.behaviour === 'slow-read') {
        line.pause();
        timers.push(setTimeout(() => line.resume(), exchange.delay));
      }
    });
  }

  return { run, close };
}

function ignore(): void {}
