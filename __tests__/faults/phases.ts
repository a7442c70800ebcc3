import type { Backends } from './backends.js';
import { type BadClientFigures, createBadClientLab } from './bad-clients.js';
import { type CacheFigures, createCacheLab } from './cache-lab.js';
import { createPoolLab, type PoolFigures } from './full-pool.js';
import { createProbe } from './probe.js';
import { type ReloadFigures, reloadConfig, runReload } from './reload-lab.js';
import { onStage, type Stage } from './stage.js';

/** Figures of the phases that each have a gateway, a configuration and a good client of their own. */
export interface PhaseFigures {
  readonly cache: Readonly<Record<string, CacheFigures>>;
  readonly pool: PoolFigures;
  readonly clients: BadClientFigures;
  readonly reload: ReloadFigures;
}

async function runCache(stage: Stage, seed: number): Promise<PhaseFigures['cache']> {
  const lab = await createCacheLab();
  const config = { version: 3, endpoints: lab.endpoints };
  try {
    return await onStage(stage, 'cache', { config, hasFailingStore: true }, ({ port }) =>
      lab.run(port, seed, stage.report),
    );
  } finally {
    await lab.close();
  }
}

async function runPool(stage: Stage): Promise<PoolFigures> {
  const lab = await createPoolLab();
  const config = { version: 3, ...lab.root, endpoints: lab.endpoints };
  try {
    return await onStage(stage, 'full pool', { config }, ({ port }) => lab.run(port, stage.report));
  } finally {
    await lab.close();
  }
}

async function runClients(stage: Stage): Promise<BadClientFigures> {
  const { lag, report } = stage;
  const lab = await createBadClientLab();
  const probe = await createProbe();
  const config = { version: 3, ...lab.root, endpoints: [probe.endpoint, ...lab.endpoints] };
  try {
    return await onStage(stage, 'bad clients', { config }, async (gateway) => {
      probe.start(gateway.port, '', lag, report);
      const figures = await lab.run(gateway, lag, report);
      await probe.stop();
      return figures;
    });
  } finally {
    await Promise.all([lab.close(), probe.close()]);
  }
}

/** One after the other, so that none is in the figures of another. */
export async function runPhases(stage: Stage, backends: Backends, seed: number): Promise<PhaseFigures> {
  return {
    cache: await runCache(stage, seed),
    pool: await runPool(stage),
    clients: await runClients(stage),
    reload: await onStage(stage, 'reload', { config: reloadConfig(backends) }, (gateway) =>
      runReload(gateway, stage, backends, seed),
    ),
  };
}
