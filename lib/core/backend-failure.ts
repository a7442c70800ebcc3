import type { Readable } from 'node:stream';
import { BackendError, GatewayError } from '../errors.js';
import type { ProxyResponse } from '../proxy.js';

/**
 * Whether a failed call says something about the backend. It does not when the client left, when the answer was not needed
 * any more, when the call was turned away before it was made, or when it ended before the backend had the whole request.
 */
export function isBackendFailure(error: unknown, signal: AbortSignal): boolean {
  // What a call fails with once it has been ended is of no interest; why it was ended is.
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (!(cause instanceof GatewayError)) return false;
  if (cause instanceof BackendError && cause.details.isUnsent) return false;
  return (signal.aborted ? cause.kind.isDeadline : cause.kind.isBackendFailure) === true;
}

/** How a streamed answer ended after its head. */
export interface StreamEnd {
  /** Undefined where it ended whole. */
  readonly failure: GatewayError | undefined;
  /** Whether the failure says something about the backend. */
  readonly isBackendFailure: boolean;
}

/**
 * Calls `listener` once, when the streamed body of an answer has ended; at once where it has. False, and no call, for an
 * answer that has none.
 */
export function onStreamEnd(
  name: string,
  { body, metadata }: ProxyResponse,
  signal: AbortSignal,
  listener: (end: StreamEnd) => void,
): boolean {
  if (body === undefined || Buffer.isBuffer(body)) return false;
  const stream = body;
  const isOpenEnded = metadata.headers['content-length'] === undefined;

  function onClose(): void {
    const failure = failureOf(name, stream, signal);
    listener({ failure, isBackendFailure: failure !== undefined && isFaultInStream(failure, stream, isOpenEnded) });
  }
  if (stream.closed) onClose();
  else stream.once('close', onClose);
  return true;
}

/** The first reason wins: what ended the stream, then what ended the request. */
function failureOf(name: string, stream: Readable, signal: AbortSignal): GatewayError | undefined {
  const { errored } = stream;
  if (errored instanceof GatewayError) return errored;
  if (errored) return brokenOff(name);
  if (stream.readableEnded) return undefined;
  if (signal.aborted && signal.reason instanceof GatewayError) return signal.reason;
  return new BackendError('ERR_BACKEND_CANCELLED', `The answer of ${name} was not needed to its end`);
}

/** The failure of a body whose own error is not ours, and may hold hosts. */
export function brokenOff(name: string): BackendError {
  return new BackendError('ERR_BACKEND_CONNECTION', `${name}: the connection ended before the answer was complete.`);
}

/**
 * A deadline says nothing about a stream that need not end by then, as one of events, nor about one whose client did not
 * take what there was.
 */
function isFaultInStream(failure: GatewayError, stream: Readable, isOpenEnded: boolean): boolean {
  if (!failure.kind.isDeadline) return failure.kind.isBackendFailure === true;
  return !isOpenEnded && !stream.isPaused() && stream.readableLength === 0;
}
