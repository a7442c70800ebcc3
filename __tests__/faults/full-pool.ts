import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Exchange, type Result } from './client.js';
import { type Call, createFaultBackend } from './fault-backend.js';
import type { LagMeter } from './lag.js';
import type { Report } from './stage.js';

/** Figures of a pool that has fewer connections than there are calls. */
export interface PoolFigures {
  readonly served: number;
  /** Calls that waited for a connection and gave up. */
  readonly gaveUp: number;
  readonly mostConnections: number;
}

export interface PoolLab {
  readonly root: Record<string, unknown>;
  readonly endpoints: readonly Record<string, unknown>[];
  run(port: number, lag: LagMeter, report: Report): Promise<PoolFigures>;
  close(): Promise<void>;
}

const CONNECTIONS = 4;
const TIMEOUT = 400;
/** For so long all connections are taken. */
const TAKEN = 2 * TIMEOUT;
/** Long enough for all that only have to wait for a connection. */
const PATIENT = 3000;
/** Milliseconds after a client's end within which a call may still arrive. */
const LATE = 50;
const ROUNDS = 2;
const WAITING = 40;
const CLIENTS = 24;
const CROWDED = 600;
/** Milliseconds that one answer takes. */
const SERVICE = 5;
/** A gateway that still holds on to calls nobody waits for cannot serve so many. */
const AFTERWARDS = 12;

/** Four connections, and many who wait for one: each gets its own answer, and who gives up leaves no trace. */
export async function createPoolLab(): Promise<PoolLab> {
  const calls: Call[] = [];
  let mostConnections = 0;
  const backend = await createFaultBackend({
    role: 'n0',
    onCall(call) {
      calls.push(call);
      mostConnections = Math.max(mostConnections, backend.connections());
      const body = JSON.stringify({ said: call.target });
      const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return {
        on: 'body',
        steps: () => (call.target.includes('stall') ? [{ stall: true }] : [{ wait: SERVICE }, { send: bytes }]),
      };
    },
  });

  async function run(port: number, lag: LagMeter, report: Report): Promise<PoolFigures> {
    let number = 0;
    let served = 0;
    const wrong = (invariant: string, message: string): void => report({ invariant, message: `full pool: ${message}` });

    async function ask(name: string, further: Partial<Exchange> = {}): Promise<Result & { isServed: boolean }> {
      const path = `/${name === 'crowd' || name === 'stall' ? 'patient' : 'full'}/${name}${number++}`;
      const client = createClient(port);
      const bytes = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: gateway.example\r\n\r\n`);
      const exchange = { methods: ['GET'], bytes, behaviour: 'normal', delay: 0, patience: 5000, fresh: true } as const;
      const result = await client.run({ ...exchange, ...further });
      const answer = result.responses[0]?.response;
      const isServed = answer?.status === 200;
      if (isServed && answer.body.toString() !== `{"said":"${path}"}`) wrong('I1', `${path} got ${answer.body}`);
      if (isServed) served += 1;
      return { ...result, isServed };
    }

    /** While all connections are taken, some leave and the others wait in vain; only then they get free. */
    async function crush(): Promise<void> {
      const stalled = Array.from({ length: CONNECTIONS }, () => ask('stall', { behaviour: 'reset', delay: TAKEN }));
      await sleep(50);
      const from = number;
      const waiting = await Promise.all(
        Array.from({ length: WAITING }, (_, index) =>
          ask('wait', index % 2 === 0 ? { behaviour: 'reset', delay: 20 + index } : {}),
        ),
      );
      await Promise.all(stalled);
      await sleep(50);
      const late = calls.filter(function isForNoOne({ target, at }) {
        const endedAt = waiting[Number(target.split('wait')[1]) - from]?.endedAt ?? Infinity;
        return at - endedAt - lag.allowance(endedAt, at) > LATE;
      });
      if (late.length > 0) wrong('I5', `${late.length} calls were made that nobody waited for any more`);
    }

    for (let round = 0; round < ROUNDS; round++) {
      await crush();
      for (let time = 0; time < AFTERWARDS; time++) {
        const { isServed, startedAt, endedAt } = await ask('after');
        if (isServed) continue;
        wrong(
          'I15',
          `a good client was not served after ${(endedAt - startedAt).toFixed(0)} ms, when the others had gone`,
        );
        break;
      }
    }

    const end = performance.now() + CROWDED;
    let unserved = 0;
    await Promise.all(
      Array.from({ length: CLIENTS }, async function again() {
        while (performance.now() < end) if (!(await ask('crowd')).isServed) unserved += 1;
      }),
    );
    if (unserved > 0) wrong('I2', `${unserved} requests were not served that had only to wait for a connection`);
    // The backend may hear late of those that were closed.
    if (mostConnections > CONNECTIONS * 2) wrong('G6', `${mostConnections} connections instead of ${CONNECTIONS}`);
    return { served, gaveUp: ROUNDS * WAITING, mostConnections };
  }

  return {
    root: { max_connections_per_host: CONNECTIONS },
    endpoints: [
      ['full', TIMEOUT],
      ['patient', PATIENT],
    ].map(([name, timeout]) => ({
      endpoint: `/${name}/{tok}`,
      method: 'GET',
      timeout: `${timeout}ms`,
      backend: [{ host: [`http://127.0.0.1:${backend.port}`], url_pattern: `/${name}/{tok}` }],
    })),
    run,
    close: backend.close,
  };
}
