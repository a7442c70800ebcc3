import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { BackendConfig, EndpointConfig } from '../config/resolved.js';
import type { ReadyCheck } from '../core/readiness.js';
import type { Keep } from '../core/reload-state.js';
import type { ConfigIssue, RejectedError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Observer } from '../observe/observer.js';
import type { Admit, BackendRequest, Middleware, Policy, ProxyResponse, RequestHandler } from '../proxy.js';
import type { TransportMiddleware } from '../transport/transport.js';

/** Where in a configuration an `extra_config` is. */
export type Scope = 'service' | 'endpoint' | 'backend';

/** Functions of the host app that a configuration names. What each is given depends on where it is named. */
export type GatewayFunction = (first: FunctionInput, request: BackendRequest) => unknown;

/**
 * What a function may be given first: what is sent on (`modifier/js`, `backend/function`), an answer (`modifier/js`), or the
 * message itself (a `guard`). One that is written inline sees the members of all; the place that names it says which are there.
 */
export type FunctionInput = Omit<BackendRequest, 'body' | 'headers'> &
  Omit<ProxyResponse, 'body'> &
  Omit<IncomingMessage, keyof BackendRequest | keyof ProxyResponse> & {
    readonly body: Buffer | undefined;
    readonly headers: BackendRequest['headers'] & IncomingMessage['headers'];
  };
export type Functions = ReadonlyMap<string, GatewayFunction>;

/** What every component may use, wherever it was configured. */
export interface CommonScope {
  readonly logger: Logger;
  /** `options.functions`, by name. */
  readonly functions: Functions;
  /** `options.stores`, by name. */
  readonly stores: ReadonlyMap<string, object>;
  /** State that outlives a reload. The key has to hold all that the state depends on. */
  readonly keep: Keep;
  /** `options.clients`, by name. */
  readonly clients: ReadonlyMap<string, unknown>;
  /** `options.debug`. */
  readonly debug: boolean;
  /** What the same component was configured with at service level; undefined where it does not stand there. */
  readonly serviceOptions?: unknown;
  /**
   * Registers what has to end with the configuration. It may take what is left of `gateway.close({ timeout })`, after a
   * reload ten seconds; what takes longer is logged and not waited for.
   */
  onClose(close: () => void | Promise<void>): void;
  /** Registers what `gateway.ready()` asks: it connects where that was not done yet, and rejects while it cannot. */
  onReady(check: ReadyCheck): void;
}
/** What a component may know of the place it was configured at. */
export interface ServiceScope extends CommonScope {
  /** The client's address, as far as it can be believed; empty where there is none. */
  readonly clientIp: (request: IncomingMessage) => string;
  /** Adds an observer to those of `options.observe`. */
  observe(observer: Observer): void;
  /**
   * Asked about each request that has found its endpoint, before its body is read. What it gives back is answered, and
   * nothing else is done for that request.
   */
  refuseWhen(refusal: () => RejectedError | undefined): void;
}
export interface EndpointScope extends CommonScope {
  readonly endpoint: EndpointConfig;
}
export interface BackendScope extends EndpointScope {
  readonly backend: BackendConfig;
}

/** What a component can do; each hook runs once, at start, and returns the layer that runs per request. */
export interface Hooks<S extends z.ZodType> {
  /**
   * What holds for all answers of the gateway, or of one endpoint, errors included. An endpoint's own takes the place of
   * the gateway's.
   */
  policy?(config: z.output<S>, scope: CommonScope): Policy | undefined;
  /** Around the whole gateway, before a route is looked for. */
  service?(config: z.output<S>, scope: ServiceScope): RequestHandler | undefined;
  /** At the start of an endpoint, before the body is read and before its `endpoint` layers: lets requests in, or not. */
  admit?(config: z.output<S>, scope: EndpointScope): Admit | undefined;
  /** Around an endpoint: sees the request before any backend, and the merged answer. */
  endpoint?(config: z.output<S>, scope: EndpointScope): Middleware | undefined;
  /** Around one backend before its URL is built: may leave it out, or change what the URL is built from. */
  client?(config: z.output<S>, scope: BackendScope): Middleware | undefined;
  /** Around one backend call: sees the final URL, and the decoded, formatted answer. */
  backend?(config: z.output<S>, scope: BackendScope): Middleware<BackendRequest> | undefined;
  /** Around, or instead of, the exchange on the wire. */
  transport?(config: z.output<S>, scope: BackendScope): TransportMiddleware | undefined;
}

/** The hooks that make a component usable at a scope. */
export const HOOKS = {
  service: ['policy', 'service'],
  endpoint: ['policy', 'admit', 'endpoint'],
  backend: ['client', 'backend', 'transport'],
} as const satisfies Readonly<Record<Scope, readonly (keyof Hooks<z.ZodType>)[]>>;

/** What a component is called and what it accepts. */
export interface Declaration<S extends z.ZodType, N extends string> {
  /** The 2.x name, e.g. `qos/circuit-breaker`. */
  readonly namespace: N;
  /** Other names of the same thing, such as the 1.3 one. */
  readonly aliases?: readonly string[];
  /** Checks the namespace's value at start and gives the hooks their types. */
  readonly schema: S;
  /** True where its `transport` hook never calls `next`: such a backend needs no host, and no second one of the kind. */
  readonly replacesWire?: boolean;
  /**
   * True where its `transport` hook answers several requests by one call: then `max_pending` counts the calls inside of it,
   * and not the requests that wait outside.
   */
  readonly sharesCalls?: boolean;
  /** False where no hook looks into the data of an answer, or changes it: documents may stay the text they came as. */
  readonly readsData?: boolean;
  /** False where no hook hands the signal of a request to code that is not the gateway's: it need not be a real one. */
  readonly exposesSignal?: boolean;
  /**
   * Asked at start: true where, with these options and at this level, its `admit`, `endpoint` or `client` hook adds params.
   * Without one that does, `{JWT.sub}` in a `url_pattern` is refused.
   */
  addsParams?(config: z.output<S>, scope: Scope): boolean;
  /** Finds at start what the schema cannot see, such as names of functions that are not there. */
  check?(config: z.output<S>, context: CheckContext): readonly Fault[];
  /** Finds at start what is allowed and hardly meant; each is a warning. */
  advise?(config: z.output<S>, context: CheckContext): readonly Fault[];
  /** Finds at start what only shows with the endpoint and the backend it is used at, such as a host. Paths are whole ones. */
  checkAt?(config: z.output<S>, place: CheckPlace): readonly ConfigIssue[];
}

/**
 * A feature switched on by a namespace of `extra_config`. The hooks it has are the places where it may be used: a namespace
 * put where it has no hook is a `ConfigError`.
 */
export interface Component<S extends z.ZodType = z.ZodType, N extends string = string>
  extends Declaration<S, N>,
    Hooks<S> {}

/** What `check` may know: where the namespace is used, and what there is to be named. */
export interface CheckContext extends Pick<CommonScope, 'functions' | 'stores' | 'clients'> {
  readonly scope: Scope;
}

/** What `checkAt` may know: the endpoint, and the backend where the namespace is used at one. */
export interface CheckPlace extends Pick<CommonScope, 'clients' | 'logger'> {
  readonly endpoint: EndpointConfig;
  readonly backend?: BackendConfig | undefined;
}

/** What `check` and `advise` find: where in the namespace's value, and one sentence. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Declares a component; the hooks' types follow from the schema.
 *
 * @example
 * const stamp = defineComponent({
 *   namespace: 'example/stamp',
 *   schema: z.strictObject({ header: z.string() }),
 *   transport: ({ header }) => (next) => (request) =>
 *     next({ ...request, headers: { ...request.headers, [header]: 'stamped' } }),
 * });
 */
export function defineComponent<const N extends string, S extends z.ZodType, H extends Hooks<S>>(
  component: Declaration<S, N> & H & Hooks<S>,
): Declaration<S, N> & H {
  return component;
}
