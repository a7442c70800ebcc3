import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from '../proxy.js';
import { splitTarget } from '../request/target.js';
import type { EndpointHandler } from './handler.js';
import type { Match, Matcher, OtherMethods } from './matcher.js';
import { type Answerer, createPolicyCheck, type Policies } from './policies.js';
import type { UnmatchedAnswer } from './unmatched.js';

type Next = (error?: unknown) => void;

/** A handler that also runs without anything after it, as under a bare `http.createServer`. */
export type Handle = (request: IncomingMessage, response: ServerResponse, next?: Next) => void;

/** A route of the gateway's own, such as `/__health`. */
export interface BuiltInRoute {
  readonly path: string;
  /** True when everything below `path` belongs to it. */
  readonly isPrefix: boolean;
  /** Undefined: any. */
  readonly methods: readonly string[] | undefined;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface RouterOptions {
  readonly builtIns: readonly BuiltInRoute[];
  readonly matcher: Matcher<EndpointHandler>;
  /** What holds for the answers of the gateway and of each endpoint. */
  readonly policies: Policies;
  /** Components that see every request first, outermost first. */
  readonly services: readonly RequestHandler[];
  /** Whether unmatched requests are passed on to the host app. */
  readonly fallthrough: boolean;
  /** Whether OPTIONS on a known path is answered with its methods. */
  readonly autoOptions: boolean;
  /** Whether `//a` is the same as `/a`. */
  readonly removeExtraSlash: boolean;
  readonly answerUnmatched: UnmatchedAnswer;
}

/** The routes of a plan: a handler that also tells what belongs to it. */
export interface Routes extends Handle {
  /** Whether an endpoint or a route of the gateway's own has this path, with whatever method. */
  knows(request: IncomingMessage): boolean;
  /** Sets the headers that any answer of the gateway to this request has. True: it is answered with that. */
  applyPolicies(request: IncomingMessage, response: ServerResponse): boolean;
}

export function createRouter(options: RouterOptions): Routes {
  const { builtIns, matcher, services, fallthrough, autoOptions, removeExtraSlash, answerUnmatched } = options;
  const applyPolicies = createPolicyCheck(options.policies, findAnswerer);

  function pathOf(request: IncomingMessage): string {
    const { path } = splitTarget(request.url ?? '/');
    return removeExtraSlash ? path.replace(/\/{2,}/g, '/') : path;
  }

  function route(request: IncomingMessage, response: ServerResponse, path: string, next: Next | undefined): void {
    const method = request.method ?? 'GET';
    const match = matcher.match(method, path);
    if (isMatch(match)) {
      match.value(request, response, match.params);
      return;
    }
    if (next && isPassedOn(method, path, match)) {
      next();
      return;
    }
    const allow = allowOf(path, match?.allow);
    if (autoOptions && method === 'OPTIONS' && allow) answerOptions(response, allow);
    else answerUnmatched(request, response, allow);
  }

  /** Whether the app, where there is one, has a request that no endpoint serves. */
  function isPassedOn(method: string, path: string, match: OtherMethods | undefined): boolean {
    if (!fallthrough) return false;
    return !(autoOptions && method === 'OPTIONS' && allowOf(path, match?.allow));
  }

  function findAnswerer(method: string, path: string, hasNext: boolean): Answerer {
    if (builtIns.some((builtIn) => serves(builtIn, method, path))) return 'built-in';
    const match = matcher.match(method, path);
    if (isMatch(match)) return match.value;
    return hasNext && isPassedOn(method, path, match) ? 'app' : 'gateway';
  }

  /** The methods that a path has, those of the gateway's own routes included. */
  function allowOf(path: string, allow: readonly string[] = []): readonly string[] | undefined {
    const own = builtIns.find((builtIn) => isAt(builtIn, path))?.methods ?? [];
    return allow.length + own.length > 0 ? [...new Set([...allow, ...own])] : undefined;
  }

  function runServices(request: IncomingMessage, response: ServerResponse, next: Next | undefined): void {
    let index = 0;
    function advance(error?: unknown): void {
      if (error !== undefined && error !== null) {
        if (next) next(error);
        else response.writeHead(500, { 'content-length': '0' }).end();
        return;
      }
      const service = services[index++];
      if (service) service(request, response, advance);
      // A service may have changed the URL.
      else route(request, response, pathOf(request), next);
    }
    advance();
  }

  function knows(request: IncomingMessage): boolean {
    const path = pathOf(request);
    const method = request.method ?? 'GET';
    return builtIns.some((builtIn) => serves(builtIn, method, path)) || matcher.match(method, path) !== undefined;
  }

  function handle(request: IncomingMessage, response: ServerResponse, next?: Next): void {
    const path = pathOf(request);
    if (applyPolicies?.(request, response, path, next !== undefined)) return;
    // First: a wildcard endpoint would hide them, and a health check is no client to be rejected.
    for (const builtIn of builtIns) {
      if (serves(builtIn, request.method ?? 'GET', path)) {
        builtIn.handle(request, response);
        return;
      }
    }
    if (services.length === 0) route(request, response, path, next);
    else runServices(request, response, next);
  }

  return Object.assign(handle, {
    knows,
    applyPolicies(request: IncomingMessage, response: ServerResponse): boolean {
      return applyPolicies?.(request, response, pathOf(request), false) ?? false;
    },
  });
}

function isMatch<T>(match: Match<T> | OtherMethods | undefined): match is Match<T> {
  return match !== undefined && 'value' in match;
}

function serves(route: BuiltInRoute, method: string, requestPath: string): boolean {
  return isAt(route, requestPath) && (route.methods?.includes(method) ?? true);
}

function isAt({ path, isPrefix }: BuiltInRoute, requestPath: string): boolean {
  return requestPath === path || (isPrefix && requestPath.startsWith(`${path}/`));
}

function answerOptions(response: ServerResponse, allow: readonly string[]): void {
  response.writeHead(200, { allow: allow.join(', '), 'content-length': '0' });
  response.end();
}
