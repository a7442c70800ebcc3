import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouterConfig } from '../config/resolved.js';

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
}

interface Page {
  readonly contentType: string;
  readonly body: Buffer;
}

/** KrakenD's 404 and 405, or the bodies that `error_body` puts in their place. */
export function createUnmatchedAnswer({ router, completedHeader }: UnmatchedOptions): UnmatchedAnswer {
  const notFound = createPage('404 page not found', router.error_body?.['404']);
  const wrongMethod = createPage('405 method not allowed', router.error_body?.['405']);

  return function answerUnmatched(request, response, allow) {
    const isWrongMethod = allow !== undefined && !router.disable_handle_method_not_allowed;
    const { contentType, body } = isWrongMethod ? wrongMethod : notFound;
    response.statusCode = isWrongMethod ? 405 : 404;
    if (isWrongMethod) response.setHeader('Allow', allow.join(', '));
    response.setHeader(completedHeader, 'false');
    response.setHeader('Content-Type', contentType);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Length', body.length);
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

function createPage(text: string, replacement: unknown): Page {
  if (replacement === undefined) return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(text) };
  return { contentType: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(replacement)) };
}
