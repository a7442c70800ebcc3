import { z } from 'zod';
import { GatewayError } from '../errors.js';
import { type Headers, NO_HEADERS, type ProxyRequest, type ProxyResponse } from '../proxy.js';
import { defineComponent, type Fault, type Functions } from './component.js';
import { isProxyResponse } from './guard.js';

const name = z.string().min(1);

const schema = z.strictObject({
  when: name.optional().meta({
    description:
      'At backends: gets the request, and gives back `true` to call the backend or `false` to leave it out, which is neither an error nor incomplete.',
    examples: ['isPremium'],
  }),
  request: name.optional().meta({
    description:
      "Gets the request, a backend's with its final `url`, and gives back what it changes: `method`, `params`, `query`, `headers`, `body`, and `url` of a backend.",
    examples: ['addTenant'],
  }),
  response: name.optional().meta({
    description:
      "Gets the answer, an endpoint's merged, and the request; gives back what it changes: `data`, `isComplete`, `metadata`.",
    examples: ['addTotals'],
  }),
});

/** What a request function may change; a backend's may change the `url` as well. Left out: stays as it is. */
export type RequestChanges = Partial<Pick<ProxyRequest, 'method' | 'params' | 'query' | 'headers' | 'body'>> & {
  readonly url?: string;
};
/** What a response function may change. Left out: stays as it is. */
export type ResponseChanges = Partial<Pick<ProxyResponse, 'data' | 'isComplete' | 'metadata'>>;

/** `request` of `modifier/js`: gets what is sent on, and gives back what it changes, if anything. */
export type RequestFunction<R extends ProxyRequest = ProxyRequest> = (
  request: R,
) => RequestChanges | undefined | Promise<RequestChanges | undefined>;
/** `response` of `modifier/js`: gets the answer and what was asked, and gives back what it changes, if anything. */
export type ResponseFunction<R extends ProxyRequest = ProxyRequest> = (
  response: ProxyResponse,
  request: R,
) => ResponseChanges | undefined | Promise<ResponseChanges | undefined>;
/** `when` of `modifier/js`: whether the backend is called. One that is left out is neither an error nor missing. */
export type WhenFunction = (request: ProxyRequest) => boolean | Promise<boolean>;

const SKIPPED: ProxyResponse = {
  data: {},
  isComplete: true,
  isEmpty: true,
  metadata: { status: 204, headers: NO_HEADERS },
};

/** Functions of the host app, by the names they have in `options.functions`, around endpoints and backends. */
export const js = defineComponent({
  namespace: 'modifier/js',
  schema,

  // At a backend it runs when the URL is already there.
  addsParams: ({ request }, scope) => scope === 'endpoint' && request !== undefined,

  check({ when, request, response }, { scope, functions }) {
    const faults = Object.entries({ when, request, response }).flatMap(([key, value]): Fault[] =>
      value === undefined || functions.has(value)
        ? []
        : [{ path: [key], message: `there is no "${value}" in options.functions` }],
    );
    const isMisplaced = when !== undefined && scope !== 'backend';
    return isMisplaced ? [...faults, { path: ['when'], message: 'decides about a backend; move it there' }] : faults;
  },

  endpoint(config, { functions, endpoint }) {
    return createModifier<ProxyRequest>(config, functions, endpoint.at);
  },

  client({ when }, { functions, backend }) {
    if (when === undefined) return undefined;
    const isWanted = functions.get(when) as WhenFunction;
    return function conditional(next) {
      return async function callIfWanted(request) {
        const answer = await run(when, backend.at, () => isWanted(request));
        // Anything else could leave a backend out unnoticed.
        if (typeof answer !== 'boolean') throw junk(when, backend.at, 'true or false');
        return answer ? next(request) : SKIPPED;
      };
    };
  },

  backend(config, { functions, backend }) {
    return createModifier(config, functions, backend.at);
  },
});

interface Names {
  readonly request?: string | undefined;
  readonly response?: string | undefined;
}

function createModifier<R extends ProxyRequest>(
  { request: onRequest, response: onResponse }: Names,
  functions: Functions,
  at: string,
) {
  if (onRequest === undefined && onResponse === undefined) return undefined;
  const changeRequest = functions.get(onRequest ?? '') as RequestFunction<R> | undefined;
  const changeResponse = functions.get(onResponse ?? '') as ResponseFunction<R> | undefined;

  return function modify(next: (request: R) => Promise<ProxyResponse>) {
    return async function callModified(request: R): Promise<ProxyResponse> {
      const sent = changeRequest
        ? applyToRequest(request, await runChange(onRequest, at, () => changeRequest(request)))
        : request;
      const response = await next(sent);
      if (!changeResponse) return response;
      const changes = await runChange(onResponse, at, () => changeResponse(response, sent));
      if (!changes) return response;
      const changed = { ...response, ...changes, ...(changes.data && { isEmpty: false }) };
      if (!isProxyResponse(changed)) throw junk(onResponse, at, 'data, isComplete and metadata of an answer');
      return changed;
    };
  };
}

function applyToRequest<R extends ProxyRequest>(request: R, changes: RequestChanges | undefined): R {
  if (!changes) return request;
  const { headers } = changes;
  return headers ? { ...request, ...changes, headers: withLowerCaseNames(headers) } : { ...request, ...changes };
}

function withLowerCaseNames(headers: Headers): Headers {
  const lower: Record<string, string | readonly string[]> = Object.create(null);
  for (const [key, value] of Object.entries(headers)) lower[key.toLowerCase()] = value;
  return lower;
}

/** A function that breaks fails the layer it is used in, by name; one that throws a `GatewayError` means it. */
async function run<T>(name: string | undefined, at: string, call: () => T): Promise<Awaited<T>> {
  try {
    return await call();
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    throw failure(`The function "${name}" of ${at} failed`, thrown);
  }
}

async function runChange<T>(name: string | undefined, at: string, call: () => T): Promise<Awaited<T>> {
  const changes = await run(name, at, call);
  if (changes === undefined || (typeof changes === 'object' && changes !== null && !Array.isArray(changes)))
    return changes;
  throw junk(name, at, 'an object or nothing');
}

function junk(name: string | undefined, at: string, expected: string): GatewayError {
  return failure(`The function "${name}" of ${at} must give back ${expected}`, undefined);
}

function failure(message: string, cause: unknown): GatewayError {
  const error = new GatewayError('ERR_FUNCTION', message);
  if (cause !== undefined) error.cause = cause;
  return error;
}
