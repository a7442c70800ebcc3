import { setTimeout as sleep } from 'node:timers/promises';
import type { Backends } from './backends.js';
import type { GatewayProcess } from './child.js';
import type { LagMeter } from './lag.js';
import { createLoad, type Finding } from './load.js';
import type { Route } from './shapes.js';
import { createSchedule, nextHealthy } from './turn.js';

/** What large documents cost: milliseconds for which the loop stood still, by kind of endpoint. */
export type SizeFigures = Readonly<Record<string, number>>;

export interface SizesOptions {
  readonly seed: number;
  readonly prefix: string;
  readonly canary: string;
  readonly gateway: GatewayProcess;
  readonly backends: Backends;
  readonly lag: LagMeter;
  readonly isCanary: (text: string) => boolean;
  readonly onFinding: (finding: Finding) => void;
}

const TURNS = 3;
const LIMIT = 150;
/** Milliseconds between the documents, for those who wait behind them. */
const PAUSE = 20;

/** One kind of large document after the other, a few times each: the answer is right, and the others need not wait. */
export async function runSizes(options: SizesOptions): Promise<SizeFigures> {
  const { seed, prefix, canary, gateway, backends, lag, isCanary, onFinding } = options;
  const figures: Record<string, number> = {};
  const load = createLoad({ port: gateway.port, rate: 0, backends, lag, isCanary, onFinding });
  let number = 0;

  async function run(route: Route): Promise<void> {
    const routes = { healthy: [route], faulty: [] };
    const schedule = createSchedule({ seed, routes, only: [], canary, prefix, isHeavy: true });
    await gateway.stats(true);
    for (let turn = 0; turn < TURNS; turn++) {
      const next = [nextHealthy(schedule, () => number++)];
      await load.run(1, () => next.pop());
      await sleep(PAUSE);
    }
    const { loopMax } = await gateway.stats();
    figures[route.path] = loopMax;
    if (loopMax < LIMIT) return;
    const message = `${route.path}: the loop stood still for ${loopMax.toFixed(0)} ms`;
    onFinding({ turn: undefined, result: undefined, invariant: 'I11', message, excess: loopMax - LIMIT });
  }

  for (const route of backends.routes.healthy) if (route.shape.isHeavy) await run(route);
  await load.settle();
  return figures;
}
