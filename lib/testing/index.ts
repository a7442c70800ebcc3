import type { Component } from '../components/component.js';
import type { BuiltInExtraConfig } from '../components/extra-config.js';
import type { ExtraOf } from '../components/extra-of.js';
import type { ExtraTypes, Imported } from '../config/types.js';
import type { CacheControl } from '../core/cache-control.js';
import type { ReadyOptions } from '../core/readiness.js';
import { toGatewayError } from '../errors.js';
import { controlsOf, type GatewayConfig } from '../gateway.js';
import { type CloseOptions, createLifecycle, faultsOf } from '../lifecycle.js';
import type { Stats } from '../observe/stats.js';
import { type GatewayOptions, resolveOptions } from '../options.js';
import type { Headers } from '../proxy.js';
import type { AxiosLike } from '../transport/axios.js';
import { createMemoryExchange, type RequestInit } from './memory-exchange.js';
import { createStubTransport } from './stub-transport.js';
import { createStubTable, type Stub } from './stubs.js';
import { type BackendTrace, createTracer, type Trouble } from './trace.js';

export type { RequestInit } from './memory-exchange.js';
export {
  type Failure,
  failure,
  type Reply,
  reply,
  type Stub,
  type StubAnswer,
  type StubRequest,
} from './stubs.js';
export type { BackendTrace, CallTrace } from './trace.js';

export interface TestGatewayOptions<C extends readonly Component[] = readonly Component[]>
  extends Omit<GatewayOptions<AxiosLike, C>, 'axios' | 'transport'> {
  /**
   * What backends answer, by `[METHOD ]host/path[?query]`: a value (the JSON body), a function of the request, `reply(…)`
   * for status, headers and delay, or `failure(…)`. `{name}` and `*` match one segment, a last `*` matches the rest.
   */
  readonly backends: Readonly<Record<string, Stub>>;
}

/** What the client gets, and how it came about. */
export interface TestAnswer<Body = unknown> {
  /** 0 when the connection ended before there was an answer. */
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Headers;
  /** The body: parsed where it is JSON, else text. `undefined` when empty. */
  readonly body: Body;
  /** The body as text. */
  readonly text: string;
  /** The body as it was written. */
  readonly bytes: Buffer;
  /** Every backend of the endpoint that was asked, in declared order. */
  readonly trace: readonly BackendTrace[];
  /** False when the request matched no endpoint and would have gone on to the host app. */
  readonly matched: boolean;
  /** True when the connection ended before the answer did, as it does when a streamed body breaks off. */
  readonly isCut: boolean;
}

export interface TestGateway<Extra extends ExtraTypes = BuiltInExtraConfig> {
  /**
   * Runs one request through the whole gateway: routing, forwarding, backends, merging, encoding. `Body` is what you expect
   * the body to be; nothing checks it.
   *
   * @throws {Error} that names the call when a backend was called without a stub; what a stub function threw
   */
  call<Body = unknown>(request: RequestInit): Promise<TestAnswer<Body>>;
  /** As `gateway.reload`. */
  reload<const T = GatewayConfig>(config: GatewayConfig<Extra> | (T & Imported<T>)): void;
  /** As `gateway.ready`. */
  ready(options?: ReadyOptions): Promise<void>;
  /** As `gateway.close`. */
  close(options?: CloseOptions): Promise<void>;
  /** As `gateway.cache`. */
  readonly cache: CacheControl;
  /** As `gateway.stats`. */
  stats(): Stats | undefined;
}

/**
 * A gateway with neither sockets nor Express, for unit-testing what a configuration makes of its backends' answers.
 * A backend call without a stub fails, and the call rejects with a message that shows it.
 *
 * @throws {ConfigError} as `createGateway` does
 *
 * @example
 * const gateway = createTestGateway(config, {
 *   backends: {
 *     'users.internal/users/{id}': { id: 42, name: 'Ada' },
 *     'GET orders.internal/orders': failure('refused'),
 *   },
 * });
 * const { status, body, trace } = await gateway.call({ url: '/profile/42' });
 */
export function createTestGateway<const C extends readonly Component[] = readonly [], const T = GatewayConfig>(
  config: GatewayConfig<ExtraOf<C>> | (T & Imported<T>),
  options: TestGatewayOptions<C>,
): TestGateway<ExtraOf<C>> {
  const { backends, ...gatewayOptions } = options;
  const tracer = createTracer();
  const resolved = { ...resolveOptions(gatewayOptions, (sound) => faultsOf(config, sound)), tap: tracer.tap };
  const findStub = createStubTable(backends);
  const lifecycle = createLifecycle(config, resolved, () => ({
    transportFor: ({ name }) => createStubTransport(name, findStub, tracer),
    close: () => Promise.resolve(),
  }));

  async function call<Body>(init: RequestInit): Promise<TestAnswer<Body>> {
    const { request, response, closed, received } = createMemoryExchange(init);
    const trace = tracer.start(request.headers);
    let matched = true;

    const passedOn = new Promise<void>((resolve, reject) => {
      lifecycle.handle(request, response, (error) => {
        matched = false;
        if (error) reject(toGatewayError(error));
        else resolve();
      });
    });
    await Promise.race([closed, passedOn]);

    report(trace.troubles, Object.keys(backends));
    const { status, headers, bytes, isCut } = received();
    const text = bytes.toString();
    return {
      status: matched ? status : 404,
      headers,
      // The caller says what it expects.
      body: parseBody(text, headers['content-type'], isCut) as Body,
      text,
      bytes,
      trace: trace.backends(),
      matched,
      isCut: matched && isCut,
    };
  }

  return { call, ...controlsOf(lifecycle) };
}

function report(troubles: readonly Trouble[], keys: readonly string[]): void {
  const calls: string[] = [];
  for (const trouble of troubles) {
    if ('thrown' in trouble) throw trouble.thrown;
    calls.push(trouble.unstubbed);
  }
  if (calls.length === 0) return;
  const known = keys.length > 0 ? `the stubs are ${keys.map((key) => `"${key}"`).join(', ')}` : 'there are no stubs';
  throw new Error(`No stub for ${calls.join(' and ')}; ${known}`);
}

function parseBody(text: string, contentType: string | readonly string[] | undefined, isCut: boolean): unknown {
  if (text === '') return undefined;
  return !isCut && String(contentType).includes('json') ? JSON.parse(text) : text;
}
