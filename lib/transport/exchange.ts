import type { Socket } from 'node:net';
import { finished, PassThrough, Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Headers } from '../proxy.js';
import {
  abortError,
  closingError,
  connectionError,
  protocolError,
  sizeError,
  timeoutError,
  urlError,
  wireError,
} from './failure.js';
import { contentLength, isConditional, parseHeaders } from './headers.js';
import type { Call, Lane, Pool } from './pool.js';
import type { BackendResponse } from './transport.js';

/** A request ready to be written. */
export interface WireRequest {
  /** Upper case. */
  readonly method: string;
  /** Absolute and encoded. */
  readonly url: string;
  /** Name, value, name, value… without anything that belongs to the connection. */
  readonly headers: string[];
  readonly body: Readable | Buffer | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface ExchangeSettings {
  readonly name: string;
  readonly stream: boolean;
  readonly maxBody: number;
  readonly responseHeaderTimeout: number;
  readonly poolFor: (origin: string) => Pool | undefined;
}

/** Sends one request and receives one answer, strictly. */
export type Exchange = (request: WireRequest) => Promise<BackendResponse>;

const MAX_HEADER_LINES = 200;
const MAX_INTERIM_ANSWERS = 20;
const EMPTY = Buffer.alloc(0);
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export function createExchange(settings: ExchangeSettings): Exchange {
  const { name, poolFor } = settings;

  return function exchange(request) {
    const { url, signal } = request;
    if (signal?.aborted) return Promise.reject(abortError(name, signal));
    // 8 is behind the double slash and one character of the host, of either scheme.
    const cut = url.indexOf('/', 8);
    const pool = poolFor(cut < 0 ? url : url.slice(0, cut));
    if (pool === undefined) return Promise.reject(urlError(name));
    const path = cut < 0 ? '/' : url.slice(cut);
    return new Promise<BackendResponse>(function run(resolve, reject) {
      runExchange(settings, pool, path, request, resolve, reject);
    });
  };
}

function runExchange(
  settings: ExchangeSettings,
  pool: Pool,
  path: string,
  request: WireRequest,
  resolve: (response: BackendResponse) => void,
  reject: (error: Error) => void,
): void {
  const { name, maxBody } = settings;
  const { method, signal } = request;
  const body = request.body instanceof Readable ? detach(request.body) : request.body;
  const call: Call = { start, refuse };
  let lane: Lane | undefined;
  /** The answer has begun: not even a repeatable request may be sent again. */
  let isStarted = false;
  let isReused = false;
  let isRetry = false;
  /** Nothing more to tell the caller, neither by the promise nor by the stream. */
  let isOver = false;
  let interim = 0;
  let status = 0;
  let headers: Headers | undefined;
  let isCloseDelimited = false;
  let chunks: Buffer[] | undefined;
  let first: Buffer | undefined;
  let received = 0;
  let stream: Readable | undefined;
  let headTimer: NodeJS.Timeout | undefined;

  const handler = {
    onRequestStart: undefined,
    onConnect,
    onResponseStarted,
    onHeaders,
    onData,
    onComplete,
    onError,
  };

  signal?.addEventListener('abort', onAbort);
  if (settings.responseHeaderTimeout > 0) headTimer = setTimeout(onHeadTimeout, settings.responseHeaderTimeout);
  pool.take(call, false);

  function start(free: Lane): void {
    lane = free;
    free.client.dispatch(
      {
        path,
        method: method as Dispatcher.HttpMethod,
        headers: request.headers,
        body: body ?? null,
        servername: free.servername,
        // undici would close the socket after HEAD; strict framing makes that unnecessary.
        reset: method === 'HEAD' ? false : undefined,
        // The rest is named so that a polluted prototype has no say.
        origin: undefined,
        query: undefined,
        idempotent: undefined,
        blocking: undefined,
        upgrade: undefined,
        headersTimeout: undefined,
        bodyTimeout: undefined,
        expectContinue: undefined,
        throwOnError: undefined,
        maxRedirections: undefined,
        typeOfService: undefined,
      } as unknown as Dispatcher.DispatchOptions,
      handler as unknown as Dispatcher.DispatchHandler,
    );
  }

  function refuse(): void {
    fail(closingError(name));
  }

  function onConnect(abort: (error?: Error) => void): void {
    isReused = lane!.exchanges > 0;
    lane!.exchanges += 1;
    if (isOver) abort();
  }

  function onResponseStarted(): void {
    isStarted = true;
  }

  function onHeaders(code: number, raw: readonly Buffer[], resume: () => void): boolean {
    if (isOver) return false;
    if (code < 200) {
      if (code < 102) return refuseAnswer(`unexpected status ${code}`);
      interim += 1;
      return interim > MAX_INTERIM_ANSWERS ? refuseAnswer(`more than ${MAX_INTERIM_ANSWERS} interim answers`) : true;
    }
    if (headTimer !== undefined) clearTimeout(headTimer);
    const parsed = parseHeaders(raw, MAX_HEADER_LINES);
    if ('fault' in parsed) return refuseAnswer(parsed.fault);
    headers = parsed.headers;
    status = code;
    const isBodiless = code === 204 || code === 304 || method === 'HEAD';
    if (code === 304 && !isConditional(request.headers)) return refuseAnswer('304 to a request without a condition');
    const encoding = headers['transfer-encoding'];
    const length = contentLength(headers);
    if (length === undefined || (length >= 0 && encoding !== undefined)) return refuseAnswer('a contradictory length');
    if (encoding !== undefined && (typeof encoding !== 'string' || encoding.toLowerCase() !== 'chunked')) {
      return refuseAnswer('a transfer encoding other than chunked');
    }
    if (!isBodiless && length > maxBody) {
      fail(sizeError(name, maxBody));
      return false;
    }
    isCloseDelimited = !isBodiless && length < 0 && encoding === undefined;
    if (settings.stream && !isBodiless && length !== 0) {
      stream = new Readable({ read: resume, destroy: onStreamDestroy });
      resolve({ status, headers, body: stream });
    }
    return true;
  }

  function onData(chunk: Buffer): boolean {
    if (isOver) return false;
    received += chunk.length;
    if (received > maxBody) {
      fail(sizeError(name, maxBody));
      return false;
    }
    if (stream !== undefined) return stream.push(chunk);
    if (first === undefined) first = chunk;
    else if (chunks === undefined) chunks = [first, chunk];
    else chunks.push(chunk);
    return true;
  }

  function onComplete(): void {
    // What follows the answer in the same read has not been looked at yet.
    if (!isOver) queueMicrotask(finish);
  }

  function finish(): void {
    if (isOver) return;
    const fault = faultAtEnd(lane!.socket);
    if (fault !== undefined) {
      fail(fault);
      return;
    }
    settle();
    pool.release(lane!);
    if (stream !== undefined) stream.push(null);
    else resolve({ status, headers: headers!, body: collected() });
  }

  function faultAtEnd(socket: Socket | undefined): Error | undefined {
    const ended = socket?.errored as (Error & { code?: string }) | null | undefined;
    if (ended && ended.code !== 'UND_ERR_INFO') {
      return isCloseDelimited ? wireError(name, ended, true) : protocolError(name, 'bytes after its end');
    }
    if (socket?.destroyed && socket.readableLength > 0) return protocolError(name, 'bytes after its end');
    if (isCloseDelimited && socket?.readableEnded !== true) return connectionError(name, 'the connection was cut');
    return undefined;
  }

  function collected(): Buffer {
    if (chunks !== undefined) return Buffer.concat(chunks, received);
    return first ?? EMPTY;
  }

  function onError(error: Error): void {
    if (isOver) return;
    const isRace = isReused && !isStarted && !isRetry && REPEATABLE.has(method) && !(body instanceof Readable);
    if (isRace && isSocketGone(error)) retry();
    else fail(wireError(name, error, isStarted));
  }

  function retry(): void {
    isRetry = true;
    const stale = lane!;
    lane = undefined;
    // Not from within undici's clean-up of the socket.
    queueMicrotask(function retryNow() {
      if (!isOver) pool.take(call, true);
      pool.discard(stale);
    });
  }

  function refuseAnswer(what: string): false {
    fail(protocolError(name, what));
    return false;
  }

  function onAbort(): void {
    fail(abortError(name, signal!));
  }

  function onHeadTimeout(): void {
    fail(timeoutError(name, 'no head of an answer in time'));
  }

  function onStreamDestroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!isOver) {
      settle();
      pool.discard(lane!);
    }
    callback(error);
  }

  function fail(error: Error): void {
    if (isOver) return;
    settle();
    if (lane === undefined) pool.forget(call);
    else pool.discard(lane);
    if (stream !== undefined) stream.destroy(error);
    else reject(error);
  }

  function settle(): void {
    isOver = true;
    if (headTimer !== undefined) clearTimeout(headTimer);
    signal?.removeEventListener('abort', onAbort);
    if (body instanceof Readable && !body.destroyed) body.destroy();
  }
}

/** True for the errors of a socket that the other side had closed already. */
function isSocketGone(error: Error & { code?: string }): boolean {
  return error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/**
 * A copy of the client's body that may be destroyed: destroying the original would close the client's connection, and
 * there is still an answer to send.
 */
export function detach(source: Readable): Readable {
  const copy = new PassThrough();
  const stop = finished(source, { writable: false }, function onSourceEnd(error) {
    if (error) copy.destroy(error);
  });
  copy.once('close', function letGo() {
    source.unpipe(copy);
    stop();
  });
  source.pipe(copy);
  return copy;
}
