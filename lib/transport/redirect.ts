import type { BackendRequest, Headers } from '../proxy.js';
import { NO_HEADERS } from '../proxy.js';
import { redirectError } from './failure.js';
import type { BackendResponse, Transport } from './transport.js';

export interface RedirectSettings {
  readonly name: string;
  readonly sendBodyOnRedirect: boolean;
}

const MAX_REDIRECTS = 10;

/**
 * Follows redirects as KrakenD does, with one difference: whatever came from the client stays with the origin it was
 * meant for.
 */
export function followRedirects(settings: RedirectSettings, next: Transport): Transport {
  const { name } = settings;

  return function redirecting(request) {
    return next(request).then(function firstAnswer(response) {
      return isRedirect(response.status) ? follow(request, response, MAX_REDIRECTS) : response;
    });
  };

  function follow(
    request: BackendRequest,
    response: BackendResponse,
    left: number,
  ): BackendResponse | Promise<BackendResponse> {
    const location = response.headers['location'];
    if (typeof location !== 'string' || location === '') return response;
    const keepsMethod = response.status === 307 || response.status === 308;
    const target = resolveLocation(location, request.url);
    const isSameOrigin = target !== undefined && target.origin === new URL(request.url).origin;
    if (
      keepsMethod &&
      request.body !== undefined &&
      !(settings.sendBodyOnRedirect && isSameOrigin && Buffer.isBuffer(request.body))
    ) {
      return response;
    }
    discard(response);
    if (target === undefined)
      throw redirectError(name, 'the redirect leads to something that is not an http or https URL');
    if (left === 0)
      throw redirectError(name, `more than ${MAX_REDIRECTS} redirects; the backends may point at each other`);
    const redirected: BackendRequest = {
      ...request,
      url: target.href,
      method: keepsMethod || request.method === 'HEAD' ? request.method : 'GET',
      headers: isSameOrigin ? headersFor(request, keepsMethod) : NO_HEADERS,
      body: keepsMethod ? request.body : undefined,
    };
    return next(redirected).then(function nextAnswer(answer) {
      return isRedirect(answer.status) ? follow(redirected, answer, left - 1) : { ...answer, isRedirected: true };
    });
  }
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** Undefined for what must not be followed. */
function resolveLocation(location: string, base: string): URL | undefined {
  if (!URL.canParse(location, base)) return undefined;
  const target = new URL(location, base);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return undefined;
  if (target.username !== '' || target.password !== '') return undefined;
  target.hash = '';
  return target;
}

function headersFor(request: BackendRequest, keepsBody: boolean): Headers {
  const headers: Record<string, string | readonly string[]> = Object.create(null);
  for (const key of Object.keys(request.headers)) {
    if (!keepsBody && key.startsWith('content-')) continue;
    headers[key] = request.headers[key] as string | readonly string[];
  }
  headers['referer'] ??= request.url;
  return headers;
}

/** Nobody will read this body; a stream would hold its socket until somebody does. */
function discard({ body }: BackendResponse): void {
  if (!Buffer.isBuffer(body)) body.on('error', ignore).destroy();
}

function ignore(): void {}
