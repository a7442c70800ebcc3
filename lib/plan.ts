import type { ServiceScope } from './components/component.js';
import { componentsAt, createResolver } from './components/resolve.js';
import { createNotices } from './config/notices.js';
import { parseConfig } from './config/parse.js';
import type { BackendConfig, Config, EndpointConfig } from './config/resolved.js';
import { createBufferBudget } from './core/buffer-budget.js';
import { type Closing, createClosing } from './core/closing.js';
import { createReadiness, type Readiness, type ReadyOptions } from './core/readiness.js';
import { createKeep, type Keep, type Kept } from './core/reload-state.js';
import { USER_AGENT } from './core/version.js';
import { BackendError, ConfigError, type ConfigIssue, EndpointError } from './errors.js';
import { createNotifier } from './observe/notifier.js';
import type { Observer } from './observe/observer.js';
import type { ResolvedOptions } from './options.js';
import { createAdmits, createEndpointProxy, createPolicies, type Ingredients, type OwnedPolicy } from './pipeline.js';
import type { Policy, RequestHandler } from './proxy.js';
import { createBodyReader } from './request/body.js';
import { type ClientIp, createClientIp } from './request/client-ip.js';
import { createRequestReader } from './request/request.js';
import { createResponseWriter } from './response/response.js';
import { admitInTurn, type Refusal, refuseInTurn } from './router/admit.js';
import { createBuiltInRoutes, toShapes } from './router/built-in.js';
import { createCanonicalPath } from './router/canonical.js';
import { createEndpointHandler, type EndpointHandler, type HandlerOptions } from './router/handler.js';
import { createInFlight } from './router/in-flight.js';
import { createMatcher } from './router/matcher.js';
import { observeHandler } from './router/observe-handler.js';
import { createRouter, type Routes } from './router/router.js';
import { createUnmatchedAnswer } from './router/unmatched.js';
import type { Subscriber, SubscriberFactory } from './sd/subscriber.js';
import { hasInternalSignal } from './shortcuts/internal-signal.js';
import type { Transport } from './transport/transport.js';
import type { Wire } from './transport/wire.js';

/** Everything built from one configuration. A reload makes a new plan; the old one ends when its last request has left. */
export interface Plan {
  readonly routes: Routes;
  /** What its components want the next plan to go on with. */
  readonly kept: Kept;
  /** Resolves when all that its backends need has been reached. */
  ready(options?: ReadyOptions): Promise<void>;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
  /** Ends the requests under way. */
  abort(): void;
  /** Stops timers and closes sockets. */
  close(): Promise<void>;
  /** Lets `close` wait no longer; the log says for what it did. */
  giveUp(): void;
  /** Forgets what its components keep: the plan that has replaced it has what is still used. */
  release(): void;
}

/** Validates the configuration, then builds all that can be built before the first request. */
export function createPlan(
  input: unknown,
  options: ResolvedOptions,
  openWire: (config: Config) => Wire,
  earlier?: Plan,
): Plan {
  const config = parse(input, options);
  const wire = openWire(config);
  const closing = createClosing(options.logger);
  closing.at('the connections to the backends')(() => wire.close());

  try {
    return buildPlan(config, options, wire, closing, earlier?.kept);
  } catch (error) {
    void closing.close();
    throw error;
  }
}

function buildPlan(
  config: Config,
  options: ResolvedOptions,
  wire: Wire,
  closing: Closing,
  earlier: Kept | undefined,
): Plan {
  const { logger } = options;
  const { keep, kept, release } = createKeep(earlier);
  const inFlight = createInFlight(config.max_in_flight_requests);
  // The requests of an earlier configuration still hold what they hold.
  const budget = keep('buffer budget', createBufferBudget);
  const readiness = createReadiness(logger);
  closing.at('gateway.ready()')(readiness.close);
  for (const [name, store] of options.stores) {
    if (canPing(store)) readiness.at(`options.stores.${name}`)(() => store.ping());
  }

  const clientIp = createClientIp({ ...config.router, ...options });
  const scopeAt = createScopes(config, options, keep, closing, readiness);
  const services = startServices(config, { scopeAt, clientIp });
  const observation = createNotifier([...options.observers, ...services.observers], logger);
  if (observation) wire.onStray?.(observation.strayed);
  const ingredients: Ingredients = {
    ...options,
    observation,
    scopeAt,
    onCloseAt: closing.at,
    subscribe: createSubscribe(config, options, closing, readiness),
    connect: (backend, stream) => options.transport ?? connect(wire, backend, stream),
  };
  const shared = { config, options, ingredients, clientIp, inFlight, budget, refusal: refuseInTurn(services.refusals) };
  const routes = createRoutes(config, options, services, (endpoint) => {
    const policies = createPolicies(endpoint, services.policies, ingredients);
    return { policies, handler: createHandler(endpoint, policies, shared) };
  });

  budget.limit = config.max_buffered_bytes ?? createBufferBudget().limit;
  return {
    routes,
    kept,
    ready: readiness.ready,
    idle: inFlight.empty,
    abort() {
      inFlight.cancelAll(new EndpointError('ERR_CLOSING', 'The gateway is closing'));
    },
    close: closing.close,
    giveUp: closing.giveUp,
    release,
  };
}

/** What components may use, wherever they are configured. */
function createScopes(
  config: Config,
  { logger, functions, stores, clients, debug }: ResolvedOptions,
  keep: Keep,
  closing: Closing,
  readiness: Readiness,
): Ingredients['scopeAt'] {
  return function scopeAt(at, component) {
    const { namespace } = component;
    const serviceOptions = componentsAt(config).find((service) => service.component === component)?.config;
    const own = `${at && `${at}.`}extra_config["${namespace}"]`;
    const [onClose, onReady] = [closing.at(own), readiness.at(at || own)];
    return { logger, functions, stores, keep, clients, debug, serviceOptions, onClose, onReady };
  };
}

/** What the components of the service scope have asked for. */
interface Services {
  readonly handlers: readonly RequestHandler[];
  readonly observers: readonly Observer[];
  readonly refusals: readonly Refusal[];
  readonly policies: readonly OwnedPolicy[];
}

function startServices(
  config: Config,
  { scopeAt, clientIp }: Pick<Ingredients, 'scopeAt'> & Pick<ServiceScope, 'clientIp'>,
): Services {
  const observers: Observer[] = [];
  const refusals: Refusal[] = [];
  function observe(observer: Observer): void {
    observers.push(observer);
  }
  function refuseWhen(refusal: Refusal): void {
    refusals.push(refusal);
  }
  const policies: OwnedPolicy[] = [];
  const handlers = componentsAt(config).flatMap(({ component, rank, config: settings }) => {
    const scope = { ...scopeAt('', component), clientIp, observe, refuseWhen };
    const policy = component.policy?.(settings, scope);
    if (policy) policies.push({ component, rank, policy });
    return component.service?.(settings, scope) ?? [];
  });
  return { handlers, observers, refusals, policies };
}

/** What the handlers of all endpoints have in common. */
interface Shared extends Pick<HandlerOptions, 'inFlight' | 'budget' | 'refusal'> {
  readonly config: Config;
  readonly options: ResolvedOptions;
  readonly ingredients: Ingredients;
  readonly clientIp: ClientIp;
}

function createHandler(endpoint: EndpointConfig, policies: readonly Policy[], shared: Shared): EndpointHandler {
  const { config, options, ingredients, clientIp, inFlight, budget, refusal } = shared;
  const { endpoint: path, method, timeout } = endpoint;
  const { observation } = ingredients;
  const isInternal = hasInternalSignal(endpoint, options);
  const admit = admitInTurn(createAdmits(endpoint, ingredients));
  const handler = createEndpointHandler({
    name: `${method} ${path}`,
    timeout,
    hasInternalSignal: isInternal,
    inFlight,
    budget,
    refusal,
    logger: options.logger,
    readRequest: createRequestReader({ ...endpoint, userAgent: USER_AGENT, via: options.via, clientIp }),
    admit: admit && observation ? observation.admitLayer(admit) : admit,
    readBody: createBodyReader({
      limit: endpoint.max_request_body,
      passedLimit: endpoint.max_passed_request_body,
      mode: bodyMode(endpoint, options),
    }),
    proxy: createEndpointProxy(endpoint, ingredients, isInternal),
    writer: createResponseWriter({
      ...options,
      ...endpoint,
      encode: options.encodings.get(endpoint.output_encoding)?.encode,
      keepsStatus: keepsStatus(endpoint),
      returnErrorMsg: config.router.return_error_msg,
      ownHeaders: new Set(policies.flatMap(({ owns }) => owns)),
      onFailure: observation?.failed,
    }),
  });
  return observation ? observeHandler(observation, { endpoint: path, method }, handler) : handler;
}

function createRoutes(
  { endpoints, router, debug_endpoint, echo_endpoint }: Config,
  { debug, logger, fallthrough, completedHeader }: ResolvedOptions,
  services: Services,
  serve: (endpoint: EndpointConfig) => { readonly handler: EndpointHandler; readonly policies: readonly Policy[] },
): Routes {
  const builtIns = createBuiltInRoutes({ router, debug: debug || debug_endpoint, echo: echo_endpoint, logger });
  const policiesOf = new Map<EndpointHandler, readonly Policy[]>();
  const endpointRoutes = endpoints.map((endpoint) => {
    const { handler, policies } = serve(endpoint);
    policiesOf.set(handler, policies);
    return { segments: endpoint.segments, method: endpoint.method, value: handler };
  });
  return createRouter({
    builtIns,
    matcher: createMatcher(endpointRoutes),
    policies: { shared: services.policies.map(({ policy }) => policy), endpoints: policiesOf },
    services: services.handlers,
    fallthrough,
    autoOptions: router.auto_options,
    removeExtraSlash: router.remove_extra_slash,
    answerUnmatched: createUnmatchedAnswer({
      router,
      completedHeader,
      canonicalPath: createCanonicalPath([...endpoints, ...toShapes(builtIns)]),
    }),
  });
}

function parse(input: unknown, options: ResolvedOptions): Config {
  const { encodings, combiners, subscribers, balancers, components, functions, stores, clients, logger } = options;
  const formats = [...encodings.entries()];
  const notices = createNotices();
  const config = parseConfig(input, {
    decoders: new Set(formats.flatMap(([name, encoding]) => (encoding.decoder ? name : []))),
    encoders: new Set(formats.flatMap(([name, encoding]) => (encoding.encode ? name : []))),
    passthrough: new Set(formats.flatMap(([name, encoding]) => (encoding.passthrough ? name : []))),
    faultOf: (name) => encodings.get(name)?.fault?.(),
    combiners: new Set(combiners.keys()),
    subscribers: new Set(subscribers.keys()),
    balancers: new Set(balancers.keys()),
    hasOwnTransport: options.transport !== undefined,
    resolve: createResolver(components, { functions, stores, clients }, notices.add),
    warn: notices.add,
  });
  notices.tell((at, message) => logger.warn({ at }, message));
  return config;
}

/** What is wrong with a configuration, as `createPlan` would throw it. */
export function faultsOf(input: unknown, options: ResolvedOptions): readonly ConfigIssue[] {
  try {
    parse(input, options);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

/** With `return_error_code` the status of the only backend that answers the client is its own, successes included. */
function keepsStatus({ backend }: EndpointConfig): boolean {
  const [only, ...others] = backend.filter(({ proxy }) => !proxy.shadow);
  return only?.http.return_error_code === true && others.length === 0;
}

/** Only a body that exactly one backend reads, once, can go through as a stream. */
function bodyMode(endpoint: EndpointConfig, { encodings }: ResolvedOptions): 'stream' | 'buffer' {
  const [backend, ...others] = endpoint.backend;
  const isPassedOn = encodings.get(backend?.encoding ?? '')?.passthrough === true;
  return isPassedOn && others.length === 0 && backend?.concurrent_calls === 1 ? 'stream' : 'buffer';
}

function createSubscribe(
  config: Config,
  { subscribers, logger }: ResolvedOptions,
  closing: Closing,
  readiness: Readiness,
): Ingredients['subscribe'] {
  return function subscribe(backend) {
    const factory = subscribers.get(backend.sd) as SubscriberFactory;
    const subscriber = factory({ hosts: backend.host, scheme: backend.sd_scheme, ttl: config.dns_cache_ttl, logger });
    if (subscriber.close) closing.at(`${backend.at}.sd`)(subscriber.close.bind(subscriber));
    if (subscriber.ready) readiness.at(backend.at)(() => findHosts(subscriber, backend));
    return subscriber;
  };
}

/** Stores of this package can; others need not. */
function canPing(store: object): store is { ping(): Promise<unknown> } {
  return 'ping' in store && typeof store.ping === 'function';
}

/** The first look-up settles without saying how it ended. */
async function findHosts(subscriber: Subscriber, { name, sd }: BackendConfig): Promise<void> {
  await subscriber.ready?.();
  if (subscriber.hosts().length > 0) return;
  throw new BackendError('ERR_BACKEND_HOSTS', `${name}: the service discovery "${sd}" has found no host yet`);
}

function connect(wire: Wire, backend: BackendConfig, stream: boolean): Transport {
  return wire.transportFor({
    name: backend.name,
    stream,
    isolateConnections: backend.isolate_connections,
    maxBody: stream ? backend.max_passed_response_body : backend.max_response_body,
    maxHeaderBytes: backend.max_response_headers,
    connectTimeout: backend.connect_timeout,
    redirects: backend.http_client.redirects,
    sendBodyOnRedirect: backend.http_client.send_body_on_redirect,
    tls: backend.http_client.client_tls,
  });
}
