import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../lib/errors.js';
import {
  createTestGateway,
  type Failure,
  failure,
  type Reply,
  type RequestInit,
  reply,
  type TestAnswer,
  type TestGateway,
  type TestGatewayOptions,
} from '../lib/testing/index.js';
import { filesIn, read } from './support/source.js';

type Config = Parameters<typeof createTestGateway>[0];

/** A golden case: what a configuration makes of a request and of its backends' answers. */
interface Spec {
  readonly title: string;
  readonly config: Config;
  readonly options?: Omit<TestGatewayOptions, 'backends'>;
  readonly backends?: Readonly<Record<string, Reply | { readonly failure: Failure }>>;
  readonly in?: RequestInit;
  /** True where it needs work that other threads do, such as checking a signature: no fake clock waits for that. */
  readonly realTime?: boolean;
  readonly out: Expected;
}

interface Expected {
  /** The configuration is refused with these faults: path and part of the message. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly status?: number;
  /** `null`: the header must not be there. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** The parsed body, whole. `null` in the place of an empty one. */
  readonly body?: unknown;
  /** The body as text, for cases where spelling and order matter. */
  readonly text?: string;
  readonly matched?: boolean;
  /** `METHOD url` of every call, in the order of the backends. */
  readonly calls?: readonly string[];
  /** Parts of the call at the same place in `calls`. `null`: the header must not be there. */
  readonly sent?: readonly {
    readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
    readonly body?: string;
  }[];
  /** The code of each backend's failure, `null` where it did not fail. */
  readonly errors?: readonly (string | null)[];
  /** Milliseconds from request to answer. */
  readonly took?: number;
}

const FILES = filesIn('__tests__/specs', /\.json$/);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(FILES)('%s', (file) => {
  const specs: readonly Spec[] = JSON.parse(read(file));
  test.each(specs.map((spec) => [spec.title, spec] as const))('%s', (_title, spec) => check(spec));
});

test('titles of golden cases are told apart', () => {
  const titles = FILES.flatMap((file) => (JSON.parse(read(file)) as Spec[]).map(({ title }) => title));
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.length).toBeGreaterThan(50);
});

async function check({ config, options = {}, backends = {}, in: request, realTime, out }: Spec): Promise<void> {
  if (realTime) vi.useRealTimers();
  const stubs = Object.fromEntries(Object.entries(backends).map(([key, stub]) => [key, toStub(stub)]));
  if (out.issues) {
    expect(issuesOf(() => createTestGateway(config, { ...options, backends: stubs }))).toEqual(
      out.issues.map(({ path, message }) => ({ path, message: expect.stringContaining(message) })),
    );
    return;
  }
  const gateway = createTestGateway(config, { ...options, backends: stubs });
  const start = performance.now();
  const answer = await (realTime ? gateway.call(request as RequestInit) : settle(gateway, request as RequestInit));
  const took = performance.now() - start;
  await gateway.close();

  expect(observed(answer, took, out)).toEqual(out);
}

function toStub(stub: Reply | { readonly failure: Failure }): unknown {
  return 'failure' in stub ? failure(stub.failure) : reply(stub);
}

function issuesOf(create: () => unknown): unknown {
  try {
    create();
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
  return 'the configuration was accepted';
}

/** Lets time pass until the answer is there: cases with delays and deadlines take no time of ours. */
async function settle(gateway: TestGateway, request: RequestInit): Promise<TestAnswer> {
  let isOver = false;
  const answer = gateway.call(request).finally(() => {
    isOver = true;
  });
  answer.catch(() => {});
  await vi.advanceTimersByTimeAsync(0);
  while (!isOver) await vi.advanceTimersToNextTimerAsync();
  return answer;
}

/** What the case is about, in its own shape. */
function observed(answer: TestAnswer, took: number, out: Expected): Expected {
  const { status, headers, body = null, text, matched, trace } = answer;
  const calls = trace.flatMap((backend) => backend.calls);
  const whole: Required<Omit<Expected, 'issues'>> = {
    status,
    headers: pick(headers, out.headers ?? {}),
    body,
    text,
    matched,
    calls: calls.map(({ method, url }) => `${method} ${url}`),
    sent: (out.sent ?? []).map((expected, index) => ({
      ...(expected.headers && { headers: pick(calls[index]?.headers ?? {}, expected.headers) }),
      ...(expected.body !== undefined && { body: calls[index]?.body ?? '' }),
    })),
    errors: trace.map(({ error }) => error?.code ?? null),
    took,
  };
  return Object.fromEntries(Object.entries(whole).filter(([key]) => key in out));
}

function pick(values: Readonly<Record<string, unknown>>, names: object): Record<string, string | string[] | null> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, (values[name] as string | undefined) ?? null]));
}
