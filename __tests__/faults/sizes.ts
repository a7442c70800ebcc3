import { setTimeout as sleep } from 'node:timers/promises';
import type { Backends } from './backends.js';
import type { GatewayProcess } from './child.js';
import { createLoad, type Finding } from './load.js';
import { createProbe } from './probe.js';
import { buildConfig, type Route } from './shapes.js';
import { onStage, type Stage } from './stage.js';
import { createSchedule, nextHealthy } from './turn.js';

/** What large documents cost: milliseconds for which the loop stood still, by kind of endpoint. */
export type SizeFigures = Readonly<Record<string, number>>;

const TURNS = 3;
const LIMIT = 150;
/** Milliseconds between the documents, for those who wait behind them. */
const PAUSE = 20;

/**
 * One kind of large document after the other, a few times each: the answer is right, and the others need not wait. Each on
 * a gateway of its own, which is given up as soon as something is wrong: what stands still may do so for minutes.
 */
export async function runSizes(stage: Stage, backends: Backends, seed: number): Promise<SizeFigures> {
  const figures: Record<string, number> = {};
  let number = 0;

  async function run(route: Route): Promise<void> {
    const probe = await createProbe();
    const config = buildConfig([route], [probe.endpoint]);
    let isWrong = false;
    const onFinding = (finding: Finding): void => {
      isWrong = true;
      stage.report(finding);
    };

    async function play(gateway: GatewayProcess): Promise<void> {
      const { port } = gateway;
      const schedule = createSchedule({
        ...{ seed, routes: { healthy: [route], faulty: [] }, only: [], canary: 'canary', prefix: '', isHeavy: true },
      });
      const load = createLoad({ port, rate: 0, backends, lag: stage.lag, isCanary: () => false, onFinding });
      probe.start(port, '', stage.lag, stage.report);
      for (let turn = 0; turn <= TURNS && !isWrong; turn++) {
        // A process that has just started compiles what it runs.
        if (turn === 1) await gateway.stats(true);
        const next = [nextHealthy(schedule, () => number++)];
        await load.run(1, () => next.pop());
        await sleep(PAUSE);
      }
      await load.settle();
      await probe.stop();
      if (isWrong) {
        gateway.kill();
        return;
      }
      const { loopMax } = await gateway.stats();
      figures[route.path] = loopMax;
      const message = `${route.path}: the loop stood still for ${loopMax.toFixed(0)} ms`;
      if (loopMax >= LIMIT) stage.report({ invariant: 'I11', message, excess: loopMax - LIMIT });
    }

    await onStage(stage, route.path, { config }, play).finally(probe.close);
  }

  for (const route of backends.routes.healthy) if (route.shape.isHeavy) await run(route);
  return figures;
}
