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
  /** Strings and Buffers as they are, anything else as JSON. Default: empty. */
  readonly body?: unknown;
  /** Milliseconds before the answer. Fake timers work. */
  readonly delay?: number;
}

/** How a stubbed backend can fail: nobody listens, the connection breaks, or no answer ever comes. */
export type Failure = 'refused' | 'reset' | 'silent';

export type StubOutcome = { readonly reply: Reply } | { readonly failure: Failure };

const OUTCOME = Symbol('outcome');

interface MarkedOutcome {
  readonly [OUTCOME]: StubOutcome;
}

/** A value (the JSON body), `reply(…)`, `failure(…)`, or a function of the request that gives one of them. */
export type Stub = unknown | ((request: StubRequest) => unknown);

/** A full answer of a stubbed backend: status, headers, delay. */
export function reply(answer: Reply): unknown {
  return { [OUTCOME]: { reply: answer } } satisfies MarkedOutcome;
}

/** A backend that cannot be reached (`refused`), hangs up (`reset`), or never answers (`silent`). */
export function failure(kind: Failure): unknown {
  return { [OUTCOME]: { failure: kind } } satisfies MarkedOutcome;
}

export async function runStub(stub: Stub, request: StubRequest): Promise<StubOutcome> {
  const value = typeof stub === 'function' ? await stub(request) : stub;
  if (typeof value === 'object' && value !== null && OUTCOME in value) return (value as MarkedOutcome)[OUTCOME];
  return { reply: { body: value } };
}

/** Finds the stub for a call, or `undefined`. */
export type FindStub = (method: string, url: string) => { readonly stub: Stub } | undefined;

/**
 * Stubs stand under `[METHOD ]host/path[?query]`: the scheme may be left out, `{name}` and `*` match one segment, a last
 * `*` matches the rest, and a query counts only where the key has one. Exact keys are tried first.
 */
export function createStubTable(stubs: Readonly<Record<string, Stub>>): FindStub {
  const rules = Object.entries(stubs).map(([key, stub]) => ({ ...compileKey(key), stub }));
  rules.sort((a, b) => Number(a.isPattern) - Number(b.isPattern));
  return function findStub(method, url) {
    const bare = url.replace(/^[a-z]+:\/\//, '');
    return rules.find((rule) => (rule.method === undefined || rule.method === method) && rule.matches(bare));
  };
}

function compileKey(key: string): {
  method: string | undefined;
  isPattern: boolean;
  matches: (url: string) => boolean;
} {
  const [, method, address = ''] = /^(?:([A-Z]+) )?(.*)$/.exec(key) ?? [];
  const bare = address.replace(/^[a-z]+:\/\//, '');
  const ignoresQuery = !bare.includes('?');
  const isPattern = /\{[^}]*\}|\*/.test(bare);
  const source = bare
    .split('/')
    .map((segment, index, all) => {
      if (segment === '*' && index === all.length - 1) return '.*';
      return segment
        .split(/\{[^}]*\}|\*/)
        .map(escape)
        .join('[^/?]*');
    })
    .join('/');
  const expression = new RegExp(`^${source}$`);
  return {
    method,
    isPattern,
    matches: (url) => expression.test(ignoresQuery ? (url.split('?', 1)[0] ?? '') : url),
  };
}

function escape(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
}
