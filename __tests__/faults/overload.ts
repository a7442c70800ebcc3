import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, createFaultBackend } from './fault-backend.js';
import { createFigure } from './figures.js';
import type { LagMeter } from './lag.js';
import { type Answer, createCrowd } from './open-loop.js';
import type { Violation } from './verify.js';

/** Figures of G6. */
export interface OverloadFigures {
  /** Answers per second that the backend can give at most, as measured. */
  readonly peak: number;
  /** Requests and good answers per second during the wave. */
  readonly offered: number;
  readonly goodput: number;
  /** Milliseconds: p99 of requests that were shed, and of those that were let in; of health, the slowest. */
  readonly shed: number;
  readonly accepted: number;
  readonly health: number;
  /** Milliseconds: p99 under half the load, before the wave and two seconds after it. */
  readonly before: number;
  readonly after: number;
  readonly mostAtWork: number;
  /** What only the clock tells. */
  readonly timed: readonly Violation[];
}

export interface OverloadLab {
  readonly endpoint: Record<string, unknown>;
  run(port: number, lag: LagMeter, report: (violation: Violation) => void): Promise<OverloadFigures>;
  close(): Promise<void>;
}

const TIMEOUT = 1000;
/** The backend does so many at a time, each in so many milliseconds; the others wait in its queue. */
const WORKERS = 6;
const SERVICE = 60;
const MAX_PENDING = 12;
const WAVE = 3;
const CALM = 1500;
const PEAK = 1500;
const RAMP = 2000;
const HOLD = 3000;
const RECOVERY = 2000;
const SHED_LIMIT = 20;
const HEALTH_LIMIT = 50;
const HEALTH_EVERY = 100;
const KEPT = 0.9;

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"ok":1} ');

/** Three times as many requests as a backend can serve: what it can do is still done, and the rest is told at once. */
export async function createOverloadLab(): Promise<OverloadLab> {
  const calls: Call[] = [];
  /** When each of the workers is free again. What was taken on is done, whether somebody waits for it or not. */
  const free = Array.from({ length: WORKERS }, () => 0);
  let mostAtWork = 0;

  const backend = await createFaultBackend({
    role: 'w0',
    onCall(call) {
      calls.push(call);
      const open = calls.filter(({ doneAt, closedAt }) => doneAt === undefined && closedAt === undefined);
      mostAtWork = Math.max(mostAtWork, open.length);
      return { on: 'body', steps: () => [{ wait: queue() }, { send: ANSWER }] };
    },
  });

  function queue(): number {
    const now = performance.now();
    const next = free.indexOf(Math.min(...free));
    const end = Math.max(now, free[next] as number) + SERVICE;
    free[next] = end;
    return end - now;
  }

  async function run(port: number, lag: LagMeter, report: (violation: Violation) => void): Promise<OverloadFigures> {
    const crowd = createCrowd(port);
    const timed: Violation[] = [];
    const check = (isFine: boolean, message: string): void => {
      if (!isFine) report({ invariant: 'G6', message });
    };
    const checkTime = (isFine: boolean, message: string): void => {
      if (!isFine) timed.push({ invariant: 'G6', message });
    };
    const all: Answer[] = [];

    async function ask(): Promise<Answer> {
      const answer = await crowd.ask('GET', '/work');
      all.push(answer);
      return answer;
    }

    async function offer(milliseconds: number, rate: (share: number) => number): Promise<Answer[]> {
      return crowd.offer(milliseconds, rate, ask);
    }

    async function saturate(): Promise<number> {
      const end = performance.now() + PEAK;
      let good = 0;
      await Promise.all(
        Array.from({ length: MAX_PENDING }, async function askAgain() {
          while (performance.now() < end) {
            const { status, endedAt } = await ask();
            if (status === 200 && endedAt < end) good += 1;
          }
        }),
      );
      return (good / PEAK) * 1000;
    }

    /** Asks after the health all the while. */
    async function watchHealth(until: Promise<unknown>): Promise<number> {
      let isOver = false;
      const over = until.then(() => {
        isOver = true;
      });
      let slowest = 0;
      while (!isOver) {
        const answer = await crowd.ask('GET', '/__health');
        checkTime(answer.status !== undefined, 'health was not answered during the wave');
        if (answer.status) check(answer.status === 200, `health was answered with ${answer.status} during the wave`);
        slowest = Math.max(slowest, cleaned(answer, lag));
        await sleep(HEALTH_EVERY);
      }
      await over;
      return slowest;
    }

    await offer(300, () => 50);
    const peak = await saturate();
    const before = p99(await offer(CALM, () => peak / 2), lag);

    const rampAndHold = (async () => {
      await offer(RAMP, (share) => peak * (0.5 + (WAVE - 0.5) * share));
      const from = performance.now();
      const wave = await offer(HOLD, () => peak * WAVE);
      const to = from + HOLD;
      // Also those of the ramp that were served only now.
      const good = all.filter(({ status, endedAt }) => status === 200 && endedAt >= from && endedAt < to);
      return { wave, goodput: (good.length / HOLD) * 1000 };
    })();
    const health = await watchHealth(rampAndHold);
    const { wave, goodput } = await rampAndHold;

    await offer(RECOVERY, () => peak / 2);
    const after = p99(await offer(CALM, () => peak / 2), lag);
    crowd.close();

    const accepted = all.filter(({ status }) => status === 200);
    const shed = all.filter(({ status, hasRetryAfter }) => status === 503 && hasRetryAfter);
    const others = all.length - accepted.length - shed.length;
    const shedTime = p99(shed, lag);
    const acceptedTime = p99(accepted, lag);

    checkTime(others === 0, `${others} of ${all.length} requests were neither served nor turned away with Retry-After`);
    checkTime(shed.length > 0, 'nobody was turned away at three times what the backend can do');
    check(accepted.length > 0, 'nobody was served');
    check(
      calls.length <= all.length - shed.length,
      `${calls.length} calls for ${all.length - shed.length} requests that were not turned away`,
    );
    // The backend may hear late of calls that were given up.
    const most = others === 0 ? MAX_PENDING : MAX_PENDING * 2;
    check(mostAtWork <= most, `${mostAtWork} calls at a time, not ${MAX_PENDING}`);
    checkTime(
      goodput >= peak * KEPT,
      `${goodput.toFixed(0)} good answers per second under overload, ${peak.toFixed(0)} without`,
    );
    checkTime(shedTime < SHED_LIMIT, `the p99 of turning away is ${shedTime.toFixed(1)} ms`);
    checkTime(acceptedTime <= TIMEOUT, `the p99 of those let in is ${acceptedTime.toFixed(0)} ms`);
    checkTime(health < HEALTH_LIMIT, `health took ${health.toFixed(1)} ms during the wave`);
    checkTime(
      after <= before * 1.25 + 25,
      `two seconds after the wave the p99 is ${after.toFixed(0)} ms, before it was ${before.toFixed(0)} ms`,
    );
    const offered = (wave.length / HOLD) * 1000;
    return { peak, offered, goodput, shed: shedTime, accepted: acceptedTime, health, before, after, mostAtWork, timed };
  }

  return {
    endpoint: {
      endpoint: '/work',
      method: 'GET',
      timeout: `${TIMEOUT}ms`,
      backend: [{ host: [`http://127.0.0.1:${backend.port}`], url_pattern: '/w0', max_pending: MAX_PENDING }],
    },
    run,
    close: backend.close,
  };
}

/** Without what the machine has added. */
function cleaned({ took, startedAt, endedAt }: Answer, lag: LagMeter): number {
  return Math.max(0, took - lag.allowance(startedAt, endedAt));
}

function p99(answers: readonly Answer[], lag: LagMeter): number {
  const figure = createFigure();
  for (const answer of answers) figure.add(cleaned(answer, lag));
  return figure.percentile(0.99);
}
