import type { Readable } from 'node:stream';
import { isBackendFailure } from '../../core/backend-failure.js';
import type { CacheState, ControlledCache } from '../../core/cache-control.js';
import { createLru, type Lru } from '../../core/lru.js';
import { type BackendRequest, type Headers, NO_HEADERS } from '../../proxy.js';
import type { BackendResponse, TransportMiddleware } from '../../transport/transport.js';
import { collect } from './collect.js';
import { ageOf, type Clock, conditionOf, createEntry, type Entry, renew, toResponse, withHeader } from './entry.js';
import { evaluate, mayServeStale, type RequestDirectives, readDirectives, satisfies } from './freshness.js';
import { changedUrls } from './invalidation.js';
import { type KeyMaker, urlOf, variantOf } from './key.js';
import { createReads, type Read, type Reads } from './reads.js';
import { createSingleFlight, type SingleFlight } from './single-flight.js';
import type { EntryStore, Lookup } from './store.js';

/** What a shared fetch brings: an answer, and an entry where others may have it as well. */
export interface Fetched {
  readonly response: BackendResponse;
  readonly entry?: Entry;
  readonly state: CacheState;
}

/** One store, and what is on its way there. */
export interface Cache extends ControlledCache {
  readonly store: EntryStore;
  readonly singleFlight: SingleFlight<Fetched>;
  /** Keys whose answers were lately for one request alone, and until when requests do not wait for each other there. */
  readonly passes: Lru<number>;
  readonly reads: Reads;
  readonly counts: Record<CacheState, number>;
}

export interface CacheTransportOptions {
  /** The backend, as messages name it. */
  readonly name: string;
  readonly cache: Cache;
  readonly keyOf: KeyMaker;
  readonly clock: Clock;
  /** Bytes; larger bodies are handed on and not stored. */
  readonly maxEntry: number;
  /** Whether answers say in `X-Cache` how they came about. */
  readonly showsState: boolean;
}

const PASS_TIME = 10_000;
const PASS_BOUNDS = { maxBytes: Infinity, maxItems: 1_000 };
/** Turns of waiting for others: the second is for requests that turned out to want something else. */
const MAX_TURNS = 2;
/** Failures that `stale-if-error` is meant for. */
const ERROR_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504]);
/** Requests for a part, or that go by what only the client knows. */
const PAST_THE_CACHE = ['range', 'if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'];
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const NOT_STORED: BackendResponse = Object.freeze({ status: 504, headers: NO_HEADERS, body: Buffer.alloc(0) });

export function createCache(store: EntryStore): Cache {
  const reads = createReads();
  return {
    store,
    singleFlight: createSingleFlight(),
    passes: createLru(PASS_BOUNDS),
    reads,
    counts: { hit: 0, miss: 0, revalidated: 0, stale: 0, pass: 0 },
    purge(matches) {
      reads.outdateAll(matches);
      return store.remove((key) => matches(urlOf(key)));
    },
  };
}

/** Answers from the store what it can, and fetches the rest once for all requests that wait for it. */
export function createCacheTransport(options: CacheTransportOptions): TransportMiddleware {
  const { name, cache, keyOf, clock, maxEntry, showsState } = options;
  const { store, singleFlight, reads, passes, counts } = cache;

  function answer(response: BackendResponse, state: CacheState): BackendResponse {
    counts[state]++;
    return showsState ? { ...response, headers: withHeader(response.headers, 'x-cache', state) } : response;
  }

  function fetchedFrom(entry: Entry, state: CacheState): Fetched {
    return { response: toResponse(entry, ageOf(entry, clock())), entry, state };
  }

  /** What `fetched` is, or the stored answer in its place where that may cover a failure. */
  async function orStale(
    fetched: Promise<Fetched>,
    stored: Entry | undefined,
    { signal }: BackendRequest,
    directives: RequestDirectives,
  ): Promise<Fetched> {
    if (stored === undefined) return fetched;
    const mayServeNow = () => !signal.aborted && mayServeStale(stored, ageOf(stored, clock()), directives);
    try {
      const result = await fetched;
      if (!ERROR_STATUSES.has(result.response.status) || !mayServeNow()) return result;
    } catch (error) {
      if (!mayServeNow() || !isBackendFailure(error, signal)) throw error;
    }
    return fetchedFrom(stored, 'stale');
  }

  return function cacheAnswers(next) {
    /** Asks the backend and stores what may be stored. `owner` gets what no other request may have. */
    async function fetch(
      key: string,
      request: BackendRequest,
      { entry: stored, version }: Lookup,
      read: Read,
      owner: AbortSignal,
    ): Promise<Fetched> {
      function keep(entry: Entry): void {
        if (!read.isOutdated) store.put(key, entry, version);
      }
      let askedAt = clock();
      const condition = stored && conditionOf(stored);
      let response = await next(condition ? withHeaders(request, condition) : request);
      if (stored && condition && response.status === 304) {
        const renewed = renew(stored, request, response.headers, askedAt);
        if (renewed) {
          keep(renewed);
          return fetchedFrom(renewed, 'revalidated');
        }
        // It speaks of an answer that is not here.
        askedAt = clock();
        response = await next(request);
      }

      // How long a redirect holds is not known any more.
      const freshness =
        response.isRedirected || response.isCloseDelimited
          ? undefined
          : evaluate(request, response.status, response.headers);
      const body = freshness && (await collect(name, response.body, maxEntry));
      if (!freshness || !Buffer.isBuffer(body) || body.length > maxEntry) {
        if (response.status < 500) passes.set(key, clock() + PASS_TIME, 0);
        return { response: handOver(body ? { ...response, body } : response, owner), state: 'miss' };
      }
      passes.delete(key);
      const entry = createEntry(request, response, body, freshness, askedAt);
      keep(entry);
      return { response: { ...response, body: entry.body }, entry, state: 'miss' };
    }

    async function serve(request: BackendRequest, directives: RequestDirectives): Promise<BackendResponse> {
      const { url, headers } = request;
      const key = keyOf(request);

      for (let turn = 1; ; turn++) {
        const found = await store.find(key, headers);
        const { entry } = found;
        const now = clock();
        if (entry && satisfies(entry, ageOf(entry, now), directives)) {
          return answer(toResponse(entry, ageOf(entry, now)), 'hit');
        }
        if (directives.onlyIfCached) return answer(NOT_STORED, 'miss');
        const isAlone = turn > MAX_TURNS || (passes.get(key) ?? 0) > now;
        const response = await reads.during(url, (read) =>
          isAlone ? fetchAlone(key, request, found, read, directives) : join(key, request, found, read, directives),
        );
        if (response) return response;
      }
    }

    async function fetchAlone(
      key: string,
      request: BackendRequest,
      found: Lookup,
      read: Read,
      directives: RequestDirectives,
    ): Promise<BackendResponse> {
      const fetched = fetch(key, request, found, read, request.signal);
      const { response, state } = await orStale(fetched, found.entry, request, directives);
      return answer(response, state);
    }

    /** Waits for the others that want the same. Undefined where their answer is not for this one. */
    async function join(
      key: string,
      request: BackendRequest,
      found: Lookup,
      read: Read,
      directives: RequestDirectives,
    ): Promise<BackendResponse | undefined> {
      const { headers, signal } = request;
      // With the read in the key, no request waits for an answer that is older than a write to its URL.
      const flight = singleFlight.join(`${key}\n${variantOf(found.vary, headers)}\n${read.id}`, signal, (shared) =>
        fetch(key, { ...request, signal: shared }, found, read, signal),
      );
      const fetched = await orStale(flight.result, found.entry, request, directives);
      if (flight.isFirst) return answer(fetched.response, fetched.state);
      if (fetched.entry === undefined) return fetchAlone(key, request, found, read, directives);
      if (!mayShare(fetched, request)) return undefined;
      return answer(fetchedFrom(fetched.entry, 'hit').response, fetched.state === 'miss' ? 'hit' : fetched.state);
    }

    function mayShare({ entry, state }: Fetched, { headers }: BackendRequest): boolean {
      if (entry === undefined || entry.variant !== variantOf(entry.vary, headers)) return false;
      return state !== 'miss' || ageOf(entry, clock()) < entry.lifetime;
    }

    /** A change makes what is stored of its URL outdated. */
    function invalidate(url: string, response: BackendResponse): void {
      for (const changed of changedUrls(url, response)) {
        reads.outdate(changed);
        store.invalidate(changed);
      }
    }

    return function cached(request) {
      const { method, url, headers, body } = request;
      if (!SAFE_METHODS.has(method)) {
        return next(request).then((response) => {
          invalidate(url, response);
          return answer(response, 'pass');
        });
      }
      const directives = readDirectives(headers);
      const isOrdinary = (method === 'GET' || method === 'HEAD') && body === undefined && !directives.noStore;
      if (isOrdinary && !PAST_THE_CACHE.some((header) => headers[header] !== undefined))
        return serve(request, directives);
      return next(request).then((response) => answer(response, 'pass'));
    };
  };
}

function withHeaders(request: BackendRequest, added: Headers): BackendRequest {
  return { ...request, headers: Object.assign(Object.create(null), request.headers, added) };
}

/** A body that still streams ends with the one it is for. */
function handOver(response: BackendResponse, owner: AbortSignal): BackendResponse {
  if (!Buffer.isBuffer(response.body)) tie(response.body, owner);
  return response;
}

function tie(body: Readable, owner: AbortSignal): void {
  function end(): void {
    body.on('error', ignore).destroy(owner.reason);
  }
  if (owner.aborted) end();
  else owner.addEventListener('abort', end);
  body.once('close', () => owner.removeEventListener('abort', end));
}

function ignore(): void {}
