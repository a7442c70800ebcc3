import type { CacheControl } from '../core/cache-control.js';
import type { ReadyOptions } from '../core/readiness.js';
import { toGatewayError } from '../errors.js';
import { controlsOf, type GatewayConfig } from '../gateway.js';
import { type CloseOptions, createLifecycle, faultsOf } from '../lifecycle.js';
import type { Stats } from '../observe/stats.js';
import { type GatewayOptions, resolveOptions } from '../options.js';
import type { Headers } from '../proxy.js';
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

export interface TestGatewayOptions extends Omit<GatewayOptions, 'axios' | 'transport'> {
  /**
   * What backends answer, by `[METHOD ]host/path[?query]`: a value (the JSON body), a function of the request, `reply(…)`
   * for status, headers and delay, or `failure(…)`. `{name}` and `*` match one segment, a last `*` matches the rest.
   */
  readonly backends: Readonly<Record<string, Stub>>;
}

/** What the client gets, and how it came about. */
export interface TestAnswer {
  /** 0 when the connection ended before there was an answer. */
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Headers;
  /** The body: parsed where it is JSON, else text. `undefined` when empty. */
  readonly body: unknown;
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

export interface TestGateway {
  /**
   * Runs one request through the whole gateway: routing, forwarding, backends, merging, encoding.
   *
   * @throws {Error} that names the call when a backend was called without a stub; what a stub function threw
   */
  call(request: RequestInit): Promise<TestAnswer>;
  /** As `gateway.reload`. */
  reload(config: GatewayConfig): void;
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
export function createTestGateway(config: GatewayConfig, options: TestGatewayOptions): TestGateway {
  const { backends, ...gatewayOptions } = options;
  const tracer = createTracer();
  const resolved = { ...resolveOptions(gatewayOptions, (sound) => faultsOf(config, sound)), tap: tracer.tap };
  const findStub = createStubTable(backends);
  const lifecycle = createLifecycle(config, resolved, () => ({
    transportFor: ({ name }) => createStubTransport(name, findStub, tracer),
    close: () => Promise.resolve(),
  }));

  async function call(init: RequestInit): Promise<TestAnswer> {
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
      body: parseBody(text, headers['content-type'], isCut),
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
