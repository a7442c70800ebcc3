import type { BackendConfig } from '../config/resolved.js';
import { BackendError } from '../errors.js';
import { type BackendRequest, type Headers, NO_HEADERS, type ProxyRequest, type QueryPair } from '../proxy.js';

export type RequestBuilder = (request: ProxyRequest, host: string) => BackendRequest;

/** Builds what one backend is sent: its own method, its resolved `url_pattern`, and what its filters let through. */
export function createRequestBuilder(backend: BackendConfig, stream: boolean): RequestBuilder {
  const { method, name, url_pattern: pattern } = backend;
  const filterHeaders = createHeaderFilter(backend.input_headers);
  const filterQuery = createQueryFilter(backend.input_query_strings, pattern.queryNames);
  const querySeparator = pattern.text.includes('?') ? '&' : '?';

  function resolvePath(request: ProxyRequest): string {
    try {
      return pattern.resolve(request.params);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'a value is missing';
      throw new BackendError('ERR_BACKEND_URL', `${name} was not called: ${reason}`);
    }
  }

  return function buildRequest(request, host) {
    const query = filterQuery(request.query);
    let url = host + resolvePath(request);
    for (let index = 0; index < query.length; index++) {
      url += (index === 0 ? querySeparator : '&') + query[index]?.text;
    }
    return {
      method,
      path: request.path,
      params: request.params,
      query,
      headers: filterHeaders(request.headers),
      body: request.body,
      signal: request.signal,
      client: request.client,
      held: request.held,
      user: request.user,
      personal: request.personal,
      url,
      stream,
    };
  };
}

/** A backend's own list can only narrow what the endpoint let in. */
function createHeaderFilter(names: readonly string[] | undefined): (headers: Headers) => Headers {
  if (names === undefined || names.includes('*')) return passHeaders;
  const allowed = names.filter((name) => name !== '');
  if (allowed.length === 0) return () => NO_HEADERS;
  return function filterHeaders(headers) {
    const kept: Record<string, string | readonly string[]> = Object.create(null);
    for (const name of allowed) {
      const value = headers[name];
      if (value !== undefined) kept[name] = value;
    }
    return kept;
  };
}

function passHeaders(headers: Headers): Headers {
  return headers;
}

/** What the pattern says of a key wins over the client: a caller must not override a fixed value by repeating it. */
function createQueryFilter(
  names: readonly string[] | undefined,
  fixed: ReadonlySet<string>,
): (query: readonly QueryPair[]) => readonly QueryPair[] {
  const allowed = names === undefined || names.includes('*') ? undefined : new Set(names);
  if (allowed === undefined && fixed.size === 0) return passQuery;

  function isForwarded(pair: QueryPair): boolean {
    return !fixed.has(pair.name) && (allowed === undefined || allowed.has(pair.name));
  }
  return function filterQuery(query) {
    return query.length === 0 ? query : query.filter(isForwarded);
  };
}

function passQuery(query: readonly QueryPair[]): readonly QueryPair[] {
  return query;
}
