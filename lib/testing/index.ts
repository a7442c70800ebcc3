import type { BuiltInExtraConfig } from '../components/index.js';
import type { GatewayConfig } from '../config/types.js';
import { toGatewayError } from '../errors.js';
import { type CloseOptions, createLifecycle } from '../lifecycle.js';
import { type GatewayOptions, resolveOptions } from '../options.js';
import type { Headers } from '../proxy.js';
import { createMemoryRequest, type RequestInit } from './memory-request.js';
import { MemoryResponse } from './memory-response.js';
import { createStubTransport } from './stub-transport.js';
import { createStubTable, type Stub } from './stubs.js';
import { type BackendTrace, createTracer } from './trace.js';

export type { RequestInit } from './memory-request.js';
export { type Failure, failure, type Reply, reply, type Stub, type StubRequest } from './stubs.js';
export type { BackendTrace, CallTrace } from './trace.js';

type Config = GatewayConfig<BuiltInExtraConfig>;

export interface TestGatewayOptions extends Omit<GatewayOptions, 'axios' | 'transport'> {
  /**
   * What backends answer, by `[METHOD ]host/path[?query]`: a value (the JSON body), a function of the request, `reply(…)`
   * for status, headers and delay, or `failure(…)`. `{name}` and `*` match one segment, a last `*` matches the rest.
   */
  readonly backends: Readonly<Record<string, Stub>>;
}

/** What the client gets, and how it came about. */
export interface TestAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Headers;
  /** The body: parsed where it is JSON, else text. `undefined` when empty. */
  readonly body: unknown;
  /** The body as it was written. */
  readonly text: string;
  /** Every backend of the endpoint that was asked, in declared order. */
  readonly trace: readonly BackendTrace[];
  /** False when the request matched no endpoint and would have gone on to the host app. */
  readonly matched: boolean;
}

export interface TestGateway {
  /** Runs one request through the whole gateway: routing, forwarding, backends, merging, encoding. */
  call(request: RequestInit): Promise<TestAnswer>;
  /** As `gateway.reload`. */
  reload(config: Config): void;
  /** As `gateway.close`. */
  close(options?: CloseOptions): Promise<void>;
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
export function createTestGateway(config: Config, options: TestGatewayOptions): TestGateway {
  const { backends, ...gatewayOptions } = options;
  const tracer = createTracer();
  const resolved = { ...resolveOptions(gatewayOptions), tap: tracer.tap };
  const findStub = createStubTable(backends);
  const lifecycle = createLifecycle(config, resolved, () => ({
    transportFor: ({ name }) => createStubTransport(name, findStub, tracer),
    close: () => Promise.resolve(),
  }));

  async function call(init: RequestInit): Promise<TestAnswer> {
    const request = createMemoryRequest(init);
    const response = new MemoryResponse();
    const trace = tracer.start(request.headers);
    let matched = true;

    await new Promise<void>((resolve, reject) => {
      response.once('close', resolve);
      lifecycle.handle(request, response.asServerResponse(), (error) => {
        matched = false;
        if (error) reject(toGatewayError(error));
        else resolve();
      });
    });

    if (trace.unstubbed.length > 0)
      throw new Error(`No stub for ${trace.unstubbed.join(' and ')}; add it to \`backends\``);
    const text = response.bytes.toString();
    return {
      status: matched ? response.statusCode : 404,
      headers: response.headers,
      body: parseBody(text, response.headers['content-type']),
      text,
      trace: trace.backends(),
      matched,
    };
  }

  return { call, reload: lifecycle.reload, close: lifecycle.close };
}

function parseBody(text: string, contentType: string | readonly string[] | undefined): unknown {
  if (text === '') return undefined;
  return String(contentType).includes('json') ? JSON.parse(text) : text;
}
