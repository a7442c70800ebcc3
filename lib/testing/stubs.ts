import { ConfigError, type ConfigIssue } from '../errors.js';
import type { BackendRequest } from '../proxy.js';

/** What a stub function is given. */
export interface StubRequest {
  readonly method: string;
  /** The whole URL the backend would have been called with. */
  readonly url: string;
  readonly headers: BackendRequest['headers'];
  readonly body: string;
}

/** A full answer; a plain value as a stub is the short form of `reply({ body })`. */
export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Strings, Buffers and streams as they are, anything else as JSON. A stream serves one call. Default: empty. */
  readonly body?: unknown;
  /** Milliseconds before the answer. Fake timers work. */
  readonly delay?: number;
}

/** How a stubbed backend can fail: the port is closed, the connection breaks, or no answer ever comes. */
export type Failure = 'refused' | 'reset' | 'silent';

export type StubOutcome = { readonly reply: Reply } | { readonly failure: Failure };

const OUTCOME = Symbol('outcome');

/** What `reply` and `failure` make. */
export interface StubAnswer {
  readonly [OUTCOME]: StubOutcome;
}

/** A value (the JSON body), `reply(…)`, `failure(…)`, or a function of the request that gives one of them. */
// Not `unknown`, which would swallow the function and leave its parameter without a type.
export type Stub = NonNullable<unknown> | null | undefined | ((request: StubRequest) => unknown);

/** A full answer of a stubbed backend: status, headers, delay. */
export function reply(answer: Reply): StubAnswer {
  return { [OUTCOME]: { reply: answer } } satisfies StubAnswer;
}

/** A backend that cannot be reached (`refused`), hangs up (`reset`), or never answers (`silent`). */
export function failure(kind: Failure): StubAnswer {
  return { [OUTCOME]: { failure: kind } } satisfies StubAnswer;
}

export async function runStub(stub: Stub, request: StubRequest): Promise<StubOutcome> {
  const value = typeof stub === 'function' ? await stub(request) : stub;
  if (typeof value === 'object' && value !== null && OUTCOME in value) return (value as StubAnswer)[OUTCOME];
  return { reply: { body: value } };
}

/** Finds the stub for a call, or `undefined`. */
export type FindStub = (method: string, url: string) => { readonly stub: Stub } | undefined;

interface Rule {
  readonly method: string | undefined;
  readonly isPattern: boolean;
  readonly matches: (url: string) => boolean;
}

/**
 * Stubs are named by `[METHOD ]host/path[?query]`: the scheme may be left out, `{name}` and `*` match one segment, a last
 * `*` matches the rest, and a query counts only where the key has one. Exact keys are tried first.
 *
 * @throws {ConfigError} for keys that could not match any call
 */
export function createStubTable(stubs: Readonly<Record<string, Stub>>): FindStub {
  const issues: ConfigIssue[] = [];
  const rules = Object.entries(stubs).flatMap(([key, stub]) => {
    const rule = compileKey(key);
    if (rule) return { ...rule, stub };
    const message = `"${key}" must read "[METHOD ]host/path[?query]", such as "GET users.internal/users/{id}"`;
    issues.push({ path: `options.backends`, message });
    return [];
  });
  if (issues.length > 0) throw new ConfigError(issues);
  rules.sort((a, b) => Number(a.isPattern) - Number(b.isPattern));

  return function findStub(method, url) {
    const bare = withoutScheme(url);
    return rules.find((rule) => (rule.method === undefined || rule.method === method) && rule.matches(bare));
  };
}

const KEY = /^(?:([A-Z]+) )?((?:[a-z][a-z\d+.-]*:\/\/)?[^\s/?]+\/\S*)$/;
const PLACEHOLDER = /\{[^}]*\}|\*/;

function compileKey(key: string): Rule | undefined {
  const match = KEY.exec(key);
  if (!match) return undefined;
  const address = withoutScheme(match[2] as string);
  const ignoresQuery = !address.includes('?');
  const segments = address.split('/').map((segment, index, all) => {
    if (segment === '*' && index === all.length - 1) return '.*';
    return segment.split(PLACEHOLDER).map(escape).join('[^/?&]*');
  });
  const expression = new RegExp(`^${segments.join('/')}$`);
  return {
    method: match[1],
    isPattern: PLACEHOLDER.test(address),
    matches: (url) => expression.test(ignoresQuery ? (url.split('?', 1)[0] ?? '') : url),
  };
}

function withoutScheme(url: string): string {
  return url.replace(/^[a-z][a-z\d+.-]*:\/\//, '');
}

function escape(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
}
