import { createCallLimit } from './backend/call-limit.js';
import { type BackendClient, createAttempt } from './backend/client.js';
import { createConcurrentCalls } from './backend/concurrent.js';
import { createExchange } from './backend/exchange.js';
import { createRequestBuilder } from './backend/request.js';
import { createRetry } from './backend/retry.js';
import { createTimeout } from './backend/timeout.js';
import type { CommonScope, Component } from './components/component.js';
import { inTableOrder } from './components/resolve.js';
import type { BackendConfig, EndpointConfig, ResolvedComponent } from './config/resolved.js';
import type { Encoding } from './encoding/encoding.js';
import { combineTexts } from './encoding/json-text.js';
import type { Combiner } from './endpoint/combiner.js';
import { createMerge } from './endpoint/merge.js';
import { createHeaderMerge } from './endpoint/output-headers.js';
import { createParallel } from './endpoint/parallel.js';
import { createSequential } from './endpoint/sequential.js';
import { createShadow } from './endpoint/shadow.js';
import { createStatic } from './endpoint/static.js';
import { createFlatmap } from './manipulation/flatmap.js';
import type { Notifier } from './observe/notifier.js';
import { type Admit, type BackendRequest, compose, type Middleware, type Proxy } from './proxy.js';
import type { BalancerFactory } from './sd/balancer.js';
import { withEjection } from './sd/ejection.js';
import type { Subscriber } from './sd/subscriber.js';
import { createReading, createTextReading, passesText, staysText } from './shortcuts/json-passthrough.js';
import { readBody } from './transport/body.js';
import type { Transport, TransportMiddleware } from './transport/transport.js';

/** A merge has to leave time for filters and writing; concurrent calls have to leave time for the merge. */
const MERGE_SHARE = 0.85;
const CONCURRENT_SHARE = 0.75;

/** What the pipelines of one plan are built from. */
export interface Ingredients extends Omit<CommonScope, 'onReady' | 'onClose'> {
  readonly encodings: ReadonlyMap<string, Encoding>;
  readonly combiners: ReadonlyMap<string, Combiner>;
  readonly balancers: ReadonlyMap<string, BalancerFactory>;
  readonly components: readonly Component[];
  /** What stands at service level. */
  readonly services?: readonly ResolvedComponent[];
  /** The subscriber of a backend's hosts; closed by the code that made it. */
  subscribe(backend: BackendConfig): Subscriber;
  /** `onClose` for the place `at` of the configuration. */
  onCloseAt(at: string): CommonScope['onClose'];
  /** `onReady` for the place `at` of the configuration. */
  onReadyAt(at: string): CommonScope['onReady'];
  /** The wire to a backend. */
  connect(backend: BackendConfig, stream: boolean): Transport;
  /** Tells observers what happens; not there when there are none. */
  readonly observation?: Notifier | undefined;
  /** True where only the gateway looks at the signals of an endpoint's requests. Default: false. */
  readonly hasInternalSignal?: boolean;
  /** A layer around each backend, outside of everything else: how the test gateway listens. */
  readonly tap?: ((backend: BackendConfig, endpoint: EndpointConfig) => Middleware) | undefined;
}

/** The guards that let requests into an endpoint, in the order in which they are asked. */
export function createAdmits(endpoint: EndpointConfig, ingredients: Ingredients): Admit[] {
  return inTableOrder(endpoint.components, ingredients.components).flatMap(({ component, config }) => {
    const serviceOptions = ingredients.services?.find((service) => service.component === component)?.config;
    const scope = { ...commonScope(ingredients, endpoint.at, component), endpoint, serviceOptions };
    return component.admit?.(config, scope) ?? [];
  });
}

/** Everything around an endpoint, outermost first. */
export function createEndpointProxy(endpoint: EndpointConfig, ingredients: Ingredients): Proxy {
  const hooks = inTableOrder(endpoint.components, ingredients.components).flatMap(
    ({ component, config }) =>
      component.endpoint?.(config, { ...commonScope(ingredients, endpoint.at, component), endpoint }) ?? [],
  );
  const { observation } = ingredients;
  if (observation) hooks.unshift(observation.endpointLayer);
  return compose<Proxy>(
    [...hooks, ...shadowLayer(endpoint, ingredients), ...staticLayer(endpoint), ...flatmapLayer(endpoint)],
    createMerger(endpoint, ingredients),
  );
}

function shadowLayer(endpoint: EndpointConfig, ingredients: Ingredients): Middleware[] {
  const backends = endpoint.backend.filter((backend) => backend.proxy.shadow);
  return backends.map((backend) => {
    const shadow = createShadow({
      clients: [createBackendClient(endpoint, backend, ingredients, false)],
      timeout: backend.proxy.shadow_timeout ?? endpoint.timeout,
      logger: ingredients.logger,
    });
    ingredients.onCloseAt(backend.at)(shadow.close);
    return shadow.middleware;
  });
}

function staticLayer({ proxy }: EndpointConfig): Middleware[] {
  return proxy.static ? [createStatic(proxy.static)] : [];
}

/** With one backend as well: KrakenD's silence there surprises people. */
function flatmapLayer({ proxy }: EndpointConfig): Middleware[] {
  if (!proxy.flatmap_filter) return [];
  const flatmap = createFlatmap(proxy.flatmap_filter);
  return [
    function flatmapMerged(next) {
      return function callAndFlatmap(request) {
        return next(request).then((response) =>
          response.errors ? response : { ...response, data: flatmap(response.data) },
        );
      };
    },
  ];
}

function isRegular(backend: BackendConfig): boolean {
  return !backend.proxy.shadow;
}

/** One backend needs no merging and has the whole timeout; several share the merge's part of it. */
function createMerger(endpoint: EndpointConfig, ingredients: Ingredients): Proxy {
  const backends = endpoint.backend.filter(isRegular);
  const isText = passesText(endpoint, ingredients);
  const clients = backends.map((backend) => createBackendClient(endpoint, backend, ingredients, isText));
  const share = Math.floor(endpoint.timeout * MERGE_SHARE);
  const [first] = clients;
  // What static data replaces has to fail while there is still time to answer.
  if (clients.length === 1 && first) {
    return endpoint.proxy.static ? createTimeout(first.name, share)(first.send) : first.send;
  }

  const name = `${endpoint.method} ${endpoint.endpoint}`;
  const combine = ingredients.combiners.get(endpoint.proxy.combiner) as Combiner;
  const options = {
    name,
    clients,
    timeout: share,
    hasInternalSignal: ingredients.hasInternalSignal ?? false,
    merge: createMerge(
      name,
      isText ? combineTexts(combine) : combine,
      createHeaderMerge(backends.map((backend) => backend.output_headers)),
    ),
  };
  if (!endpoint.proxy.sequential) return createParallel(options);
  const placeholders = new Set([
    ...(endpoint.proxy.sequential_propagated_params ?? []),
    ...backends.flatMap((backend) => backend.url_pattern.params.filter((param) => /^resp\d+(_|$)/.test(param))),
  ]);
  return createSequential({ ...options, placeholders: [...placeholders] });
}

/** Everything around one backend, outermost first. */
function createBackendClient(
  endpoint: EndpointConfig,
  backend: BackendConfig,
  ingredients: Ingredients,
  isText: boolean,
): BackendClient {
  const { encodings, balancers, components, observation } = ingredients;
  const { name, required, concurrent_calls: copies } = backend;
  const hooks = inTableOrder(backend.components, components).map(({ component, config }) => {
    return { component, config, scope: { ...commonScope(ingredients, backend.at, component), endpoint, backend } };
  });
  const encoding = encodings.get(backend.encoding) as Encoding;
  const isPassedOn = encodings.get(endpoint.output_encoding)?.passthrough === true;
  const stream = encoding.passthrough === true && isPassedOn;

  const limit = createCallLimit(name, backend.max_pending);
  const transportLayers: TransportMiddleware[] = hooks.flatMap(({ component, config, scope }) => {
    const layer = component.transport?.(config, scope);
    if (layer === undefined) return [];
    return component.sharesCalls ? [layer, limit] : [layer];
  });
  const isLimitedInside = hooks.some(({ component }) => component.sharesCalls);
  const exchange = createExchange({
    backend,
    transport: compose(transportLayers, ingredients.connect(backend, stream)),
    ...(isText && staysText(backend, ingredients)
      ? createTextReading(encoding, backend)
      : createReading(encoding, backend)),
    readBody: (body, held) => readBody(body, backend.max_response_body, name, undefined, held),
  });

  const layers: Middleware<BackendRequest>[] = hooks.flatMap(
    ({ component, config, scope }) => component.backend?.(config, scope) ?? [],
  );
  const place = {
    endpoint: endpoint.endpoint,
    method: endpoint.method,
    backend: name,
    backendMethod: backend.method,
    pattern: backend.url_pattern.text,
    isShadow: backend.proxy.shadow,
  };
  const sentAlong = observation?.headersLayer(place);
  const subscriber = ingredients.subscribe(backend);
  const named = balancers.get(backend.balancer) as BalancerFactory;
  const balancer = (backend.ejection ? withEjection(named, backend.ejection) : named)(subscriber);
  const attempt = createAttempt({
    name,
    subscriber,
    balancer,
    buildRequest: createRequestBuilder(backend, stream),
    exchange: compose([...(sentAlong ? [sentAlong] : []), ...(isLimitedInside ? [] : [limit]), ...layers], exchange),
  });

  const outer: Middleware[] = hooks.flatMap(({ component, config, scope }) => component.client?.(config, scope) ?? []);
  if (observation) outer.unshift(observation.backendLayer(place));
  if (ingredients.tap) outer.unshift(ingredients.tap(backend, endpoint));
  if (backend.timeout < endpoint.timeout) outer.push(createTimeout(name, backend.timeout));
  if (copies > 1) outer.push(createConcurrentCalls(name, copies, Math.floor(endpoint.timeout * CONCURRENT_SHARE)));
  return { name, required, send: compose(outer, backend.retry ? createRetry(backend.retry, attempt) : attempt) };
}

function commonScope(ingredients: Ingredients, at: string, { namespace }: Component): CommonScope {
  const { logger, functions, stores, keep, clients, debug, onCloseAt, onReadyAt } = ingredients;
  const onClose = onCloseAt(`${at}.extra_config["${namespace}"]`);
  return { logger, functions, stores, keep, clients, debug, onClose, onReady: onReadyAt(at) };
}
