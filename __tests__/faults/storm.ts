import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, createFaultBackend, type Step } from './fault-backend.js';
import { createCrowd } from './open-loop.js';
import type { Violation } from './verify.js';

/** Figures of G7. */
export interface StormFigures {
  /** Requests that could be repeated, during the outage, and the calls they led to. */
  readonly offered: number;
  readonly calls: number;
  /** Calls on connections from before the outage, each of which may be repeated on a new one. */
  readonly stale: number;
  /** The most calls that one request led to on connections of the outage itself. */
  readonly mostPerRead: number;
  /** Requests that must not be repeated, and the most calls that one of them led to. */
  readonly writes: number;
  readonly mostPerWrite: number;
}

export interface StormLab {
  /** What the configuration needs at its root. */
  readonly root: Record<string, unknown>;
  readonly endpoints: readonly Record<string, unknown>[];
  run(port: number, report: (violation: Violation) => void): Promise<StormFigures>;
  close(): Promise<void>;
}

const RETRIES = 3;
/** Milliseconds of each kind of outage. */
const OUTAGE = 1000;
const READS = 200;
const WRITES = 40;
const SILENCE = '400ms';

const UP: readonly Step[] = [{ send: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"up":1} ') }];
/** Each kind of failure that a retry is for. */
const OUTAGES: readonly (readonly Step[])[] = [
  [{ rst: true }],
  [{ send: Buffer.from('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n') }],
  [{ stall: true }],
];

/** A backend that is down altogether, with retries on: what is asked of it must not multiply. */
export async function createStormLab(): Promise<StormLab> {
  let steps = UP;
  const calls: Call[] = [];
  const backend = await createFaultBackend({
    role: 'r0',
    onCall(call) {
      calls.push(call);
      return { on: 'body', steps: () => steps };
    },
  });
  const host = [`http://127.0.0.1:${backend.port}`];
  const shared = { host, url_pattern: '/r0/{tok}' };
  const retry = { attempts: RETRIES, on: ['connection', 'timeout', 503], backoff: '20ms' };

  async function run(port: number, report: (violation: Violation) => void): Promise<StormFigures> {
    const crowd = createCrowd(port);
    const check = (isFine: boolean, message: string): void => {
      if (!isFine) report({ invariant: 'G7', message });
    };
    let number = 0;
    const read = () => crowd.ask('GET', `/storm/g${number++}`);
    const write = () => crowd.ask('POST', `/storm-write/p${number++}`);

    await Promise.all([read(), read(), write(), write()]);
    const before = calls.length;
    let offered = 0;
    let writes = 0;
    for (const outage of OUTAGES) {
      steps = outage;
      const [reads, posts] = await Promise.all([
        crowd.offer(OUTAGE, () => READS, read),
        crowd.offer(OUTAGE, () => WRITES, write),
      ]);
      offered += reads.length;
      writes += posts.length;
      const served = [...reads, ...posts].filter(({ status }) => status === 200).length;
      check(served === 0, `${served} requests were served by a backend that is down`);
    }
    const during = calls.slice(before);

    steps = UP;
    const upAt = performance.now();
    let last = await read();
    while (last.status !== 200 && performance.now() - upAt < 3000) {
      await sleep(50);
      last = await read();
    }
    check(last.status === 200, `the answer is ${last.status} when the outage is over`);
    crowd.close();

    const ofReads = during.filter(({ method }) => method === 'GET');
    const fresh = ofReads.filter(({ sentBefore, closedBy }) => sentBefore === 0 || closedBy !== 'backend');
    const stale = ofReads.length - fresh.length;
    // Each of its tries may meet a connection from before.
    const mostPerRead = mostPerTarget(fresh);
    const mostPerWrite = mostPerTarget(during.filter(({ method }) => method !== 'GET'));
    check(
      ofReads.length <= 1.1 * offered + 10 + stale,
      `${ofReads.length} calls for ${offered} requests during the outage`,
    );
    check(mostPerRead <= 1 + RETRIES, `${mostPerRead} calls for one request`);
    check(mostPerWrite <= 1, `a request that must not be repeated was sent ${mostPerWrite} times`);
    return { offered, calls: ofReads.length, stale, writes, mostPerWrite, mostPerRead };
  }

  return {
    root: { response_header_timeout: SILENCE },
    endpoints: [
      { endpoint: '/storm/{tok}', method: 'GET', timeout: '1s', backend: [{ ...shared, retry }] },
      { endpoint: '/storm-write/{tok}', method: 'POST', timeout: '1s', backend: [shared] },
    ],
    run,
    close: backend.close,
  };
}

function mostPerTarget(calls: readonly Call[]): number {
  const counts = new Map<string, number>();
  for (const { target } of calls) counts.set(target, (counts.get(target) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}
