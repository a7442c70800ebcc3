import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouterConfig } from '../config/resolved.js';
import { splitTarget } from '../request/target.js';
import { cutUnlessTaken } from '../response/cut.js';
import type { CanonicalPath } from './canonical.js';

/** Answers what no endpoint serves, where nothing comes after the gateway. */
export type UnmatchedAnswer = (
  request: IncomingMessage,
  response: ServerResponse,
  /** The methods the path has, where only the method is wrong. */
  allow: readonly string[] | undefined,
) => void;

export interface UnmatchedOptions {
  readonly router: RouterConfig;
  readonly completedHeader: string;
  readonly canonicalPath: CanonicalPath;
}

interface Page {
  readonly contentType: string;
  readonly body: Buffer;
}

/** KrakenD's redirects to the written form of a path, its 404 and 405, or the bodies that `error_body` gives them. */
export function createUnmatchedAnswer(options: UnmatchedOptions): UnmatchedAnswer {
  const { router, completedHeader } = options;
  const notFound = createPage('404 page not found', router.error_body['404']);
  const wrongMethod = createPage('405 method not allowed', router.error_body['405']);
  const findRedirect = createRedirectFinder(options);

  return function answerUnmatched(request, response, allow) {
    const location = allow ? undefined : findRedirect(request);
    if (location !== undefined) {
      redirect(request, response, location);
      return;
    }
    const isWrongMethod = allow !== undefined && !router.disable_handle_method_not_allowed;
    const { contentType, body } = isWrongMethod ? wrongMethod : notFound;
    response.statusCode = isWrongMethod ? 405 : 404;
    if (isWrongMethod) response.setHeader('Allow', allow.join(', '));
    response.setHeader(completedHeader, 'false');
    response.setHeader('Content-Type', contentType);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Length', body.length);
    response.end(request.method === 'HEAD' ? undefined : body);
    cutUnlessTaken(response);
  };
}

function createPage(text: string, replacement: unknown): Page {
  if (replacement === undefined) return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(text) };
  return { contentType: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(replacement)) };
}

function createRedirectFinder({
  router,
  canonicalPath,
}: UnmatchedOptions): (request: IncomingMessage) => string | undefined {
  const { disable_redirect_trailing_slash: keepsSlash, disable_redirect_fixed_path: keepsPath } = router;

  return function findRedirect(request) {
    if (keepsSlash && keepsPath) return undefined;
    const target = request.url ?? '/';
    const { path, query } = splitTarget(target);
    const written = canonicalPath(request.method ?? 'GET', path);
    if (written === undefined) return undefined;
    const differsInSlashOnly = withoutSlash(written) === withoutSlash(path);
    if (differsInSlashOnly ? keepsSlash : keepsPath) return undefined;
    return mountPath(request, target) + written + (query === '' ? '' : `?${query}`);
  };
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** What Express and Connect have cut off in front of the target. */
function mountPath(request: IncomingMessage & { readonly originalUrl?: unknown }, target: string): string {
  const { originalUrl } = request;
  return typeof originalUrl === 'string' && originalUrl.endsWith(target) ? originalUrl.slice(0, -target.length) : '';
}

function redirect({ method }: IncomingMessage, response: ServerResponse, location: string): void {
  response.statusCode = method === 'GET' ? 301 : 307;
  response.setHeader('Location', location);
  response.setHeader('Content-Length', 0);
  response.end();
}
