import { createCallLimit } from './backend/call-limit.js';
import { type BackendClient, createAttempt } from './backend/client.js';
import { createConcurrentCalls } from './backend/concurrent.js';
import { createExchange } from './backend/exchange.js';
import { createRequestBuilder } from './backend/request.js';
import { createRetry } from './backend/retry.js';
import { createTimeout } from './backend/timeout.js';
import type { CommonScope, Component } from './components/component.js';
import { componentsAt, type UsedComponent } from './components/resolve.js';
import type { BackendConfig, EndpointConfig, FlatmapOperation } from './config/resolved.js';
import type { Encoding } from './encoding/encoding.js';
import { combineTexts } from './encoding/json-text.js';
import type { Combiner } from './endpoint/combiner.js';
import { createMerge } from './endpoint/merge.js';
import { createHeaderMerge } from './endpoint/output-headers.js';
import { createParallel } from './endpoint/parallel.js';
import { createSequential } from './endpoint/sequential.js';
import { createShadow } from './endpoint/shadow.js';
import { createStatic } from './endpoint/static.js';
import type { Logger } from './logger.js';
import { createFlatmap } from './manipulation/flatmap.js';
import type { Notifier } from './observe/notifier.js';
import type { BackendPlace } from './observe/observer.js';
import { type Admit, type BackendRequest, compose, type Middleware, type Policy, type Proxy } from './proxy.js';
import type { BalancerFactory } from './sd/balancer.js';
import { withEjection } from './sd/ejection.js';
import type { Subscriber } from './sd/subscriber.js';
import { createReading, createTextReading, passesText, staysText } from './shortcuts/json-passthrough.js';
import { readBody } from './transport/body.js';
import type { Transport } from './transport/transport.js';

/** A merge has to leave time for filters and writing; concurrent calls have to leave time for the merge. */
const MERGE_SHARE = 0.85;
const CONCURRENT_SHARE = 0.75;

/** What the pipelines of one plan are built from. */
export interface Ingredients {
  readonly logger: Logger;
  readonly encodings: ReadonlyMap<string, Encoding>;
  readonly combiners: ReadonlyMap<string, Combiner>;
  readonly balancers: ReadonlyMap<string, BalancerFactory>;
  /** Tells observers what happens; undefined where there are none. */
  readonly observation: Notifier | undefined;
  /** A layer around each backend, outside of everything else: how the test gateway listens. */
  readonly tap?: ((backend: BackendConfig, endpoint: EndpointConfig) => Middleware) | undefined;
  /** What a component may use that is configured at the place `at`. */
  scopeAt(at: string, component: Component): CommonScope;
  /** `onClose` for the place `at` of the configuration. */
  onCloseAt(at: string): CommonScope['onClose'];
  /** The subscriber of a backend's hosts; closed by the code that made it. */
  subscribe(backend: BackendConfig): Subscriber;
  /** The wire to a backend. */
  connect(backend: BackendConfig, stream: boolean): Transport;
}

/** The guards that let requests into an endpoint, in the order in which they are asked. */
export function createAdmits(endpoint: EndpointConfig, ingredients: Ingredients): Admit[] {
  return hooksAt(endpoint, { endpoint }, ingredients).flatMap(
    ({ component, config, scope }) => component.admit?.(config, scope) ?? [],
  );
}

/** A policy, and the component that it is of. */
export interface OwnedPolicy extends Pick<UsedComponent, 'component' | 'rank'> {
  readonly policy: Policy;
}

/**
 * What holds for the answers of an endpoint, outermost first: its own policies, and those of the gateway (`shared`) whose
 * component it does not configure for itself.
 */
export function createPolicies(
  endpoint: EndpointConfig,
  shared: readonly OwnedPolicy[],
  ingredients: Ingredients,
): readonly Policy[] {
  const used = hooksAt(endpoint, {}, ingredients);
  const own = used.flatMap(({ component, rank, config, scope }) => {
    const policy = component.policy?.(config, scope);
    return policy ? { component, rank, policy } : [];
  });
  const others = shared.filter(({ component }) => used.every((other) => other.component !== component));
  return [...own, ...others].sort((a, b) => a.rank - b.rank).map(({ policy }) => policy);
}

/**
 * Everything around an endpoint, outermost first.
 *
 * @param isInternal whether only the gateway looks at the signals of its requests
 */
export function createEndpointProxy(endpoint: EndpointConfig, ingredients: Ingredients, isInternal: boolean): Proxy {
  const { backend, proxy } = endpoint;
  return compose<Proxy>(
    [
      ingredients.observation?.endpointLayer,
      ...hooksAt(endpoint, { endpoint }, ingredients).map(({ component, config, scope }) =>
        component.endpoint?.(config, scope),
      ),
      ...backend.filter(isShadow).map((shadow) => createShadowLayer(endpoint, shadow, ingredients)),
      proxy.static && createStatic(proxy.static),
      proxy.flatmap_filter && createFlatmapLayer(proxy.flatmap_filter),
    ],
    createMerger(endpoint, ingredients, isInternal),
  );
}

function createShadowLayer(endpoint: EndpointConfig, backend: BackendConfig, ingredients: Ingredients): Middleware {
  const shadow = createShadow({
    clients: [createBackendClient(endpoint, backend, ingredients, false)],
    timeout: backend.proxy.shadow_timeout ?? endpoint.timeout,
    logger: ingredients.logger,
  });
  ingredients.onCloseAt(backend.at)(shadow.close);
  return shadow.middleware;
}

/** With one backend as well: KrakenD's silence there surprises people. */
function createFlatmapLayer(operations: readonly FlatmapOperation[]): Middleware {
  const flatmap = createFlatmap(operations);
  return function flatmapMerged(next) {
    return function callAndFlatmap(request) {
      return next(request).then((response) =>
        response.errors ? response : { ...response, data: flatmap(response.data) },
      );
    };
  };
}

function isShadow({ proxy }: BackendConfig): boolean {
  return proxy.shadow;
}

/** One backend needs no merging and has the whole timeout; several share the merge's part of it. */
function createMerger(endpoint: EndpointConfig, ingredients: Ingredients, hasInternalSignal: boolean): Proxy {
  const backends = endpoint.backend.filter((backend) => !isShadow(backend));
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
    hasInternalSignal,
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

/**
 * Everything around one backend, outermost first. Until a host is chosen a layer sees what the endpoint sends; then the
 * request with its URL, and the document; innermost what goes over the wire.
 */
function createBackendClient(
  endpoint: EndpointConfig,
  backend: BackendConfig,
  ingredients: Ingredients,
  isText: boolean,
): BackendClient {
  const { encodings, observation } = ingredients;
  const { name, required, timeout, concurrent_calls: copies } = backend;
  const encoding = encodings.get(backend.encoding) as Encoding;
  const stream = encoding.passthrough === true && encodings.get(endpoint.output_encoding)?.passthrough === true;
  const reading = isText && staysText(backend, ingredients) ? createTextReading : createReading;
  const hooks = hooksAt(backend, { endpoint, backend }, ingredients);
  const place = placeOf(endpoint, backend);
  const limit = createCallLimit(name, backend.max_pending);
  const isLimitedInside = hooks.some(({ component }) => component.sharesCalls);

  return {
    name,
    required,
    send: compose<Proxy>(
      [
        ingredients.tap?.(backend, endpoint),
        observation?.backendLayer(place),
        ...hooks.map(({ component, config, scope }) => component.client?.(config, scope)),
        timeout < endpoint.timeout && createTimeout(name, timeout),
        copies > 1 && createConcurrentCalls(name, copies, Math.floor(endpoint.timeout * CONCURRENT_SHARE)),
      ],
      createAttempts(
        backend,
        ingredients,
        stream,
        compose<Proxy<BackendRequest>>(
          [
            observation?.headersLayer(place),
            !isLimitedInside && limit,
            ...hooks.map(({ component, config, scope }) => component.backend?.(config, scope)),
          ],
          createExchange({
            ...reading(encoding, backend),
            backend,
            readBody: (body, held) => readBody(body, backend.max_response_body, name, undefined, held),
            transport: compose<Transport>(
              hooks.flatMap(({ component, config, scope }) => [
                component.transport?.(config, scope),
                component.sharesCalls && limit,
              ]),
              ingredients.connect(backend, stream),
            ),
          }),
        ),
      ),
    ),
  };
}

/** Tries one host after the other, as far as retries are allowed. */
function createAttempts(
  backend: BackendConfig,
  ingredients: Ingredients,
  stream: boolean,
  exchange: Proxy<BackendRequest>,
): Proxy {
  const { name, ejection, retry } = backend;
  const subscriber = ingredients.subscribe(backend);
  const named = ingredients.balancers.get(backend.balancer) as BalancerFactory;
  const balancer = (ejection ? withEjection(named, ejection) : named)(subscriber);
  const buildRequest = createRequestBuilder(backend, stream);
  const attempt = createAttempt({ name, subscriber, balancer, buildRequest, exchange });
  return retry ? createRetry(retry, attempt) : attempt;
}

function placeOf({ endpoint, method }: EndpointConfig, backend: BackendConfig): BackendPlace {
  const { name, url_pattern, proxy } = backend;
  return {
    endpoint,
    method,
    backend: name,
    backendMethod: backend.method,
    pattern: url_pattern.text,
    isShadow: proxy.shadow,
  };
}

/** The components at one place, each with the scope that its hooks get there. */
function hooksAt<S extends object>(
  at: EndpointConfig | BackendConfig,
  place: S,
  { scopeAt }: Ingredients,
): readonly (UsedComponent & { readonly scope: CommonScope & S })[] {
  return componentsAt(at).map((used) => ({ ...used, scope: { ...scopeAt(at.at, used.component), ...place } }));
}
