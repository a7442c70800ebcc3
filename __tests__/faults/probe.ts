import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from './client.js';
import { createFaultBackend } from './fault-backend.js';
import { createFigure, type Figure } from './figures.js';
import type { LagMeter } from './lag.js';
import type { Violation } from './verify.js';

/** A client that behaves, and asks a backend that is well: I15. */
export interface Probe {
  /** What the configuration needs for it. */
  readonly endpoint: Record<string, unknown>;
  /** Asks again and again until it is told to stop. */
  start(port: number, prefix: string, lag: LagMeter, report: (violation: Violation) => void): void;
  stop(): Promise<void>;
  /** Milliseconds until it was served, without what the machine has added. */
  readonly times: Figure;
  close(): Promise<void>;
}

const EVERY = 50;
const LIMIT = 1000;
/** Milliseconds until one that was turned away asks again. */
const AGAIN = 20;
const PATIENCE = 3000;

/** Beside clients that do what they like, a good one is served within a second. */
export async function createProbe(): Promise<Probe> {
  let number = 0;
  let isOver = false;
  let running: Promise<void> | undefined;
  const times = createFigure();
  const backend = await createFaultBackend({
    role: 'good',
    onCall(call) {
      const body = JSON.stringify({ said: call.target });
      return {
        on: 'body',
        steps: () => [{ send: Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`) }],
      };
    },
  });

  async function ask(port: number, prefix: string): Promise<string | undefined> {
    number += 1;
    const client = createClient(port);
    const { responses, ending } = await client.run({
      methods: ['GET'],
      bytes: Buffer.from(`GET ${prefix}/good/${number} HTTP/1.1\r\nHost: gateway.example\r\n\r\n`),
      behaviour: 'normal',
      delay: 0,
      patience: PATIENCE,
      fresh: true,
    });
    const answer = responses[0]?.response;
    if (answer?.status === 200 && answer.body.toString() === `{"said":"/good/${number}"}`) return undefined;
    return answer ? `${answer.status} ${answer.body.toString('latin1', 0, 100)}` : ending;
  }

  async function probe(
    port: number,
    prefix: string,
    lag: LagMeter,
    report: (violation: Violation) => void,
  ): Promise<void> {
    while (!isOver) {
      const from = performance.now();
      let fault = await ask(port, prefix);
      while (fault !== undefined && performance.now() - from < PATIENCE && !isOver) {
        await sleep(AGAIN);
        fault = await ask(port, prefix);
      }
      const to = performance.now();
      const took = to - from - lag.allowance(from, to);
      if (fault === undefined) times.add(took);
      if (took > LIMIT && (fault === undefined || to - from >= PATIENCE)) {
        const outcome = fault === undefined ? 'was served' : `was not served (${fault})`;
        report({
          invariant: 'I15',
          message: `a good client ${outcome} after ${took.toFixed(0)} ms`,
          excess: took - LIMIT,
        });
      }
      await sleep(EVERY);
    }
  }

  return {
    endpoint: {
      endpoint: '/good/{tok}',
      method: 'GET',
      timeout: '500ms',
      backend: [{ host: [`http://127.0.0.1:${backend.port}`], url_pattern: '/good/{tok}' }],
    },
    start(port, prefix, lag, report) {
      isOver = false;
      running = probe(port, prefix, lag, report);
    },
    async stop() {
      isOver = true;
      await running;
      running = undefined;
    },
    times,
    close: backend.close,
  };
}
