import { randomBytes } from 'node:crypto';
import type { Component, Functions, GatewayFunction } from './components/component.js';
import { guardComponent, guardTransport } from './components/guard.js';
import { builtInComponents } from './components/index.js';
import type { Encoding } from './encoding/encoding.js';
import { createEncodings } from './encoding/index.js';
import { type Combiner, combiners } from './endpoint/combiner.js';
import { ConfigError, type ConfigIssue } from './errors.js';
import { guardLogger, type Logger, silentLogger } from './logger.js';
import type { Observe, Observer } from './observe.js';
import type { Ingredients } from './pipeline.js';
import { type BalancerFactory, balancers } from './sd/balancer.js';
import { createSubscribers } from './sd/index.js';
import type { SubscriberFactory } from './sd/subscriber.js';
import type { AxiosLike } from './transport/axios.js';
import type { Transport } from './transport/transport.js';

/** Run-time objects and switches of a gateway. The configuration stays JSON and names what stands here. */
export interface GatewayOptions<A extends AxiosLike = AxiosLike> {
  /**
   * Your own axios instance (or anything with its `request`), used for every backend as it is. Default: an instance of
   * the gateway's own over pooled sockets, reachable as `gateway.axios`.
   */
  readonly axios?: A;
  /** Replaces the wire altogether: called once per backend exchange. Default: axios. */
  readonly transport?: Transport;
  /** Formats beside the built-in ones; one with a built-in's name replaces it. */
  readonly encodings?: readonly Encoding[];
  /** Combiners by the name that `extra_config.proxy.combiner` uses. */
  readonly combiners?: Readonly<Record<string, Combiner>>;
  /** Service discovery by the name that a backend's `sd` uses. */
  readonly subscribers?: Readonly<Record<string, SubscriberFactory>>;
  /** Load balancers by the name that a backend's `balancer` uses. */
  readonly balancers?: Readonly<Record<string, BalancerFactory>>;
  /** Features of your own for `extra_config`, inside the built-in ones. */
  readonly components?: readonly Component[];
  /** Functions by the name that `modifier/js` uses. */
  readonly functions?: Readonly<Record<string, GatewayFunction>>;
  /** What gateways of several processes share, by the name that a component's `store` uses. */
  readonly stores?: Readonly<Record<string, object>>;
  /**
   * Clients of brokers and clouds, by the name that a backend's `client` uses, in place of one the gateway makes itself.
   * Whoever made a client closes it.
   */
  readonly clients?: Readonly<Record<string, unknown>>;
  /** Hears of failures and partial answers. Default: silent. */
  readonly logger?: Logger;
  /** Told of every request and every call of a backend when it is over, or from its beginning. Default: nobody. */
  readonly observe?: Observe | Observer | readonly (Observe | Observer)[];
  /** Mounts `/__debug/`. Default false. */
  readonly debug?: boolean;
  /** False answers unmatched requests with 404 and 405 instead of calling `next()`. Default true. */
  readonly fallthrough?: boolean;
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed. Default: none, or Express' `trust proxy`. */
  readonly trustedProxies?: readonly string[];
  /** `krakend`: every failure is 500. `http`: 502, 503 and 504 say what happened. Default `krakend`. */
  readonly statuses?: 'krakend' | 'http';
  /** Body of failed answers: `empty`, or `json` with code and message. Default `empty`. */
  readonly errors?: 'empty' | 'json';
  /** Name of the completeness header. Default `X-Krakend-Completed`. */
  readonly completedHeader?: string;
  /**
   * What the gateway calls itself in the `Via` header of its requests to backends, and by which it recognises a request that
   * comes back to it, which it answers with 508. Give all processes of one deployment the same name. False sends no `Via` and
   * recognises nothing. Default: `tributary-` and eight random digits, another name for each gateway.
   */
  readonly via?: string | false;
}

/** The options with every default filled in and every registry built. */
export interface ResolvedOptions {
  readonly axios: AxiosLike | undefined;
  readonly transport: Transport | undefined;
  readonly encodings: ReadonlyMap<string, Encoding>;
  readonly combiners: ReadonlyMap<string, Combiner>;
  readonly subscribers: ReadonlyMap<string, SubscriberFactory>;
  readonly balancers: ReadonlyMap<string, BalancerFactory>;
  readonly components: readonly Component[];
  readonly functions: Functions;
  readonly stores: ReadonlyMap<string, object>;
  readonly clients: ReadonlyMap<string, unknown>;
  readonly logger: Logger;
  readonly observers: readonly Observer[];
  readonly debug: boolean;
  readonly fallthrough: boolean;
  readonly trustedProxies: readonly string[] | undefined;
  readonly statuses: 'krakend' | 'http';
  readonly errors: 'empty' | 'json';
  readonly completedHeader: string;
  /** Undefined: none. */
  readonly via: string | undefined;
  /** Not a user's option: the test gateway listens here. */
  readonly tap?: Ingredients['tap'];
}

const KNOWN = new Set<keyof GatewayOptions>([
  'axios',
  'transport',
  'encodings',
  'combiners',
  'subscribers',
  'balancers',
  'components',
  'functions',
  'stores',
  'clients',
  'logger',
  'observe',
  'debug',
  'fallthrough',
  'trustedProxies',
  'statuses',
  'errors',
  'completedHeader',
  'via',
]);

/** A token of HTTP. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Checks the options and fills in the defaults; throws a `ConfigError` that lists every fault. */
export function resolveOptions(given: GatewayOptions): ResolvedOptions {
  // Nothing is taken from a polluted Object.prototype.
  const options: GatewayOptions = Object.assign(Object.create(null), given);
  const issues: ConfigIssue[] = [];
  function check(isFine: boolean, name: keyof GatewayOptions, message: string): void {
    if (!isFine) issues.push({ path: `options.${name}`, message });
  }
  const { axios, transport, logger, completedHeader = 'X-Krakend-Completed' } = options;
  const { statuses = 'krakend', errors = 'empty', via } = options;

  for (const name of Object.keys(options)) {
    check(KNOWN.has(name as keyof GatewayOptions), name as keyof GatewayOptions, 'is not an option of createGateway');
  }
  check(axios === undefined || typeof axios?.request === 'function', 'axios', 'must be an axios instance');
  check(transport === undefined || typeof transport === 'function', 'transport', 'must be a function');
  check(
    logger === undefined ||
      ['debug', 'info', 'warn', 'error'].every((level) => typeof logger?.[level as keyof Logger] === 'function'),
    'logger',
    'must have the functions debug, info, warn and error',
  );
  const observers = [options.observe ?? []].flat() as readonly (Observe | Observer)[];
  check(observers.every(isObserver), 'observe', 'must be a function, an observer, or a list of them');
  check(
    via === undefined || via === false || (typeof via === 'string' && TOKEN.test(via)),
    'via',
    'must be a name without spaces and separators, or false',
  );
  check(TOKEN.test(completedHeader), 'completedHeader', `"${completedHeader}" is not a header name`);
  check(statuses === 'krakend' || statuses === 'http', 'statuses', 'must be "krakend" or "http"');
  check(errors === 'empty' || errors === 'json', 'errors', 'must be "empty" or "json"');
  check(isListOf(options.trustedProxies, isText), 'trustedProxies', 'must be a list of addresses and CIDR ranges');
  check(isListOf(options.encodings, isObject), 'encodings', 'must be a list of encodings');
  check(
    isListOf(options.components, isComponent),
    'components',
    'must be a list of components, as defineComponent gives them back',
  );
  for (const name of ['debug', 'fallthrough'] as const) {
    check(options[name] === undefined || typeof options[name] === 'boolean', name, 'must be true or false');
  }
  for (const name of ['combiners', 'subscribers', 'balancers', 'functions'] as const) {
    for (const [key, value] of Object.entries(options[name] ?? {})) {
      check(typeof value === 'function', name, `"${key}" must be a function`);
    }
  }
  if (issues.length > 0) throw new ConfigError(issues);

  return {
    axios,
    transport: transport && guardTransport('options.transport', transport),
    encodings: createEncodings(options.encodings ?? []),
    combiners: new Map([...combiners, ...Object.entries(options.combiners ?? {})]),
    subscribers: new Map([...createSubscribers(), ...Object.entries(options.subscribers ?? {})]),
    balancers: new Map([...balancers, ...Object.entries(options.balancers ?? {})]),
    components: [...builtInComponents, ...(options.components ?? []).map(guardComponent)],
    functions: new Map(Object.entries(options.functions ?? {})),
    stores: new Map(Object.entries(options.stores ?? {})),
    clients: new Map(Object.entries(options.clients ?? {})),
    logger: logger ? guardLogger(logger) : silentLogger,
    observers: observers.map((each) => (typeof each === 'function' ? { ended: each } : each)),
    debug: options.debug ?? false,
    fallthrough: options.fallthrough ?? true,
    trustedProxies: options.trustedProxies,
    statuses,
    errors,
    completedHeader,
    via: via === false ? undefined : (via ?? `tributary-${randomBytes(4).toString('hex')}`),
  };
}

function isListOf(list: unknown, isItem: (item: unknown) => boolean): boolean {
  return list === undefined || (Array.isArray(list) && list.every(isItem));
}

function isObserver(value: unknown): boolean {
  if (typeof value === 'function') return true;
  const { ended, started } = (isObject(value) ? value : {}) as Observer;
  return [ended, started].some((hook) => typeof hook === 'function');
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isComponent(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { namespace, schema } = value as Partial<Component>;
  return typeof namespace === 'string' && typeof schema?.safeParse === 'function';
}
