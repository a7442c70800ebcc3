import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from '../proxy.js';
import type { EndpointHandler } from './handler.js';
import type { Matcher } from './matcher.js';

/** A handler that also runs without anything after it, as under a bare `http.createServer`. */
export type Handle = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;

/** A route of the gateway's own, such as `/__health`. */
export interface BuiltInRoute {
  readonly path: string;
  /** True when everything below `path` belongs to it. */
  readonly isPrefix: boolean;
  /** Undefined: any. */
  readonly method: string | undefined;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface RouterOptions {
  readonly builtIns: readonly BuiltInRoute[];
  readonly matcher: Matcher<EndpointHandler>;
  /** Components that see every request first, outermost first. */
  readonly services: readonly RequestHandler[];
  /** Whether unmatched requests are passed on to the host app. */
  readonly fallthrough: boolean;
  readonly answerUnmatched: (
    request: IncomingMessage,
    response: ServerResponse,
    allow: readonly string[] | undefined,
  ) => void;
}

export function createRouter({ builtIns, matcher, services, fallthrough, answerUnmatched }: RouterOptions): Handle {
  function route(
    request: IncomingMessage,
    response: ServerResponse,
    next: ((error?: unknown) => void) | undefined,
  ): void {
    const path = pathOf(request.url ?? '/');
    const method = request.method ?? 'GET';
    if (path.startsWith('/__') || hasPlainBuiltIn) {
      const builtIn = builtIns.find((candidate) => serves(candidate, method, path));
      if (builtIn) {
        builtIn.handle(request, response);
        return;
      }
    }
    const match = matcher.match(method, path);
    if (match && 'value' in match) match.value(request, response, match.params);
    else if (fallthrough && next) next();
    else answerUnmatched(request, response, match?.allow);
  }

  const hasPlainBuiltIn = builtIns.some(({ path }) => !path.startsWith('/__'));
  if (services.length === 0) return route;

  return function runServices(request, response, next) {
    let index = 0;
    function advance(error?: unknown): void {
      if (error !== undefined && error !== null) {
        if (next) next(error);
        else response.writeHead(500, { 'content-length': '0' }).end();
        return;
      }
      const service = services[index++];
      if (service) service(request, response, advance);
      else route(request, response, next);
    }
    advance();
  };
}

function serves({ path, isPrefix, method }: BuiltInRoute, requestMethod: string, requestPath: string): boolean {
  if (method !== undefined && method !== requestMethod) return false;
  return requestPath === path || (isPrefix && requestPath.startsWith(`${path}/`));
}

/** The path of a request target; an absolute-form target's authority is never looked at. */
function pathOf(target: string): string {
  const start = target.startsWith('/') ? 0 : startOfPath(target);
  const end = target.indexOf('?', start);
  return end < 0 ? target.slice(start) : target.slice(start, end);
}

function startOfPath(target: string): number {
  const authority = target.indexOf('://');
  const slash = authority < 0 ? -1 : target.indexOf('/', authority + 3);
  return slash < 0 ? target.length : slash;
}
