import type { RouterConfig } from '../config/resolved.js';
import type { Logger } from '../logger.js';
import { createDebug, createEcho } from './debug.js';
import { answerHealth } from './health.js';
import type { BuiltInRoute } from './router.js';

export interface BuiltInOptions {
  readonly router: RouterConfig;
  readonly debug: boolean;
  readonly echo: boolean;
  readonly logger: Logger;
}

/** The routes of the gateway's own that are switched on. */
export function createBuiltInRoutes({ router, debug, echo, logger }: BuiltInOptions): readonly BuiltInRoute[] {
  const routes: BuiltInRoute[] = [];
  if (!router.disable_health) {
    routes.push({ path: router.health_path, isPrefix: false, method: 'GET', handle: answerHealth });
  }
  if (debug) routes.push({ path: '/__debug', isPrefix: true, method: undefined, handle: createDebug(logger) });
  if (echo) routes.push({ path: '/__echo', isPrefix: true, method: undefined, handle: createEcho() });
  return routes;
}
