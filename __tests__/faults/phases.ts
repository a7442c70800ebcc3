import type { Backends } from './backends.js';
import { type BadClientFigures, createBadClientLab } from './bad-clients.js';
import { type CacheFigures, createCacheLab } from './cache-lab.js';
import { createPoolLab, type PoolFigures } from './full-pool.js';
import { createProbe } from './probe.js';
import { type ReloadFigures, reloadConfig, runReload } from './reload-lab.js';
import { runSizes, type SizeFigures } from './sizes.js';
import { onStage, type Stage } from './stage.js';
import { createStrayLab, type StrayFigures } from './stray.js';

/** Figures of the phases that each have a gateway and a configuration of their own. */
export interface PhaseFigures {
  readonly sizes: SizeFigures;
  readonly cache: Readonly<Record<string, CacheFigures>>;
  readonly stray: StrayFigures;
  readonly pool: PoolFigures;
  readonly clients: BadClientFigures;
  readonly reload: ReloadFigures;
}

type Phases = {
  readonly [N in keyof PhaseFigures]: (stage: Stage, backends: Backends, seed: number) => Promise<PhaseFigures[N]>;
};

/** One after the other, so that none is in the figures of another. */
export const phases: Phases = {
  sizes: runSizes,

  async cache(stage, _backends, seed) {
    const lab = await createCacheLab();
    const config = { version: 3, endpoints: lab.endpoints };
    return onStage(stage, 'cache', { config, hasFailingStore: true }, ({ port }) =>
      lab.run(port, seed, stage.report),
    ).finally(lab.close);
  },

  async stray(stage, _backends, seed) {
    const lab = await createStrayLab();
    const config = { version: 3, endpoints: lab.endpoints };
    return onStage(stage, 'stray answers', { config }, ({ port }) => lab.run(port, seed, stage.report)).finally(
      lab.close,
    );
  },

  async pool(stage) {
    const lab = await createPoolLab();
    const config = { version: 3, ...lab.root, endpoints: lab.endpoints };
    return onStage(stage, 'full pool', { config }, ({ port }) => lab.run(port, stage.lag, stage.report)).finally(
      lab.close,
    );
  },

  async clients(stage) {
    const lab = await createBadClientLab();
    const probe = await createProbe();
    const config = { version: 3, ...lab.root, endpoints: [probe.endpoint, ...lab.endpoints] };
    return onStage(stage, 'bad clients', { config }, async (gateway) => {
      probe.start(gateway.port, '', stage.lag, stage.report);
      const figures = await lab.run(gateway, stage.lag, stage.report);
      await probe.stop();
      return figures;
    }).finally(() => Promise.all([lab.close(), probe.close()]));
  },

  async reload(stage, backends, seed) {
    return onStage(stage, 'reload', { config: reloadConfig(backends) }, (gateway) =>
      runReload(gateway, stage, backends, seed),
    );
  },
};

/** Runs them until `isOver` says so. */
export async function runPhases(
  stage: Stage,
  backends: Backends,
  seed: number,
  isOver: () => boolean,
): Promise<PhaseFigures | undefined> {
  const figures: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(phases)) {
    figures[name] = await run(stage, backends, seed);
    if (isOver()) return undefined;
  }
  return figures as unknown as PhaseFigures;
}
