import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { give, type Held, take } from '../core/buffer-budget.js';
import { Collector } from '../core/collect.js';
import type { QueueNode } from '../core/linked-queue.js';
import { PackedStream } from '../core/packed-stream.js';
import { offAbort, onAbort } from '../core/signal.js';
import { type Connection, expectAnswer, OVERSIZE } from './connection.js';
import { dispatch, isInstrumented } from './dispatch.js';
import {
  abortError,
  closingError,
  connectionError,
  cutUploadError,
  noRoomError,
  protocolError,
  sizeError,
  timeoutError,
  urlError,
  wireError,
} from './failure.js';
import { type Head, readHead } from './head.js';
import type { Call, Waiter } from './origin.js';
import type { Pool } from './pool.js';
import { isRedirect } from './redirect.js';
import { setLending } from './shared-reads.js';
import { isCutOff } from './socket.js';
import type { BackendResponse } from './transport.js';
import { detach, isCutUpload, isSocketGone } from './upload.js';

/** A request ready to be written. */
export interface WireRequest {
  /** Upper case. */
  readonly method: string;
  /** Absolute and encoded. */
  readonly url: string;
  /** Lower-case name, value, name, value… without anything that belongs to the connection. */
  readonly headers: string[];
  readonly body: Readable | Buffer | undefined;
  readonly signal: AbortSignal | undefined;
  /** Where an answer that is held in memory counts. */
  readonly held?: Held | undefined;
}

export interface ExchangeSettings {
  readonly name: string;
  readonly stream: boolean;
  readonly maxBody: number;
  readonly responseHeaderTimeout: number;
  readonly poolFor: (origin: string) => Pool | undefined;
}

/** Sends one request and receives one answer; anything that may be half of it, or of another request, is an error. */
export type Exchange = (request: WireRequest) => Promise<BackendResponse>;

const MAX_INTERIM_ANSWERS = 20;
/** What head and framing of an answer may cost beside its body. */
const FRAMING_ALLOWANCE = 1024 * 1024;
const STREAM_BUFFER = 128 * 1024;
/** Bodies of such a length have one Buffer from the start: smaller ones come in one read, larger ones may never come. */
const SMALLEST_WHOLE = 64 * 1024;
const LARGEST_WHOLE = 8 * 1024 * 1024;
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Scheme and the first character of the host, at least: the first slash behind them begins the path. */
const SHORTEST_ORIGIN = 'http://h'.length;

export function createExchange(settings: ExchangeSettings): Exchange {
  const { name, poolFor } = settings;

  return function exchange(request) {
    const { url, signal } = request;
    if (signal?.aborted) return Promise.reject(abortError(name, signal));
    const cut = url.indexOf('/', SHORTEST_ORIGIN);
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
  const { method, signal, held } = request;
  const body = request.body instanceof Readable ? detach(request.body) : request.body;
  // A call that waits is started out of another one's context, and its span would get the wrong parent.
  const call: Call = { start: isInstrumented() ? AsyncResource.bind(start) : start, refuse };
  const handler = { onRequestStart: undefined, onConnect, onResponseStarted, onHeaders, onData, onComplete, onError };
  let connection: Connection | undefined;
  /** Where it waits for a connection. */
  let place: QueueNode<Waiter> | undefined;
  let isConnected = false;
  let isReused = false;
  let isRetry = false;
  /** The answer has begun: not even a repeatable request may be sent again. */
  let isStarted = false;
  /** There is nothing more to tell the caller, neither by the promise nor by the stream. */
  let isOver = false;
  /** The end of a body that only the end of the connection ends was none. */
  let isCut = false;
  let interimAnswers = 0;
  let head: Head | undefined;
  const pieces = new Collector();
  /** Takes the place of the pieces where the length is known. */
  let whole: Buffer | undefined;
  let received = 0;
  /** Bytes that count as held. */
  let taken = 0;
  /** The address that answered with a redirect. */
  let peerAddress: string | undefined;
  let stream: PackedStream | undefined;
  let headTimer: NodeJS.Timeout | undefined;

  if (signal !== undefined) onAbort(signal, onAborted);
  if (settings.responseHeaderTimeout > 0) {
    // A client may take its time to send a body.
    if (body instanceof Readable) body.once('end', startHeadTimer);
    else startHeadTimer();
  }
  place = pool.take(call, false);

  function start(free: Connection): void {
    connection = free;
    const options = {
      path,
      method,
      headers: request.headers,
      body: body ?? null,
      servername: free.servername,
      // undici would close the socket after HEAD; strict framing makes that unnecessary.
      reset: method === 'HEAD' ? false : undefined,
      // The rest is named so that a polluted prototype has no effect.
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
    };
    // undici's types leave out undefined, and the plain handler that its clients take.
    dispatch(
      free.client,
      options as unknown as Dispatcher.DispatchOptions,
      handler as unknown as Dispatcher.DispatchHandler,
      request.headers,
    );
  }

  function refuse(): void {
    fail(closingError(name));
  }

  /** The request is about to be written. */
  function onConnect(abort: () => void): void {
    if (isOver || connection === undefined) {
      abort();
      return;
    }
    isConnected = true;
    isReused = connection.exchanges > 0;
    expectAnswer(connection, maxBody + FRAMING_ALLOWANCE);
  }

  function onResponseStarted(): void {
    isStarted = true;
  }

  function onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
    if (isOver) return false;
    if (status < 200) return onInterimAnswer(status);
    clearTimeout(headTimer);
    const judged = readHead(status, raw, method, request.headers, connection?.statusLine.isHttp10, settings.stream);
    if (typeof judged === 'string') return fail(protocolError(name, judged));
    if (judged.hasBody && judged.length > maxBody) return fail(sizeError(name, maxBody));
    head = judged;
    // Read now: a closed socket does not know it any more.
    if (isRedirect(status)) peerAddress = connection?.socket?.remoteAddress;
    if (!judged.hasBody) return true;
    if (settings.stream && judged.length !== 0) {
      setLending(connection?.socket, true);
      stream = new PackedStream({ read: resume, destroy: onStreamDestroy, highWaterMark: STREAM_BUFFER });
      // The caller may not have got hold of it yet when it breaks.
      stream.on('error', ignore);
      resolve(respond(judged, stream, peerAddress));
      return true;
    }
    if (judged.length > 0 && !hold(judged.length)) return fail(noRoomError(name));
    if (judged.length > SMALLEST_WHOLE && judged.length <= LARGEST_WHOLE) {
      setLending(connection?.socket, true);
      whole = Buffer.allocUnsafeSlow(judged.length);
    }
    return true;
  }

  function hold(bytes: number): boolean {
    if (!take(held, bytes)) return false;
    taken += bytes;
    return true;
  }

  function onInterimAnswer(status: number): boolean {
    // 101 would be the end of HTTP; a 100 comes as a 102.
    if (status < 102) return fail(protocolError(name, `an unexpected status ${status}`));
    interimAnswers += 1;
    return interimAnswers <= MAX_INTERIM_ANSWERS || fail(protocolError(name, 'interim answers without end'));
  }

  function onData(piece: Buffer): boolean {
    if (isOver) return false;
    const start = received;
    received += piece.length;
    if (received > maxBody) return fail(sizeError(name, maxBody));
    if (stream !== undefined) return stream.add(piece);
    if (received > taken && !hold(piece.length)) return fail(noRoomError(name));
    if (whole !== undefined) whole.set(piece, start);
    else pieces.add(piece);
    return true;
  }

  function onComplete(): void {
    setLending(connection?.socket, false);
    isCut = head?.isCloseDelimited === true && connection?.socket !== undefined && isCutOff(connection.socket);
    // The parser has not looked at what follows in the same read yet; it will have by then.
    if (!isOver) queueMicrotask(finish);
  }

  function finish(): void {
    if (isOver || connection === undefined || head === undefined) return;
    const error = connection.socket?.errored;
    if (head.isCloseDelimited) {
      const fault = faultAtClose(name, error, isCut);
      if (fault !== undefined) {
        fail(fault);
        return;
      }
    } else if (error && !isOwnEnd(error)) {
      pool.strike();
      fail(protocolError(name, 'bytes behind its end'));
      return;
    }
    settle();
    pool.release(connection);
    if (stream !== undefined) stream.finish();
    else resolve(respond(head, whole ?? pieces.take(), peerAddress));
  }

  function onError(error: Error & { code?: string }): void {
    if (isOver) return;
    const isRace = isReused && !isStarted && !isRetry && REPEATABLE.has(method) && !(body instanceof Readable);
    if (isRace && isSocketGone(error)) retry();
    else if (isConnected && !isStarted && isCutUpload(body) && isSocketGone(error)) fail(cutUploadError(name));
    else fail(error.code === OVERSIZE ? sizeError(name, maxBody) : wireError(name, error, isStarted));
  }

  /** The other side had closed the idle socket while the request was on its way: it never saw it. */
  function retry(): void {
    const stale = connection;
    isRetry = true;
    connection = undefined;
    // Not from within undici's own clean-up.
    queueMicrotask(function retryNow() {
      if (!isOver) place = pool.take(call, true);
      if (stale !== undefined) pool.discard(stale);
    });
  }

  function onAborted(): void {
    if (signal !== undefined) fail(abortError(name, signal));
  }

  function startHeadTimer(): void {
    if (!isOver && head === undefined) headTimer = setTimeout(onHeadTimeout, settings.responseHeaderTimeout);
  }

  function onHeadTimeout(): void {
    fail(timeoutError(name, 'no head of an answer in time'));
  }

  function onStreamDestroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!isOver) {
      settle();
      if (connection !== undefined) pool.discard(connection);
    }
    done(error);
  }

  /** Closes the socket, so that the parser stops as well; false, to be returned to it. */
  function fail(error: Error): false {
    if (isOver) return false;
    settle();
    give(held, taken);
    if (connection !== undefined) pool.discard(connection);
    else if (place !== undefined) pool.forget(place);
    if (stream !== undefined) stream.destroy(error);
    else reject(error);
    return false;
  }

  function settle(): void {
    isOver = true;
    clearTimeout(headTimer);
    if (signal !== undefined) offAbort(signal, onAborted);
    if (body instanceof Readable && !body.destroyed) body.destroy();
  }
}

function respond(
  { status, headers, isCloseDelimited }: Head,
  body: Readable | Buffer,
  peerAddress: string | undefined,
): BackendResponse {
  if (isCloseDelimited || peerAddress !== undefined) return { status, headers, body, isCloseDelimited, peerAddress };
  return { status, headers, body };
}

/** Of a body that only the end of the connection ends: undici takes a reset for that end, too. */
function faultAtClose(name: string, error: Error | null | undefined, isCut: boolean): Error | undefined {
  if (error && !isOwnEnd(error)) return wireError(name, error, true);
  return isCut ? connectionError(name, 'the connection ended before the answer was complete') : undefined;
}

/** True where undici has closed the socket since no other exchange may follow. */
function isOwnEnd(error: Error & { code?: string }): boolean {
  return error.code === 'UND_ERR_INFO';
}

function ignore(): void {}
