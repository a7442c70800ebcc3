import { type GatewayProcess, startGateway } from './child.js';
import type { LagMeter } from './lag.js';
import type { StartOptions } from './protocol.js';
import type { Violation } from './verify.js';

export type Report = (violation: Violation) => void;

/** What phases with a gateway of their own share. */
export interface Stage {
  /** File of the gateway to load. */
  readonly entry: string;
  readonly lag: LagMeter;
  readonly report: Report;
}

/** Milliseconds. */
const CLOSING = 3000;
const CANARIES = ['127.0.0.1', 'node_modules', 'at file:', '/dist/'];

/**
 * Runs a phase on a gateway process of its own, which nothing else has tired: at its end no request is open, it closes,
 * and it has printed nothing.
 */
export async function onStage<T>(
  { entry, lag, report }: Stage,
  name: string,
  further: Pick<StartOptions, 'config'> & Partial<StartOptions>,
  run: (gateway: GatewayProcess) => Promise<T>,
): Promise<T> {
  const options = { entry, host: 'http', prefix: '', canaries: CANARIES, cap: 2 ** 26, ...further } as const;
  const gateway = await startGateway(options, function onMessage(message) {
    if (message.type === 'stall') lag.add(message.from, message.to, message.starved);
    else if (message.type === 'violation') report({ ...message, message: `${name}: ${message.message}` });
  });
  try {
    const figures = await run(gateway);
    if (gateway.isKilled()) return figures;
    const { open } = await gateway.stats();
    if (open.length > 0) report({ invariant: 'I13', message: `${name}: ${open.length} requests never ended` });
    await gateway.close(CLOSING);
    const { code, signal } = await gateway.exited;
    if (code !== 0) report({ invariant: 'I14', message: `${name}: the process ended with ${code ?? signal}` });
    if (gateway.stderr() !== '')
      report({ invariant: 'I9', message: `${name}: it printed ${gateway.stderr().slice(0, 500)}` });
    return figures;
  } finally {
    gateway.kill();
  }
}
