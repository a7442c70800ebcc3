import { createOverloadLab, type OverloadFigures } from './overload.js';
import { onStage, type Stage } from './stage.js';
import { createStormLab, type StormFigures } from './storm.js';

export interface StrainFigures {
  readonly overload: OverloadFigures;
  readonly storm: StormFigures;
}

/** More requests than can be served, then a backend that is down. */
export async function runStrain(stage: Stage): Promise<StrainFigures> {
  const { lag, report } = stage;
  const overload = await createOverloadLab();
  const storm = await createStormLab();
  const config = { version: 3, ...storm.root, endpoints: [overload.endpoint, ...storm.endpoints] };
  try {
    return await onStage(stage, 'strain', { config }, async ({ port }) => ({
      overload: await overload.run(port, lag, report),
      storm: await storm.run(port, report),
    }));
  } finally {
    await Promise.all([overload.close(), storm.close()]);
  }
}
