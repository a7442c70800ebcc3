import { access } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Result } from './client.js';
import { type Call, createFaultBackend, type Step } from './fault-backend.js';
import type { Violation } from './verify.js';

/** Figures of G8. */
export interface BreakerFigures {
  /** Calls while the breaker was open. */
  readonly whileOpen: number;
  /** Calls that were under way while the first call after the opening was not answered yet. */
  readonly probes: number;
  readonly waiting: number;
  /** Milliseconds from the end of the pause until an answer was whole again. */
  readonly recovery: number;
}

export interface BreakerLab {
  /** Endpoint objects to add to the configuration. */
  readonly endpoints: readonly Record<string, unknown>[];
  run(port: number, prefix: string, report: (violation: Violation) => void): Promise<BreakerFigures | undefined>;
  close(): Promise<void>;
}

const MAX_ERRORS = 2;
/** Seconds. */
const PAUSE = 1;
const WAITING = 200;
const PROBE_TIME = 150;
const SLOP = 50;

const HEALTHY: readonly Step[] = [{ send: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"up":1} ') }];
const DOWN: readonly Step[] = [{ rst: true }];
const SLOW: readonly Step[] = [{ wait: PROBE_TIME }, ...HEALTHY];

async function exists(url: URL): Promise<boolean> {
  return access(url).then(
    () => true,
    () => false,
  );
}

/** An outage behind a circuit breaker: none but one probe may try whether it is over. Idle while there is no breaker. */
export async function createBreakerLab(entry: URL): Promise<BreakerLab> {
  let steps: readonly Step[] = HEALTHY;
  const calls: Call[] = [];
  const backend = await createFaultBackend({
    role: 'k0',
    onCall(call) {
      calls.push(call);
      return { on: 'body', steps: () => steps };
    },
  });
  const isThere = await exists(new URL('components/circuit-breaker.js', entry));
  const endpoint = {
    endpoint: '/breaker/{tok}',
    method: 'GET',
    timeout: '1s',
    backend: [
      {
        host: [`http://127.0.0.1:${backend.port}`],
        url_pattern: '/k0/{tok}',
        extra_config: { 'qos/circuit-breaker': { interval: 60, timeout: PAUSE, max_errors: MAX_ERRORS } },
      },
    ],
  };

  async function run(
    port: number,
    prefix: string,
    report: (violation: Violation) => void,
  ): Promise<BreakerFigures | undefined> {
    if (!isThere) return undefined;
    const bytes = Buffer.from(`GET ${prefix}/breaker/x HTTP/1.1\r\nHost: gateway.example\r\n\r\n`);

    async function ask(): Promise<Result> {
      const client = createClient(port);
      const result = await client.run({
        methods: ['GET'],
        bytes,
        behaviour: 'normal',
        delay: 0,
        patience: 10_000,
        fresh: true,
      });
      return result;
    }

    function status(result: Result): number | undefined {
      return result.responses[0]?.response.status;
    }

    const lastCall = (): number => calls.at(-1)?.doneAt ?? performance.now();
    const check = (isFine: boolean, message: string): void => {
      if (!isFine) report({ invariant: 'G8', message });
    };

    steps = DOWN;
    while (calls.length <= MAX_ERRORS) await ask();
    // It opened when the last of these had failed, and stays so for PAUSE: by the backend's own clock.
    const openedAt = lastCall();
    const before = calls.length;
    while (performance.now() - openedAt < PAUSE * 600) {
      await ask();
      await sleep(20);
    }
    const whileOpen = calls.slice(before).filter(({ at }) => at < openedAt + PAUSE * 1000 - SLOP).length;
    check(whileOpen === 0, `${whileOpen} calls were made while the breaker was open`);

    await sleep(lastCall() + PAUSE * 1000 + SLOP - performance.now());
    steps = SLOW;
    const halfOpenAt = performance.now();
    const start = calls.length;
    await Promise.all(Array.from({ length: WAITING }, ask));
    const [first, ...others] = calls.slice(start);
    const answeredAt = first?.doneAt ?? Number.POSITIVE_INFINITY;
    // A client that came after the probe's answer was served by a call of its own.
    const probes = others.filter(({ at }) => at < answeredAt).length + (first ? 1 : 0);
    check(probes === 1, `${probes} probes instead of one`);

    steps = HEALTHY;
    let after = await ask();
    while (status(after) !== 200 && performance.now() - halfOpenAt < 3000) after = await ask();
    const recovery = performance.now() - halfOpenAt;
    check(status(after) === 200, 'the breaker did not close after a good probe');
    return { whileOpen, probes, waiting: WAITING, recovery };
  }

  return { endpoints: isThere ? [endpoint] : [], run, close: backend.close };
}
