import type { BackendRequest, Headers } from '../proxy.js';
import { NO_HEADERS } from '../proxy.js';
import { type AddressKind, kindOf } from './address-kind.js';
import { redirectError } from './failure.js';
import { addressIn } from './redirect-target.js';
import type { BackendResponse, Transport } from './transport.js';

export interface RedirectSettings {
  readonly name: string;
  /** `same-origin` hands redirects to another origin on; `none` is not for here. */
  readonly redirects: 'same-origin' | 'follow';
  readonly sendBodyOnRedirect: boolean;
}

const MAX_REDIRECTS = 10;

/** Where a chain of redirects began. */
interface Start {
  readonly origin: string;
  /** The kind of the address that the backend's own host was reached at. */
  readonly kind: AddressKind;
}

/**
 * Follows redirects as KrakenD does, with two differences: whatever came from the client stays with the origin it was
 * meant for, and another origin than that of the backend is called by what `beyond` gives for the kind of the backend's own
 * address, which does not reach every address.
 */
export function followRedirects(
  settings: RedirectSettings,
  next: Transport,
  beyond: (from: AddressKind) => Transport,
): Transport {
  const { name } = settings;

  return function redirecting(request) {
    return next(request).then(function firstAnswer(response) {
      return isRedirect(response.status)
        ? follow(request, response, startOf(request, response), MAX_REDIRECTS)
        : response;
    });
  };

  function follow(
    request: BackendRequest,
    response: BackendResponse,
    start: Start,
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
    if (target !== undefined && !isSameOrigin && settings.redirects === 'same-origin') return response;
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
    const send = target.origin === start.origin ? next : beyond(start.kind);
    return send(redirected).then(function nextAnswer(answer) {
      const marked: BackendResponse = { ...answer, isRedirected: true };
      return isRedirect(answer.status) ? follow(redirected, marked, start, left - 1) : marked;
    });
  }
}

function startOf({ url }: BackendRequest, { peerAddress }: BackendResponse): Start {
  const address = peerAddress ?? addressIn(url);
  return { origin: new URL(url).origin, kind: address === undefined ? 'public' : kindOf(address) };
}

/** The statuses that are followed. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

// Headers are read as latin1, so a character is one byte, of UTF-8 as a rule.
const RAW_BYTE = /[\u0080-\u00ff]/g;

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Undefined for what must not be followed. */
function resolveLocation(location: string, base: string): URL | undefined {
  const encoded = location.replace(RAW_BYTE, encodeByte);
  if (!URL.canParse(encoded, base)) return undefined;
  const target = new URL(encoded, base);
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

/** This body will not be read; a stream would hold its socket until it is. */
function discard({ body }: BackendResponse): void {
  if (!Buffer.isBuffer(body)) body.on('error', ignore).destroy();
}

function ignore(): void {}
