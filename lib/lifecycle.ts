import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from './config/resolved.js';
import { LONGEST_TIMER } from './core/deadline.js';
import type { ReadyOptions } from './core/readiness.js';
import type { Kept } from './core/reload-state.js';
import { ConfigError, GatewayError } from './errors.js';
import type { ResolvedOptions } from './options.js';
import { createPlan, type Plan } from './plan.js';
import type { Handle } from './router/router.js';
import type { Wire } from './transport/wire.js';

export { faultsOf } from './plan.js';

export interface CloseOptions {
  /**
   * Milliseconds that requests under way are given to finish; then they are ended. Components have what is left of it to
   * close what they have opened, and a second at least; the log names those that take longer. Default 10000.
   */
  readonly timeout?: number;
}

export interface Lifecycle {
  readonly handle: Handle;
  /** What the components of the configuration in force keep. */
  kept(): Kept;
  /**
   * Swaps the configuration in one step: new requests see the new one, requests under way finish on the old one.
   *
   * @throws {ConfigError} when the new configuration is wrong; the old one then stays.
   */
  reload(config: unknown): void;
  /**
   * Resolves when everything that the configuration in force has to reach beside its HTTP backends has been reached.
   *
   * @throws {NotReadyError} that lists what cannot be reached
   */
  ready(options?: ReadyOptions): Promise<void>;
  /** Refuses new requests with 503, waits for those under way, then closes every socket. Calling it again is harmless. */
  close(options?: CloseOptions): Promise<void>;
}

const DEFAULT_DRAIN = 10_000;
/** What components have in any case to close what they have opened. */
const GRACE = 1_000;

/** The plan in force, and how the next one replaces it. */
export function createLifecycle(
  config: unknown,
  options: ResolvedOptions,
  openWire: (config: Config) => Wire,
): Lifecycle {
  let plan = createPlan(config, options, openWire);
  /** Plans that finish what they have begun, until they are closed. */
  const retiring = new Map<Plan, Promise<void>>();
  let closing: Promise<void> | undefined;

  /** Ends a plan that gets no more requests. `patience` says how long its components may take once the last one has left. */
  function retire(old: Plan, patience: () => number): Promise<void> {
    const closed = old
      .idle()
      .then(() => closeInTime(old, patience()))
      .finally(() => retiring.delete(old));
    retiring.set(old, closed);
    return closed;
  }

  async function drain(timeout: number): Promise<void> {
    const end = performance.now() + timeout;
    retire(plan, () => Math.max(GRACE, end - performance.now()));
    let timer = setTimeout(endAll, Math.min(timeout, LONGEST_TIMER));
    await Promise.all(retiring.values());
    clearTimeout(timer);

    function endAll(): void {
      for (const old of retiring.keys()) old.abort();
      timer = setTimeout(giveUpAll, GRACE);
    }
  }

  /** Those too that a reload has given longer. */
  function giveUpAll(): void {
    for (const old of retiring.keys()) old.giveUp();
  }

  return {
    handle(request, response, next) {
      if (!closing) plan.routes(request, response, next);
      // The host app still serves what is not ours.
      else if (next && options.fallthrough && !plan.routes.knows(request)) next();
      else if (!plan.routes.applyPolicies(request, response)) refuse(response);
    },
    kept: () => plan.kept,
    reload(next) {
      if (closing) throw new ConfigError([{ path: '', message: 'the gateway is closed; create a new one' }]);
      const old = plan;
      plan = createPlan(next, options, openWire, old);
      retire(old, () => DEFAULT_DRAIN).then(old.release);
    },
    async ready(given) {
      if (closing) throw new GatewayError('ERR_CLOSING', 'The gateway is closed; create a new one');
      await plan.ready(given);
    },
    close({ timeout = DEFAULT_DRAIN } = {}) {
      closing ??= drain(timeout);
      return closing;
    },
  };
}

async function closeInTime(plan: Plan, patience: number): Promise<void> {
  const timer = setTimeout(plan.giveUp, Math.min(patience, LONGEST_TIMER));
  await plan.close();
  clearTimeout(timer);
}

function refuse(response: ServerResponse<IncomingMessage>): void {
  response.writeHead(503, { 'content-length': '0', 'retry-after': '1', connection: 'close' });
  response.end();
}
