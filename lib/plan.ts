import type { ServiceScope } from './components/component.js';
import { createResolver, inTableOrder } from './components/resolve.js';
import { createNotices } from './config/notices.js';
import { parseConfig } from './config/parse.js';
import type { BackendConfig, Config, EndpointConfig } from './config/resolved.js';
import { createBufferBudget } from './core/buffer-budget.js';
import { type Closing, createClosing } from './core/closing.js';
import { createReadiness, type Readiness, type ReadyOptions } from './core/readiness.js';
import { createKeep, type Kept } from './core/reload-state.js';
import { USER_AGENT } from './core/version.js';
import { BackendError, ConfigError, type ConfigIssue, EndpointError } from './errors.js';
import { createNotifier } from './observe/notifier.js';
import type { Observer } from './observe/observer.js';
import type { ResolvedOptions } from './options.js';
import { createAdmits, createEndpointProxy, type Ingredients } from './pipeline.js';
import type { Admit } from './proxy.js';
import { createBodyReader } from './request/body.js';
import { createClientIp } from './request/client-ip.js';
import { createRequestReader } from './request/request.js';
import { createResponseWriter } from './response/response.js';
import { admitInTurn } from './router/admit.js';
import { createBuiltInRoutes, toShapes } from './router/built-in.js';
import { createCanonicalPath } from './router/canonical.js';
import { createEndpointHandler, type EndpointHandler } from './router/handler.js';
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

type Refusal = Parameters<ServiceScope['refuseWhen']>[0];

function buildPlan(
  config: Config,
  options: ResolvedOptions,
  wire: Wire,
  closing: Closing,
  earlier: Kept | undefined,
): Plan {
  const { keep, kept, release } = createKeep(earlier);
  const inFlight = createInFlight(config.max_in_flight_requests);
  // The requests of an earlier configuration still hold what they hold.
  const budget = keep('buffer budget', createBufferBudget);
  const readiness = createReadiness(options.logger);
  closing.at('gateway.ready()')(readiness.close);
  for (const [name, store] of options.stores) {
    if (canPing(store)) readiness.at(`options.stores.${name}`)(() => store.ping());
  }
  const ingredients: Ingredients = {
    ...options,
    keep,
    services: config.components,
    subscribe: createSubscribe(config, options, closing, readiness),
    connect(backend, stream) {
      return options.transport ?? connect(wire, backend, stream);
    },
    onCloseAt: closing.at,
    onReadyAt: readiness.at,
  };
  const clientIp = createClientIp({ ...config.router, ...options });

  const observers = [...options.observers];
  function observe(observer: Observer): void {
    observers.push(observer);
  }
  const refusals: Refusal[] = [];
  function refuseWhen(refusal: Refusal): void {
    refusals.push(refusal);
  }
  const services = inTableOrder(config.components, options.components).flatMap(({ component, config: settings }) => {
    const at = `extra_config["${component.namespace}"]`;
    const [onClose, onReady] = [closing.at(at), readiness.at(at)];
    return component.service?.(settings, { ...options, keep, onClose, onReady, clientIp, observe, refuseWhen }) ?? [];
  });
  const observation = createNotifier(observers, options.logger);
  if (observation) wire.onStray?.(observation.strayed);
  const refusal = firstOf(refusals);

  function createAdmit(endpoint: EndpointConfig): Admit | undefined {
    const admit = admitInTurn(createAdmits(endpoint, ingredients));
    return admit && observation ? observation.admitLayer(admit) : admit;
  }

  function createHandler(endpoint: EndpointConfig): EndpointHandler {
    const name = `${endpoint.method} ${endpoint.endpoint}`;
    const encoding = options.encodings.get(endpoint.output_encoding);
    const isInternal = hasInternalSignal(endpoint, options);
    const handler = createEndpointHandler({
      name,
      timeout: endpoint.timeout,
      hasInternalSignal: isInternal,
      inFlight,
      budget,
      refusal,
      logger: options.logger,
      readRequest: createRequestReader({ ...endpoint, userAgent: USER_AGENT, via: options.via, clientIp }),
      admit: createAdmit(endpoint),
      readBody: createBodyReader({
        limit: endpoint.max_request_body,
        passedLimit: endpoint.max_passed_request_body,
        mode: bodyMode(endpoint, options),
      }),
      proxy: createEndpointProxy(endpoint, { ...ingredients, observation, hasInternalSignal: isInternal }),
      writer: createResponseWriter({
        ...options,
        ...endpoint,
        encode: encoding?.encode,
        keepsStatus: keepsStatus(endpoint),
        returnErrorMsg: config.router.return_error_msg,
        onFailure: observation?.failed,
      }),
    });
    const { endpoint: path, method } = endpoint;
    return observation ? observeHandler(observation, { endpoint: path, method }, handler) : handler;
  }

  const builtIns = createBuiltInRoutes({
    router: config.router,
    debug: options.debug || config.debug_endpoint,
    echo: config.echo_endpoint,
    logger: options.logger,
  });
  const routes = createRouter({
    builtIns,
    matcher: createMatcher(
      config.endpoints.map((endpoint) => ({
        segments: endpoint.segments,
        method: endpoint.method,
        value: createHandler(endpoint),
      })),
    ),
    services,
    fallthrough: options.fallthrough,
    autoOptions: config.router.auto_options,
    removeExtraSlash: config.router.remove_extra_slash,
    answerUnmatched: createUnmatchedAnswer({
      router: config.router,
      completedHeader: options.completedHeader,
      canonicalPath: createCanonicalPath([...config.endpoints, ...toShapes(builtIns)]),
    }),
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

function firstOf(refusals: readonly Refusal[]): Refusal | undefined {
  if (refusals.length < 2) return refusals[0];
  return function refuse() {
    for (const refusal of refusals) {
      const refused = refusal();
      if (refused) return refused;
    }
    return undefined;
  };
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
    disableCompression: false,
    tls: backend.http_client.client_tls,
  });
}
