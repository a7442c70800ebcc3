import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Held } from '../core/buffer-budget.js';
import { PackedStream } from '../core/packed-stream.js';
import { type Connection, expectAnswer, OVERSIZE } from './connection.js';
import { dispatch } from './dispatch.js';
import { connectionError, cutUploadError, noRoomError, protocolError, sizeError, wireError } from './failure.js';
import { type Head, readHead } from './head.js';
import { HeldBody } from './held-body.js';
import { isRedirect } from './redirect.js';
import { setLending } from './shared-reads.js';
import { isCutOff } from './socket.js';
import type { BackendResponse } from './transport.js';
import { isCutUpload, isSocketGone } from './upload.js';

/** The call that a turn is made for. */
export interface TurnOwner {
  /** The backend, as errors name it. */
  readonly name: string;
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly body: Readable | Buffer | undefined;
  /** True hands the body of the answer on as it comes. */
  readonly stream: boolean;
  /** Bytes. */
  readonly maxBody: number;
  /** Where an answer that is held in memory counts. */
  readonly held: Held | undefined;
  /** There is nothing more to tell the caller, neither by the promise nor by the stream. */
  readonly isOver: boolean;
  /** The head of the answer has come: its time counts no more. */
  headArrived(): void;
  /** Gives the caller the answer, or its head and a stream. */
  answer(response: BackendResponse): void;
  /** It is over: all of the answer is there, or its reader wants no more of it. */
  settle(): void;
  /** It is over, by `end` of this turn; false, to be returned to the parser, which stops. */
  fail(error: Error): false;
  /** The other side had closed the idle socket while the request was on its way. False where it is not sent again. */
  retry(stale: Connection): boolean;
  /** The connection may serve another exchange. */
  release(connection: Connection): void;
  discard(connection: Connection): void;
  /** There were bytes behind the end of the answer. */
  strike(): void;
}

const MAX_INTERIM_ANSWERS = 20;
/** What head and framing of an answer may cost beside its body. */
const FRAMING_ALLOWANCE = 1024 * 1024;
const STREAM_BUFFER = 128 * 1024;

/**
 * One request and its answer over one connection. It is itself the handler that undici calls. A class, as one is made for
 * each call.
 */
export class Turn {
  /** undici looks for it. It is named so that a polluted prototype has no effect. */
  readonly onRequestStart = undefined;
  readonly #owner: TurnOwner;
  readonly #connection: Connection;
  readonly #body: HeldBody;
  #stream: PackedStream | undefined;
  #head: Head | undefined;
  /** The address that answered with a redirect. */
  #peerAddress: string | undefined;
  #interimAnswers = 0;
  #received = 0;
  #isConnected = false;
  #isReused = false;
  /** The answer has begun: not even a repeatable request may be sent again. */
  #isStarted = false;
  /** The end of a body that only the end of the connection ends was none. */
  #isCut = false;

  constructor(owner: TurnOwner, connection: Connection) {
    this.#owner = owner;
    this.#connection = connection;
    this.#body = new HeldBody(owner.held);
  }

  start(): void {
    const { path, method, headers, body } = this.#owner;
    const { client, servername } = this.#connection;
    const options = {
      path,
      method,
      headers,
      body: body ?? null,
      servername,
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
      client,
      options as unknown as Dispatcher.DispatchOptions,
      this as unknown as Dispatcher.DispatchHandler,
      headers,
    );
  }

  /** Frees the connection of an exchange that has failed, and breaks the stream; false where there is none to tell. */
  end(error: Error): boolean {
    this.#body.giveBack();
    this.#owner.discard(this.#connection);
    if (this.#stream === undefined) return false;
    this.#stream.destroy(error);
    return true;
  }

  /** The request is about to be written. */
  onConnect(abort: () => void): void {
    if (this.#owner.isOver) {
      abort();
      return;
    }
    this.#isConnected = true;
    this.#isReused = this.#connection.exchanges > 0;
    expectAnswer(this.#connection, this.#owner.maxBody + FRAMING_ALLOWANCE);
  }

  onResponseStarted(): void {
    this.#isStarted = true;
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
    const owner = this.#owner;
    if (owner.isOver) return false;
    if (status < 200) return this.#onInterimAnswer(status);
    owner.headArrived();
    const { name, method, maxBody } = owner;
    const { socket, statusLine } = this.#connection;
    const head = readHead(status, raw, method, owner.headers, statusLine.isHttp10, owner.stream);
    if (typeof head === 'string') return owner.fail(protocolError(name, head));
    if (head.hasBody && head.length > maxBody) return owner.fail(sizeError(name, maxBody));
    this.#head = head;
    // Read now: a closed socket does not know it any more.
    if (isRedirect(status)) this.#peerAddress = socket?.remoteAddress;
    if (!head.hasBody) return true;
    if (owner.stream && head.length !== 0) {
      setLending(socket, true);
      this.#stream = this.#openStream(resume);
      owner.answer(respond(head, this.#stream, this.#peerAddress));
      return true;
    }
    if (head.length > 0 && !this.#body.expect(head.length)) return owner.fail(noRoomError(name));
    if (this.#body.copiesPieces) setLending(socket, true);
    return true;
  }

  onData(piece: Buffer): boolean {
    const owner = this.#owner;
    if (owner.isOver) return false;
    this.#received += piece.length;
    if (this.#received > owner.maxBody) return owner.fail(sizeError(owner.name, owner.maxBody));
    if (this.#stream !== undefined) return this.#stream.add(piece);
    return this.#body.add(piece) || owner.fail(noRoomError(owner.name));
  }

  onComplete(): void {
    const { socket } = this.#connection;
    setLending(socket, false);
    this.#isCut = this.#head?.isCloseDelimited === true && socket !== undefined && isCutOff(socket);
    // The parser has not looked at what follows in the same read yet; it will have by then.
    if (!this.#owner.isOver) queueMicrotask(() => this.#finish());
  }

  onError(error: Error & { code?: string }): void {
    const owner = this.#owner;
    if (owner.isOver) return;
    const isGone = isSocketGone(error);
    if (isGone && this.#isReused && !this.#isStarted && owner.retry(this.#connection)) return;
    const { name, body, maxBody } = owner;
    if (isGone && this.#isConnected && !this.#isStarted && isCutUpload(body)) owner.fail(cutUploadError(name));
    else owner.fail(error.code === OVERSIZE ? sizeError(name, maxBody) : wireError(name, error, this.#isStarted));
  }

  #onInterimAnswer(status: number): boolean {
    const { name } = this.#owner;
    // 101 would be the end of HTTP; a 100 comes as a 102.
    if (status < 102) return this.#owner.fail(protocolError(name, `an unexpected status ${status}`));
    this.#interimAnswers += 1;
    if (this.#interimAnswers <= MAX_INTERIM_ANSWERS) return true;
    return this.#owner.fail(protocolError(name, 'interim answers without end'));
  }

  #openStream(resume: () => void): PackedStream {
    const stream = new PackedStream({
      read: resume,
      destroy: (error, done) => {
        if (!this.#owner.isOver) {
          this.#owner.settle();
          this.#owner.discard(this.#connection);
        }
        done(error);
      },
      highWaterMark: STREAM_BUFFER,
    });
    // The caller may not have got hold of it yet when it breaks.
    return stream.on('error', ignore);
  }

  #finish(): void {
    const owner = this.#owner;
    const head = this.#head;
    if (owner.isOver || head === undefined) return;
    const fault = this.#faultAtEnd(head);
    if (fault !== undefined) {
      owner.fail(fault);
      return;
    }
    owner.settle();
    owner.release(this.#connection);
    if (this.#stream !== undefined) this.#stream.finish();
    else owner.answer(respond(head, this.#body.take(), this.#peerAddress));
  }

  #faultAtEnd(head: Head): Error | undefined {
    const { name } = this.#owner;
    const error = this.#connection.socket?.errored;
    const isBroken = error ? !isOwnEnd(error) : false;
    if (head.isCloseDelimited) {
      // undici takes a reset for the end, too.
      if (error && isBroken) return wireError(name, error, true);
      return this.#isCut ? connectionError(name, 'the connection ended before the answer was complete') : undefined;
    }
    if (!isBroken) return undefined;
    this.#owner.strike();
    return protocolError(name, 'bytes behind its end');
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

/** True where undici has closed the socket since no other exchange may follow. */
function isOwnEnd(error: Error & { code?: string }): boolean {
  return error.code === 'UND_ERR_INFO';
}

function ignore(): void {}
