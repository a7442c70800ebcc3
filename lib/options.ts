import { randomBytes } from 'node:crypto';
import { type Component, type Functions, type GatewayFunction, HOOKS } from './components/component.js';
import { guardComponent, guardTransport } from './components/guard.js';
import { builtInComponents } from './components/index.js';
import { HEADER_NAME } from './config/fields.js';
import {
  hasFunctions,
  isBoolean,
  isFunction,
  isObject,
  isRecord,
  listOf,
  must,
  recordOf,
  type ValueCheck,
  withStandIns,
} from './config/option-values.js';
import type { Encoding } from './encoding/encoding.js';
import { createEncodings, faultsOfEncodings } from './encoding/index.js';
import { type Combiner, combiners } from './endpoint/combiner.js';
import { ConfigError, type ConfigIssue } from './errors.js';
import { guardLogger, type Logger, silentLogger } from './logger.js';
import type { Observe, Observer } from './observe/observer.js';
import type { Ingredients } from './pipeline.js';
import { faultsOfProxies } from './request/client-ip.js';
import { type BalancerFactory, balancers } from './sd/balancer.js';
import { createSubscribers } from './sd/index.js';
import type { SubscriberFactory } from './sd/subscriber.js';
import type { AxiosLike } from './transport/axios.js';
import type { Transport } from './transport/transport.js';

/** Run-time objects and switches of a gateway. The configuration stays JSON and names what is given here. */
export interface GatewayOptions<
  A extends AxiosLike = AxiosLike,
  C extends readonly Component[] = readonly Component[],
> {
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
  readonly components?: C;
  /**
   * Functions by the names that `modifier/js`, `backend/function` and others use. One that is written here may read what any
   * of these places gives it: a request, or an answer and then its request. Annotate it (`RequestFunction`,
   * `ResponseFunction`, `WhenFunction`, `BackendFunction`) for what its own place gives.
   */
  readonly functions?: Readonly<Record<string, GatewayFunction>>;
  /** What gateways of several processes share, by the name that a component's `store` uses. */
  readonly stores?: Readonly<Record<string, object>>;
  /**
   * Clients of brokers and clouds, by the name that a backend's `client` uses, in place of one the gateway makes itself.
   * The code that made a client closes it.
   */
  readonly clients?: Readonly<Record<string, unknown>>;
  /** Gets failures and partial answers. Default: silent. */
  readonly logger?: Logger;
  /** Called for every request and every call of a backend when it is over, or from its beginning. Default: none. */
  readonly observe?: Observe | Observer | readonly (Observe | Observer)[];
  /** Mounts `/__debug/`. Default false. */
  readonly debug?: boolean;
  /** False answers unmatched requests with 404 and 405 instead of calling `next()`. Default true. */
  readonly fallthrough?: boolean;
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed. Default: none, or Express' `trust proxy`. */
  readonly trustedProxies?: readonly string[];
  /** `krakend`: every failure is 500. `http`: 502, 503 and 504 say what happened. Default `krakend`. */
  readonly statuses?: 'krakend' | 'http';
  /** Body of failed answers: `empty`, or `json` with the code and a sentence for clients. Default `empty`. */
  readonly errors?: 'empty' | 'json';
  /** Name of the completeness header. Default `X-Krakend-Completed`. */
  readonly completedHeader?: string;
  /**
   * What the gateway calls itself in the `Via` header of its requests to backends, and by which it recognises a request that
   * comes back to it, which it answers with 508. Give all processes of one deployment the same name. False sends no `Via` and
   * recognises nothing. Default: `tributary-` and eight random hexadecimal digits, another
   * name for each gateway.
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

const functions = recordOf(isFunction, 'a function');

/** Every option of `createGateway`, and what it has to be where it is given. */
const CHECKS: { readonly [K in keyof Required<GatewayOptions>]: ValueCheck } = {
  axios: must(isAxios, 'be an axios instance'),
  transport: must(isFunction, 'be a function'),
  encodings: eachIn('a list of encodings', faultsOfEncodings),
  combiners: functions,
  subscribers: functions,
  balancers: functions,
  components: must(listOf(isComponent), 'be a list of components, as defineComponent gives them back'),
  functions,
  stores: recordOf(isObject, 'a store'),
  clients: recordOf(isObject, 'a client'),
  logger: must(isLogger, 'have the functions debug, info, warn and error'),
  observe: must((value) => [value].flat().every(isObserver), 'be a function, an observer, or a list of them'),
  debug: must(isBoolean, 'be true or false'),
  fallthrough: must(isBoolean, 'be true or false'),
  trustedProxies: eachIn('a list of addresses and CIDR ranges', faultsOfProxies),
  statuses: must((value) => value === 'krakend' || value === 'http', 'be "krakend" or "http"'),
  errors: must((value) => value === 'empty' || value === 'json', 'be "empty" or "json"'),
  completedHeader: must(isFreeHeader, 'be the name of a header that HTTP has no use for itself'),
  via: must((value) => value === false || isToken(value), 'be a name without spaces and separators, or false'),
};

/**
 * Checks the options and fills in the defaults.
 *
 * @param otherFaults what else is wrong; asked when an option is, so that everything is listed at once
 * @throws {ConfigError} that lists every fault
 */
export function resolveOptions(
  given: GatewayOptions,
  otherFaults: (sound: ResolvedOptions) => readonly ConfigIssue[] = () => [],
): ResolvedOptions {
  const issues = [...must(isRecord, 'be an object')(given, 'options')];
  // Nothing is taken from a polluted Object.prototype.
  const options: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(isRecord(given) ? given : {})) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof GatewayOptions] : isUnknown;
    const faults = value === undefined ? [] : check(value, `options.${name}`);
    options[name] = faults.length === 0 ? value : soundPart(value, check);
    issues.push(...faults);
  }
  const resolved = fillIn(options);
  if (issues.length > 0) throw new ConfigError([...issues, ...otherFaults(resolved)]);
  return resolved;
}

const isUnknown: ValueCheck = (_value, path) => [{ path, message: 'is not an option of createGateway' }];

function eachIn(
  what: string,
  faultsOf: (list: readonly unknown[], path: string) => readonly ConfigIssue[],
): ValueCheck {
  const checkList = must(Array.isArray, `be ${what}`);
  return (value, path) => (Array.isArray(value) ? faultsOf(value, path) : checkList(value, path));
}

/** What can be used of a faulty option: other faults are looked for with it, and it names what a configuration may name. */
function soundPart(value: unknown, check: ValueCheck): unknown {
  if (Array.isArray(value)) return value.filter((item) => check([item], '').length === 0);
  return isRecord(value) && check({}, '').length === 0 ? withStandIns(value, check) : undefined;
}

/** The options are sound. */
function fillIn(options: GatewayOptions): ResolvedOptions {
  const { axios, transport, logger, statuses = 'krakend', errors = 'empty' } = options;
  const { completedHeader = 'X-Krakend-Completed', via } = options;
  const observers = [options.observe ?? []].flat() as readonly (Observe | Observer)[];
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

function isAxios(value: unknown): boolean {
  return hasFunctions(value, ['request']);
}

function isLogger(value: unknown): boolean {
  return hasFunctions(value, ['debug', 'info', 'warn', 'error']);
}

function isObserver(value: unknown): boolean {
  if (isFunction(value)) return true;
  const hooks = hooksOf(value, ['started', 'ended', 'strayed']);
  return hooks.length > 0 && hooks.every(isFunction);
}

function isComponent(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { namespace, schema, aliases = [] } = value as Partial<Component>;
  const isNamed = typeof namespace === 'string' && listOf((alias) => typeof alias === 'string')(aliases);
  const hooks = hooksOf(value, ['addsParams', 'check', 'advise', 'checkAt', ...Object.values(HOOKS).flat()]);
  return isNamed && hasFunctions(schema, ['safeParse']) && hooks.every(isFunction);
}

/** What is given of the hooks, callable or not. */
function hooksOf(value: unknown, names: readonly string[]): unknown[] {
  return isObject(value) ? names.flatMap((name) => (value as Record<string, unknown>)[name] ?? []) : [];
}

/** Another value in one of these would break the answer. */
const OF_HTTP: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'keep-alive',
  'set-cookie',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function isToken(value: unknown): value is string {
  return typeof value === 'string' && HEADER_NAME.test(value);
}

function isFreeHeader(value: unknown): boolean {
  return isToken(value) && !OF_HTTP.has(value.toLowerCase());
}
