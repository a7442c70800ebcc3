import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backends } from './backends.js';
import type { GatewayProcess } from './child.js';
import { createLoad } from './load.js';
import { buildConfig, type Route } from './shapes.js';
import type { Stage } from './stage.js';
import { createSchedule, nextHealthy } from './turn.js';

/** Figures of configurations that give way to others under load. */
export interface ReloadFigures {
  readonly reloads: number;
  readonly requests: number;
  /** Bytes of heap that each of them has left behind. */
  readonly leftBehind: number;
}

const CONNECTIONS = 12;
const RATE = 200;
const WARM_UP = 15;
const RELOADS = 60;
const EVERY = 40;
/** Bytes of heap: a plan that is remembered costs many times as much. */
const LIMIT = 64 * 1024;

/** The configuration of `reload`, and one with an endpoint more. */
function configsOf(routes: readonly Route[]): Record<string, unknown>[] {
  const [first] = routes;
  const further = {
    endpoint: '/further/{tok}',
    method: 'GET',
    backend: [{ host: [first?.origins[0]], url_pattern: '/further/{tok}' }],
  };
  return [buildConfig(routes), buildConfig(routes, [further])];
}

export function reloadConfig(backends: Backends): Record<string, unknown> {
  return configsOf(lightRoutes(backends))[0] as Record<string, unknown>;
}

function lightRoutes({ routes }: Backends): Route[] {
  return routes.healthy.filter(({ shape }) => !shape.isHeavy);
}

/** Requests go on while the configuration is replaced again and again: none is lost, and no plan stays behind. */
export async function runReload(
  gateway: GatewayProcess,
  { lag, report }: Stage,
  backends: Backends,
  seed: number,
): Promise<ReloadFigures> {
  const healthy = lightRoutes(backends);
  const configs = configsOf(healthy);
  const schedule = createSchedule({ seed, routes: { healthy, faulty: [] }, only: [], canary: 'canary', prefix: '' });
  const load = createLoad({
    ...{ port: gateway.port, rate: RATE, backends, lag, isCanary: () => false },
    onFinding: ({ invariant, message, ...rest }) =>
      report({ invariant, message: `while reloading: ${message}`, ...rest }),
  });
  let number = 0;
  let isOver = false;

  async function reload(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      const due = performance.now() + EVERY;
      await gateway.reload(configs[time % 2] as Record<string, unknown>);
      await sleep(Math.max(0, due - performance.now()));
    }
  }

  const running = load.run(CONNECTIONS, () => (isOver ? undefined : nextHealthy(schedule, () => number++)));
  await reload(WARM_UP);
  const before = await gateway.stats();
  await reload(RELOADS);
  isOver = true;
  await running;
  await load.settle();
  await sleep(500);
  const after = await gateway.stats();
  const leftBehind = Math.max(0, after.heap - before.heap) / RELOADS;
  if (leftBehind > LIMIT)
    report({ invariant: 'I10', message: `each reload leaves ${(leftBehind / 1024).toFixed(0)} KiB of heap behind` });
  return { reloads: WARM_UP + RELOADS, requests: load.tally.requests, leftBehind };
}
