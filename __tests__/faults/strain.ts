import { startGateway } from './child.js';
import type { LagMeter } from './lag.js';
import { createOverloadLab, type OverloadFigures } from './overload.js';
import { createStormLab, type StormFigures } from './storm.js';
import type { Violation } from './verify.js';

export interface StrainFigures {
  readonly overload: OverloadFigures;
  readonly storm: StormFigures;
}

/** Milliseconds. */
const CLOSING = 3000;

/** More requests than can be served, then a backend that is down: on a gateway of its own, which nothing else has tired. */
export async function runStrain(
  entry: string,
  lag: LagMeter,
  report: (violation: Violation) => void,
): Promise<StrainFigures> {
  const overload = await createOverloadLab();
  const storm = await createStormLab();
  const gateway = await startGateway(
    {
      entry,
      config: { version: 3, ...storm.root, endpoints: [overload.endpoint, ...storm.endpoints] },
      host: 'http',
      prefix: '',
      canaries: ['127.0.0.1', 'node_modules', 'at file:', '/dist/'],
      cap: 2 ** 20,
    },
    function onMessage(message) {
      if (message.type === 'stall') lag.add(message.from, message.to, message.starved);
      else if (message.type === 'violation') report(message);
    },
  );
  try {
    const figures = {
      overload: await overload.run(gateway.port, lag, report),
      storm: await storm.run(gateway.port, report),
    };
    const { open } = await gateway.stats();
    if (open.length > 0) report({ invariant: 'I13', message: `${open.length} requests under strain never ended` });
    await gateway.close(CLOSING);
    const { code, signal } = await gateway.exited;
    if (code !== 0) report({ invariant: 'I14', message: `the strained process ended with ${code ?? signal}` });
    if (gateway.stderr() !== '') report({ invariant: 'I9', message: `it printed: ${gateway.stderr().slice(0, 500)}` });
    return figures;
  } finally {
    gateway.kill();
    await Promise.all([overload.close(), storm.close()]);
  }
}
