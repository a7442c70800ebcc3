import { type IncomingMessage, OutgoingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { borrow, isLent, release } from '../core/buffer-pool.js';
import { Collector } from '../core/collect.js';
import { BackendError } from '../errors.js';
import { breakOff, cutUnlessTaken } from './cut.js';

export interface PipeOptions {
  readonly response: ServerResponse;
  readonly body: Readable;
  /** What the headers promise; undefined when they promise nothing. */
  readonly length: number | undefined;
  /** Called when the stream failed before the head of the answer was sent: another answer is still possible. */
  readonly onEarlyFailure: (error: unknown) => void;
  /** Called when the client is left with a cut answer. */
  readonly onCut: (error: unknown) => void;
}

/** While the client has not taken what it was sent before, smaller pieces wait until there is so much of them. */
const BLOCK = 16 * 1024;

/** Of `compression`, which else keeps what it has until there is enough of it. */
interface Flushing {
  flush?: unknown;
}

/**
 * Pipes a body with back-pressure. A body that ends in an error, or not where the headers say, takes the client's
 * connection with it: a cut answer must never look complete. One without a length may be a stream of events: its head does
 * not wait for its first byte, and a middleware that compresses it is told to send each piece on.
 */
export function pipeBody({ response, body, length, onEarlyFailure, onCut }: PipeOptions): void {
  // Another middleware may not tell when something was written.
  const isDirect = writesItself(response);
  let waiting: Collector | undefined;
  let sent = 0;
  /** Pieces that are not with the operating system yet. */
  let unwritten = 0;
  // A body that fails in this turn of the loop can still become an error.
  const headTimer = length === undefined ? setImmediate(sendHead) : undefined;

  function sendHead(): void {
    if (!response.headersSent && !response.writableEnded && !response.destroyed) response.flushHeaders();
  }

  function onData(chunk: Buffer | string): void {
    // Node would write a text together with the head, and the head in the encoding of the text.
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    sent += piece.length;
    if (length !== undefined && sent > length) fail(breaksHttp('longer than its Content-Length'));
    else if (!(isDirect ? send(piece) : writeAndFlush(piece))) body.pause();
  }

  function writeAndFlush(piece: Buffer): boolean {
    const wantsMore = response.write(piece);
    const { flush } = response as Flushing;
    // Where more is there already it comes first.
    if (length === undefined && typeof flush === 'function' && body.readableLength === 0) flush.call(response);
    return wantsMore;
  }

  function send(piece: Buffer): boolean {
    if (unwritten > 0 && piece.length < BLOCK) {
      waiting ??= new Collector();
      waiting.add(piece);
      release(piece);
      return waiting.size < BLOCK || writeWaiting();
    }
    writeWaiting();
    return write(piece);
  }

  function writeWaiting(): boolean {
    return waiting === undefined || waiting.size === 0 || write(waiting.take());
  }

  function write(piece: Buffer): boolean {
    unwritten += 1;
    if (!isLent(piece)) return response.write(piece, onWritten);
    return response.write(piece, function onLentWritten() {
      release(piece);
      onWritten();
    });
  }

  function onWritten(): void {
    unwritten -= 1;
    if (unwritten === 0 && !response.writableEnded && !response.destroyed) writeWaiting();
  }

  function onEnd(): void {
    if (length !== undefined && sent < length) {
      fail(breaksHttp('shorter than its Content-Length'));
      return;
    }
    detach();
    writeWaiting();
    response.end();
  }

  function onBodyClose(): void {
    fail(body.errored);
  }

  function onDrain(): void {
    body.resume();
  }

  /** The client has gone, or other code has ended the answer. */
  function onResponseClose(): void {
    detach();
    body.destroy();
  }

  function fail(error: unknown): void {
    detach();
    // It keeps the reason for code that asks how it ended.
    body.destroy(error instanceof Error ? error : undefined);
    if (!response.headersSent && !response.destroyed) {
      onEarlyFailure(error);
      return;
    }
    onCut(error);
    breakOff(response);
  }

  function detach(): void {
    clearImmediate(headTimer);
    body.off('data', onData).off('end', onEnd).off('error', fail).off('close', onBodyClose);
    // A destroyed body may still report why.
    body.on('error', ignore);
    response.off('drain', onDrain).off('close', onResponseClose);
  }

  if (isDirect) borrow(body);
  // A write to a socket that is just going away; `close` follows.
  response.on('error', ignore);
  response.on('drain', onDrain).on('close', onResponseClose);
  body.on('data', onData).on('end', onEnd).on('error', fail).on('close', onBodyClose);
  // Neither event comes a second time.
  if (body.readableEnded) onEnd();
  else if (body.destroyed) onBodyClose();
}

/** Whether what is written goes to the socket alone: another middleware may keep it, for a log or a test. */
function writesItself(response: ServerResponse): boolean {
  return response.write === OutgoingMessage.prototype.write && response.socket?.write === Socket.prototype.write;
}

function breaksHttp(what: string): BackendError {
  return new BackendError('ERR_BACKEND_PROTOCOL', `The body is ${what}.`);
}

function ignore(): void {}

/** How long, in milliseconds, and how far, in bytes, a client may go on sending after its answer. */
const LINGER_TIME = 1000;
const LINGER_BYTES = 4 * 1024 * 1024;

/**
 * Ends an answer while the client may still be sending its body. Closing the socket at once would reset the connection
 * and could take the answer along, so it is sent whole, and what still comes is thrown away for a moment.
 */
export function endAndLinger(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  let left = LINGER_BYTES;
  const timer = setTimeout(finish, LINGER_TIME);

  function onData(chunk: Buffer | string): void {
    left -= chunk.length;
    if (left < 0) finish();
  }

  function finish(): void {
    clearTimeout(timer);
    request.off('data', onData).off('end', finish).off('close', finish).off('error', finish);
    response.off('close', finish);
    request.pause();
    if (!response.writableEnded) response.end();
    cutUnlessTaken(response);
  }

  response.on('close', finish);
  // The former reader does not read any more, and might pause what has to flow.
  request.removeAllListeners('data');
  request.on('data', onData).on('end', finish).on('close', finish).on('error', finish);
  request.resume();
  if (body.length > 0) response.write(body);
  response.flushHeaders();
}
