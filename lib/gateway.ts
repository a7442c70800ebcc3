import type { IncomingMessage, ServerResponse } from 'node:http';
import { Router } from 'express';
import type { Component } from './components/component.js';
import type { BuiltInExtraConfig } from './components/extra-config.js';
import type { ExtraOf } from './components/extra-of.js';
import type { GatewayConfig as AuthoredConfig } from './config/input.js';
import type { ExtraTypes, Imported } from './config/types.js';
import { CACHES, type CacheControl, createCacheControl } from './core/cache-control.js';
import type { ReadyOptions } from './core/readiness.js';
import { shareHiddenClass } from './express/hidden-class.js';
import { type CloseOptions, createLifecycle, faultsOf, type Lifecycle } from './lifecycle.js';
import { STATS, type Stats } from './observe/stats.js';
import { type GatewayOptions, resolveOptions } from './options.js';
import type { RequestHandler } from './proxy.js';
import type { Handle } from './router/router.js';
import { type AxiosLike, createAxios, type OwnAxios } from './transport/axios.js';
import { createOrigins } from './transport/origin.js';
import { createWire } from './transport/wire.js';

/** A configuration: KrakenD's keys, with the built-in components typed. Give `Extra` to type components of your own. */
export type GatewayConfig<Extra extends ExtraTypes = BuiltInExtraConfig> = AuthoredConfig<Extra>;

/**
 * Returns the configuration as it is: the editor completes and checks it. Same as annotating it with `GatewayConfig`.
 *
 * @example
 * export default defineConfig({
 *   host: ['http://api.internal'],
 *   endpoints: [{ endpoint: '/users/{id}', backend: [{ url_pattern: '/v1/users/{id}' }] }],
 * });
 */
export function defineConfig<Extra extends ExtraTypes = BuiltInExtraConfig>(
  config: GatewayConfig<Extra>,
): GatewayConfig<Extra> {
  return config;
}

/**
 * What `createGateway` returns: at run time an Express Router (layers added with `use` run before the endpoints), and a
 * plain `(request, response, next?)` function for Connect and `http.createServer`.
 */
export interface Gateway<A extends AxiosLike = AxiosLike, Extra extends ExtraTypes = BuiltInExtraConfig>
  extends Handle {
  /** Adds middleware in front of the endpoints, as on every Express Router. */
  use(...handlers: RequestHandler[]): this;
  use(path: string, ...handlers: RequestHandler[]): this;
  /**
   * Swaps the configuration in one step: new requests see the new one, requests under way finish on the old one.
   *
   * @throws {ConfigError} when the new configuration is wrong; the old one then stays in force.
   */
  reload<const T = GatewayConfig>(config: GatewayConfig<Extra> | (T & Imported<T>)): void;
  /**
   * Connects to brokers, waits for the first answer of service discovery and asks the stores whether they are there.
   * Backends over HTTP are not called. A gateway works without it, and then connects when a request comes; it may be
   * called again at any time.
   *
   * @throws {NotReadyError} that lists everything that is not there; what is not there is tried again by later requests
   */
  ready(options?: ReadyOptions): Promise<void>;
  /**
   * Refuses new requests with 503, gives those under way `timeout` milliseconds (default 10000), then closes every
   * socket. Components have what is left of that to close what they have opened, and a second at least: the log names
   * what takes longer. Calling it again is harmless.
   */
  close(options?: CloseOptions): Promise<void>;
  /** The axios instance that backends are called with: add interceptors here. */
  readonly axios: A;
  /** What `qos/http-cache` has stored: forget it, and count how often it helped. */
  readonly cache: CacheControl;
  /** What `telemetry/metrics` has counted, by KrakenD's names; undefined where it is not configured. */
  stats(): Stats | undefined;
}

/**
 * Builds a gateway from a KrakenD configuration (1.3 or 2.x), as an object.
 *
 * @param config endpoints, each fed by one or more backends
 * @param options run-time objects the configuration refers to by name, and switches
 * @throws {ConfigError} listing everything that is wrong; nothing is started then
 *
 * @example
 * app.use('/api', createGateway({
 *   host: ['http://localhost:3001'],
 *   endpoints: [{
 *     endpoint: '/profile/{id}',
 *     backend: [{ url_pattern: '/users/{id}' }, { url_pattern: '/orders?user={id}', group: 'orders' }],
 *   }],
 * }));
 */
export function createGateway<
  A extends AxiosLike = OwnAxios,
  const C extends readonly Component[] = readonly [],
  const T = GatewayConfig,
>(config: GatewayConfig<ExtraOf<C>> | (T & Imported<T>), options: GatewayOptions<A, C> = {}): Gateway<A, ExtraOf<C>> {
  const resolved = resolveOptions(options, (sound) => faultsOf(config, sound));
  const axios = (resolved.axios ?? createAxios()) as A;
  const origins = createOrigins(resolved.logger);
  const lifecycle = createLifecycle(config, resolved, ({ client }) =>
    createWire({ axios, client, origins, via: resolved.via }),
  );

  return Object.assign(createRouter<A>(lifecycle.handle), controlsOf(lifecycle), { axios });
}

type Controls = Pick<Gateway, 'reload' | 'ready' | 'close' | 'cache' | 'stats'>;

/** What a gateway offers beside serving requests, the one for tests too. */
export function controlsOf({ reload, ready, close, kept }: Lifecycle): Controls {
  return {
    reload,
    ready,
    close,
    cache: createCacheControl(() => CACHES.of(kept())),
    stats: () => STATS.of(kept())[0]?.snapshot(),
  };
}

/** The part of an Express Router that its type declarations leave out, the same in Express 4 and 5. */
interface RouterInternals {
  readonly stack: readonly unknown[];
  handle(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}

/** A real Express Router whose layers are skipped as long as there are none. */
function createRouter<A extends AxiosLike>(handle: Handle): Pick<Gateway<A>, 'use'> & Handle {
  // Express' types of a router say nothing of its stack, and those of a handler differ from one major version to the next.
  const router: RouterInternals & Pick<Gateway<A>, 'use'> & Handle = Router() as never;
  const runLayers = router.handle;
  router.handle = function handleRequest(request, response, next) {
    shareHiddenClass(request, response);
    if (router.stack.length === 0) handle(request, response, next);
    else runLayers.call(router, request, response, (error) => (error ? next(error) : handle(request, response, next)));
  };
  return router;
}
