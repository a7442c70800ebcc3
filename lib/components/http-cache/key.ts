import { createHash } from 'node:crypto';
import type { BackendRequest, Headers } from '../../proxy.js';
import { listOf } from './directives.js';

/**
 * Headers that an answer depends on only where its `Vary` says so: what HTTP itself negotiates with, what tells where a
 * request came from, and what traces it. Every other header that reaches the backend is part of the key, whatever `Vary`
 * says: tokens, tenants, claims, the host the client asked for.
 */
const BY_VARY_ONLY: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'baggage',
  'cache-control',
  'content-length',
  'content-type',
  'date',
  'dnt',
  'from',
  'origin',
  'pragma',
  'priority',
  'referer',
  'traceparent',
  'tracestate',
  'upgrade-insecure-requests',
  'user-agent',
  'via',
  'x-correlation-id',
  'x-forwarded-for',
  'x-forwarded-via',
  'x-request-id',
]);

/** Makes the key of a request: what must be equal for two requests to share an answer, `Vary` aside. */
export type KeyMaker = (request: BackendRequest) => string;

const SEPARATOR = '\n';
const HOST = 'x-forwarded-host';

/**
 * @param space keeps caches in one store apart
 * @param ignored further names, in lower case, that only count where `Vary` names them
 */
export function createKeyMaker(space: string, ignored: readonly string[]): KeyMaker {
  const unkeyed = new Set([...BY_VARY_ONLY, ...ignored]);

  function select(headers: Headers): string {
    const names: string[] = [];
    for (const name of Object.keys(headers)) {
      if (!unkeyed.has(name) && !name.startsWith('sec-')) names.push(name);
    }
    if (names.length === 0) return '';
    // The usual case; and the host that a client asked for is no secret.
    if (names.length === 1 && names[0] === HOST) return JSON.stringify(headers[HOST]);
    const text = names.sort().map((name) => `${name}:${JSON.stringify(headers[name])}`);
    // A digest, so that neither a listing of the keys nor another process learns a token.
    return createHash('sha256').update(text.join(SEPARATOR)).digest('base64url');
  }

  return function makeKey({ method, stream, url, headers }) {
    return [space, stream ? `${method} raw` : method, url, select(headers)].join(SEPARATOR);
  };
}

/** The URL in a key. */
export function urlOf(key: string): string {
  const start = key.indexOf(SEPARATOR, key.indexOf(SEPARATOR) + 1) + 1;
  return key.slice(start, key.indexOf(SEPARATOR, start));
}

/** What a request has in the headers that `Vary` names, as one text to compare. */
export function variantOf(vary: readonly string[], headers: Headers): string {
  return vary.length === 0 ? '' : vary.map((name) => JSON.stringify(listOf(headers[name]).trim())).join();
}
