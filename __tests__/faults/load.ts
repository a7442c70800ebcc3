import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backends } from './backends.js';
import { type Client, createClient, type Exchange, type Result } from './client.js';
import { createFigure, type Figure } from './figures.js';
import type { LagMeter } from './lag.js';
import { isMissed, SETTLE_TIME, settleTurn } from './settle.js';
import type { LabRequest, Turn } from './turn.js';
import { type Verdict, verifyTurn } from './verify.js';

/** Longer than any stall of the machine; what hangs is told by the clock afterwards. */
const PATIENCE = 10_000;
/** Milliseconds for which a late call is still known for what it is. */
const MEMORY = 10_000;
/** Milliseconds after which a turn is settled however busy the machine is. */
const LONGEST_WAIT = 3000;

export interface Finding {
  readonly turn: Turn | undefined;
  readonly result: Result | undefined;
  readonly invariant: string;
  readonly message: string;
  /** For those the clock tells: milliseconds beyond what is allowed. */
  readonly excess?: number;
}

/** What the load has shown so far. */
export interface Tally {
  requests: number;
  turns: number;
  readonly kinds: Record<Verdict['kind'], number>;
  late: number;
  /** Late answers that the gateway could have given whole. */
  missed: number;
  /** Milliseconds beyond the deadline, of turns that ended by it. */
  readonly overrun: Figure;
  readonly aborts: Figure;
  readonly healthy: Figure;
}

export interface LoadOptions {
  readonly port: number;
  /** Turns per second at most; 0 for as many as can be. */
  readonly rate: number;
  readonly backends: Backends;
  readonly lag: LagMeter;
  readonly isCanary: (text: string) => boolean;
  readonly onFinding: (finding: Finding) => void;
}

export interface Load {
  readonly tally: Tally;
  /** Runs turns from `next` on so many connections until it gives none. */
  run(connections: number, next: () => Turn | undefined): Promise<void>;
  /** Checks what is not settled yet. */
  settle(): Promise<void>;
}

export function toExchange(turn: Turn): Exchange {
  return {
    methods: turn.requests.map(({ route }) => route.shape.method),
    bytes: Buffer.concat(turn.requests.map(({ bytes }) => bytes)),
    behaviour: turn.behaviour === 'pipelined' ? 'normal' : turn.behaviour,
    delay: turn.delay,
    splitAt: turn.splitAt,
    patience: PATIENCE,
    fresh: turn.fresh || turn.requests.some(mayEndLater),
  };
}

/** A stream can be cut when the client has all of it already: the connection is then no longer good for another turn. */
function mayEndLater({ route, parts }: LabRequest): boolean {
  return route.shape.kind === 'stream' && parts.some(({ expected }) => expected.outcomes.includes('fail'));
}

export function createLoad({ port, rate, backends, lag, isCanary, onFinding }: LoadOptions): Load {
  const tally: Tally = {
    requests: 0,
    turns: 0,
    kinds: { ok: 0, partial: 0, error: 0, cut: 0, left: 0 },
    late: 0,
    missed: 0,
    overrun: createFigure(),
    aborts: createFigure(),
    healthy: createFigure(),
  };
  const forgotten: { turn: Turn; at: number }[] = [];
  const unsettled: { turn: Turn; result: Result; isLate: boolean }[] = [];

  async function runTurn(client: Client, turn: Turn): Promise<void> {
    for (const request of turn.requests) backends.register(request);
    const result = await client.run(toExchange(turn));
    tally.turns += 1;
    tally.requests += turn.requests.length;
    const verdict = verifyTurn(turn, result, isCanary);
    tally.kinds[verdict.kind] += 1;
    for (const violation of verdict.violations) onFinding({ turn, result, ...violation });
    unsettled.push({ turn, result, isLate: verdict.isLate });
  }

  /** Whether what a turn started has had its time to end, not counting the time in which nothing could. */
  function isRipe({ result }: { result: Result }, moment: number): boolean {
    const age = moment - result.endedAt;
    return age > LONGEST_WAIT || age - lag.allowance(result.endedAt, moment) >= SETTLE_TIME;
  }

  function settleUntil(moment: number): void {
    while (unsettled[0] && isRipe(unsettled[0], moment)) {
      const { turn, result, isLate } = unsettled.shift() as (typeof unsettled)[number];
      const { violations, overrun, aborts, elapsed } = settleTurn(turn, result, lag);
      for (const violation of violations) onFinding({ turn, result, ...violation });
      if (isLate) tally.late += 1;
      if (isLate && isMissed(turn, result, lag)) tally.missed += 1;
      for (const abort of aborts) tally.aborts.add(abort);
      if (overrun !== undefined) tally.overrun.add(overrun);
      else if (turn.behaviour === 'normal') tally.healthy.add(elapsed);
      forgotten.push({ turn, at: moment + MEMORY });
    }
    while (forgotten[0] && forgotten[0].at < moment) {
      for (const request of (forgotten.shift() as { turn: Turn }).turn.requests) backends.forget(request);
    }
  }

  let slot = 0;

  /** Starts no turn before its time, and makes up for no time lost. */
  async function pace(): Promise<void> {
    if (rate === 0) return;
    const now = performance.now();
    slot = Math.max(slot + 1000 / rate, now);
    if (slot > now) await sleep(slot - now);
  }

  async function work(next: () => Turn | undefined): Promise<void> {
    const client = createClient(port);
    for (let turn = next(); turn; turn = next()) {
      await pace();
      await runTurn(client, turn);
    }
    client.close();
  }

  return {
    tally,
    async run(connections, next) {
      const settling = setInterval(() => settleUntil(performance.now()), 50);
      await Promise.all(Array.from({ length: connections }, () => work(next)));
      clearInterval(settling);
    },
    async settle() {
      while (unsettled.length > 0) {
        await sleep(50);
        settleUntil(performance.now());
      }
    },
  };
}
