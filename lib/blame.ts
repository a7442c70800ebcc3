import { BackendError, type ErrorCode, GatewayError } from './errors.js';

/** What a backend had a part in. Everything else happened on our side of the wire. */
const BACKENDS_FAULT: ReadonlySet<ErrorCode> = new Set([
  'ERR_BACKEND_CONNECTION',
  'ERR_BACKEND_TIMEOUT',
  'ERR_BACKEND_PROTOCOL',
  'ERR_BACKEND_SIZE',
  'ERR_BACKEND_REDIRECT',
  'ERR_BACKEND_STATUS',
  'ERR_BACKEND_DECODE',
]);
/** A deadline that passes while a backend is silent does say something about it. */
const DEADLINES: ReadonlySet<ErrorCode> = new Set(['ERR_ENDPOINT_TIMEOUT', 'ERR_BACKEND_TIMEOUT']);

/**
 * Whether a failed call says something about the backend. It does not when the client left, when nobody needed the answer
 * any more, when the call was turned away before it was made, or when it ended before the backend had the whole request.
 */
export function isBackendsFault(error: unknown, signal: AbortSignal): boolean {
  // What a call fails with once it has been ended is of no interest; why it was ended is.
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (!(cause instanceof GatewayError)) return false;
  if (cause instanceof BackendError && cause.details.isUnsent) return false;
  return signal.aborted ? DEADLINES.has(cause.code) : BACKENDS_FAULT.has(cause.code);
}
