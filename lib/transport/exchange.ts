import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { Held } from '../core/buffer-budget.js';
import type { QueueNode } from '../core/linked-queue.js';
import { offAbort, onAbort } from '../core/signal.js';
import type { Connection } from './connection.js';
import { isInstrumented } from './dispatch.js';
import { abortError, closingError, timeoutError, urlError } from './failure.js';
import type { Call, Waiter } from './origin.js';
import type { Pool } from './pool.js';
import type { BackendResponse } from './transport.js';
import { Turn, type TurnOwner } from './turn.js';
import { detach } from './upload.js';

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
      new WireCall(settings, pool, path, request, resolve, reject).begin();
    });
  };
}

/**
 * One call from the wait for a connection to the end of its answer, which may take two turns. A class, as one is made for each
 * call.
 */
class WireCall implements Call, TurnOwner {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly body: Readable | Buffer | undefined;
  readonly stream: boolean;
  readonly maxBody: number;
  readonly held: Held | undefined;
  isOver = false;
  readonly #signal: AbortSignal | undefined;
  readonly #headTimeout: number;
  readonly #pool: Pool;
  readonly #resolve: (response: BackendResponse) => void;
  readonly #reject: (error: Error) => void;
  /** What waits for a connection. */
  readonly #queued: Call;
  /** Where it waits. */
  #place: QueueNode<Waiter> | undefined;
  #turn: Turn | undefined;
  #isRetry = false;
  #hasHead = false;
  #headTimer: NodeJS.Timeout | undefined;

  constructor(
    settings: ExchangeSettings,
    pool: Pool,
    path: string,
    request: WireRequest,
    resolve: (response: BackendResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.name = settings.name;
    this.method = request.method;
    this.path = path;
    this.headers = request.headers;
    this.body = request.body instanceof Readable ? detach(request.body) : request.body;
    this.stream = settings.stream;
    this.maxBody = settings.maxBody;
    this.held = request.held;
    this.#signal = request.signal;
    this.#headTimeout = settings.responseHeaderTimeout;
    this.#pool = pool;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#queued = isInstrumented() ? bindToContext(this) : this;
  }

  begin(): void {
    if (this.#signal !== undefined) onAbort(this.#signal, this.#onAborted);
    if (this.#headTimeout > 0) {
      // A client may take its time to send a body.
      if (this.body instanceof Readable) this.body.once('end', () => this.#startHeadTimer());
      else this.#startHeadTimer();
    }
    this.#place = this.#pool.take(this.#queued, false);
  }

  start(connection: Connection): void {
    this.#turn = new Turn(this, connection);
    this.#turn.start();
  }

  refuse(): void {
    this.fail(closingError(this.name));
  }

  headArrived(): void {
    this.#hasHead = true;
    clearTimeout(this.#headTimer);
  }

  answer(response: BackendResponse): void {
    this.#resolve(response);
  }

  /** Closes the socket, so that the parser stops as well. */
  fail(error: Error): false {
    if (this.isOver) return false;
    this.settle();
    if (this.#turn === undefined && this.#place !== undefined) this.#pool.forget(this.#place);
    if (!this.#turn?.end(error)) this.#reject(error);
    return false;
  }

  settle(): void {
    const { body } = this;
    this.isOver = true;
    clearTimeout(this.#headTimer);
    if (this.#signal !== undefined) offAbort(this.#signal, this.#onAborted);
    if (body instanceof Readable && !body.destroyed) body.destroy();
  }

  /** Once, on a new socket: the backend never saw the request. */
  retry(stale: Connection): boolean {
    if (this.#isRetry || !REPEATABLE.has(this.method) || this.body instanceof Readable) return false;
    this.#isRetry = true;
    this.#turn = undefined;
    // Not from within undici's own clean-up.
    queueMicrotask(() => {
      if (!this.isOver) this.#place = this.#pool.take(this.#queued, true);
      this.#pool.discard(stale);
    });
    return true;
  }

  release(connection: Connection): void {
    this.#pool.release(connection);
  }

  discard(connection: Connection): void {
    this.#pool.discard(connection);
  }

  strike(): void {
    this.#pool.strike();
  }

  readonly #onAborted = (): void => {
    if (this.#signal !== undefined) this.fail(abortError(this.name, this.#signal));
  };

  #startHeadTimer(): void {
    if (!this.isOver && !this.#hasHead) this.#headTimer = setTimeout(onHeadTimeout, this.#headTimeout, this);
  }
}

function onHeadTimeout(call: WireCall): void {
  call.fail(timeoutError(call.name, 'no head of an answer in time'));
}

/** A call that waits is started out of another one's context, and its span would get the wrong parent. */
function bindToContext(call: Call): Call {
  return { start: AsyncResource.bind((connection: Connection) => call.start(connection)), refuse: () => call.refuse() };
}
