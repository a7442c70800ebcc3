import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from './config/resolved.js';
import { ConfigError } from './errors.js';
import type { ResolvedOptions } from './options.js';
import { createPlan, type Plan } from './plan.js';
import type { Handle } from './router/router.js';
import type { Wire } from './transport/wire.js';

export interface CloseOptions {
  /** Milliseconds that requests under way are given to finish. Default 10000. */
  readonly timeout?: number;
}

export interface Lifecycle {
  readonly handle: Handle;
  /**
   * Swaps the configuration in one step: new requests see the new one, requests under way finish on the old one.
   *
   * @throws {ConfigError} when the new configuration is wrong; the old one then stays.
   */
  reload(config: unknown): void;
  /** Refuses new requests with 503, waits for those under way, then closes every socket. Calling it again is harmless. */
  close(options?: CloseOptions): Promise<void>;
}

const DEFAULT_DRAIN = 10_000;

/** The plan in force, and how one gives way to the next. */
export function createLifecycle(
  config: unknown,
  options: ResolvedOptions,
  openWire: (config: Config) => Wire,
): Lifecycle {
  let plan = createPlan(config, options, openWire);
  const retiring = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;

  function retire(old: Plan, drain: Promise<void>): Promise<void> {
    const retired = drain.then(() => old.close()).finally(() => retiring.delete(retired));
    retiring.add(retired);
    return retired;
  }

  async function drain(timeout: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout);
    });
    await Promise.race([plan.idle(), patience]);
    clearTimeout(timer);
    plan.abort();
    await plan.idle();
  }

  return {
    handle(request, response, next) {
      if (closing) refuse(response);
      else plan.handle(request, response, next);
    },
    reload(next) {
      if (closing) throw new ConfigError([{ path: '', message: 'the gateway is closed; create a new one' }]);
      const old = plan;
      plan = createPlan(next, options, openWire);
      retire(old, old.idle());
    },
    close({ timeout = DEFAULT_DRAIN } = {}) {
      closing ??= Promise.all([retire(plan, drain(timeout)), ...retiring]).then(() => undefined);
      return closing;
    },
  };
}

function refuse(response: ServerResponse<IncomingMessage>): void {
  response.writeHead(503, { 'content-length': '0', 'retry-after': '1', connection: 'close' });
  response.end();
}
