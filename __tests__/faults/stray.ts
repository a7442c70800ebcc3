import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from './client.js';
import { type Call, createFaultBackend, type FaultBackend, type Step } from './fault-backend.js';
import { createRandom, type Random } from './random.js';
import type { Report } from './stage.js';

/** Figures of answers that nobody asked for. */
export interface StrayFigures {
  readonly requests: number;
  readonly strays: number;
  /** Requests that failed, which is right, and that got an answer meant for another, which is not. */
  readonly failed: number;
  readonly foreign: number;
}

export interface StrayLab {
  readonly endpoints: readonly Record<string, unknown>[];
  run(port: number, seed: number, report: Report): Promise<StrayFigures>;
  close(): Promise<void>;
}

/**
 * Milliseconds after which a stray answer follows the answer; 0 is at once, in a packet of its own. No wait is as long as
 * the rest of a connection: what comes later than that cannot be told from an answer.
 */
const GAPS = [0, 1, 5, 20, 40];
/** Requests of one client. */
const ROUNDS = 24;
const AT_A_TIME = 5;
/** The one stray answer comes when the connection has seen so many that its ends acknowledge by their data. */
const AGED = 16;
/** Milliseconds between one client's requests. */
const PAUSES = [0, 0, 0, 0, 1, 5, 30];
/** Clients of a backend that does it again and again. */
const CLIENTS = 3;

interface Origin {
  readonly name: string;
  readonly gap: number;
  /** Every so many answers are followed by a stray one; 0 for a single one. */
  readonly every: number;
  readonly noDelay: boolean;
  readonly backend: FaultBackend;
}

/** Backends that send more answers than they were asked for, each on an origin of its own and with the defaults. */
export async function createStrayLab(): Promise<StrayLab> {
  const origins: Origin[] = [];
  let strays = 0;

  function scriptOf(gap: number, every: number): (call: Call) => Step[] {
    let answers = 0;
    return function answer(call) {
      answers += 1;
      const isStray = every === 0 ? answers === AGED : answers % every === 0;
      const own: Step = { send: whole(call.target) };
      if (!isStray) return [own];
      strays += 1;
      return [own, ...(gap > 0 ? [{ wait: gap }] : []), { send: whole(`stray of ${call.target}`) }];
    };
  }

  for (const noDelay of [false, true]) {
    for (const gap of GAPS) {
      for (const every of [0, 3]) {
        const name = `x${origins.length}`;
        const steps = scriptOf(gap, every);
        const backend = await createFaultBackend({ role: name, noDelay, onCall: () => ({ on: 'body', steps }) });
        origins.push({ name, gap, every, noDelay, backend });
      }
    }
  }

  async function run(port: number, seed: number, report: Report): Promise<StrayFigures> {
    const figures = { requests: 0, failed: 0, foreign: 0 };

    async function work({ name, gap, every, noDelay }: Origin, random: Random): Promise<void> {
      const client = createClient(port);
      for (let round = 0; round < ROUNDS; round++) {
        const path = `/${name}/${random.hex(12)}`;
        const bytes = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: gateway.example\r\n\r\n`);
        const { responses } = await client.run({
          ...{ methods: ['GET'], bytes, behaviour: 'normal', delay: 0, patience: 5000, fresh: false },
        });
        figures.requests += 1;
        const answer = responses[0]?.response;
        if (answer?.status !== 200) figures.failed += 1;
        else if (answer.body.toString() !== JSON.stringify({ said: path })) {
          figures.foreign += 1;
          const how = `${every === 0 ? 'one stray' : `every ${every}rd stray`}, ${gap} ms later, noDelay ${noDelay}`;
          report({ invariant: 'I1', message: `stray answers: ${path} got ${answer.body} (${how})` });
        }
        await sleep(random.pick(PAUSES));
      }
      client.close();
    }

    // A few at a time: what Nagle's algorithm holds back comes out with a request that follows at once.
    for (let from = 0; from < origins.length; from += AT_A_TIME) {
      await Promise.all(
        origins.slice(from, from + AT_A_TIME).flatMap(function all(origin, index) {
          const clients = origin.every === 0 ? 1 : CLIENTS;
          return Array.from({ length: clients }, (_, client) =>
            work(origin, createRandom(seed, 10, from + index, client)),
          );
        }),
      );
    }
    return { ...figures, strays };
  }

  return {
    endpoints: origins.map(({ name, backend }) => ({
      endpoint: `/${name}/{tok}`,
      method: 'GET',
      timeout: '1s',
      backend: [{ host: [`http://127.0.0.1:${backend.port}`], url_pattern: `/${name}/{tok}` }],
    })),
    run,
    async close() {
      await Promise.all(origins.map(({ backend }) => backend.close()));
    },
  };
}

function whole(said: string): Buffer {
  const body = JSON.stringify({ said });
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
