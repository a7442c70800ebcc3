import type { RouterConfig, Segment } from '../config/resolved.js';
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
    routes.push({ path: router.health_path, isPrefix: false, methods: ['GET', 'HEAD'], handle: answerHealth });
  }
  if (debug) routes.push({ path: '/__debug', isPrefix: true, methods: undefined, handle: createDebug(logger) });
  if (echo) routes.push({ path: '/__echo', isPrefix: true, methods: undefined, handle: createEcho() });
  return routes;
}

/** What a route that answers any method is asked with. */
const USUAL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The routes in terms of an endpoint's, for redirects to their written form. */
export function toShapes(routes: readonly BuiltInRoute[]): { method: string; segments: readonly Segment[] }[] {
  return routes.flatMap(({ path, isPrefix, methods = USUAL_METHODS }) => {
    const literals = path
      .slice(1)
      .split('/')
      .map((literal) => ({ literal }));
    return methods.flatMap((method) => [
      { method, segments: literals },
      ...(isPrefix ? [{ method, segments: [...literals, { wildcard: true as const }] }] : []),
    ]);
  });
}
