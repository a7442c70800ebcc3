import { BackendError, GatewayError } from '../errors.js';
import { REFUSED_ADDRESS } from './redirect-target.js';

const SAFE_CODE = /^[A-Z][A-Z0-9_]{1,60}$/;
const TIMEOUTS = new Set(['ETIMEDOUT', 'ECONNABORTED', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const UNWRITABLE = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'ERR_INVALID_CHAR',
  'ERR_INVALID_URL',
]);

export function connectionError(name: string, what: string): BackendError {
  return new BackendError('ERR_BACKEND_CONNECTION', `${name}: ${what}.`);
}

/** The backend closed the connection while the body was still coming: it is unknown whether the client was the reason. */
export function cutUploadError(name: string): BackendError {
  const message = `${name}: the connection ended before it had the whole request.`;
  return new BackendError('ERR_BACKEND_CONNECTION', message, { isUnsent: true });
}

export function protocolError(name: string, what: string): BackendError {
  return new BackendError('ERR_BACKEND_PROTOCOL', `${name}: the answer breaks HTTP/1.1: ${what}.`);
}

export function sizeError(name: string, limit: number): BackendError {
  const message = `${name}: the body is larger than ${limit} bytes; raise the limit if such answers are meant to be.`;
  return new BackendError('ERR_BACKEND_SIZE', message);
}

export function noRoomError(name: string): BackendError {
  const message = `${name}: the answer was not read: requests and answers hold max_buffered_bytes already.`;
  return new BackendError('ERR_OVERLOADED', message);
}

export function timeoutError(name: string, what: string): BackendError {
  return new BackendError('ERR_BACKEND_TIMEOUT', `${name}: ${what}.`);
}

export function redirectError(name: string, what: string): BackendError {
  return new BackendError('ERR_BACKEND_REDIRECT', `${name}: ${what}.`);
}

export function redirectTargetError(name: string): BackendError {
  return redirectError(
    name,
    'a redirect leads to an address of this machine or of an internal network and was not followed; if that service is meant to be called, make it the host of a backend',
  );
}

export function decodeError(name: string, what: string): BackendError {
  return new BackendError('ERR_BACKEND_DECODE', `${name}: the body cannot be inflated: ${what}.`);
}

export function urlError(name: string): BackendError {
  const message = `${name}: the URL is not one of a backend; hosts need http:// or https:// and no credentials.`;
  return new BackendError('ERR_BACKEND_URL', message);
}

export function closingError(name: string): BackendError {
  return new BackendError('ERR_CLOSING', `${name}: the gateway is closing; no new call is made.`);
}

/** Why a call ended early: the reason of the signal where it is one of ours. */
export function abortError(name: string, signal: AbortSignal): GatewayError {
  const { reason } = signal;
  if (reason instanceof GatewayError) return reason;
  return new BackendError('ERR_BACKEND_CANCELLED', `${name}: the call was cancelled.`);
}

/**
 * Turns what a client library threw into our own error. Message and properties of the original are left out: they hold
 * hosts, headers and bodies.
 */
export function wireError(name: string, error: unknown, isStarted: boolean): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_DESTROYED') return closingError(name);
  if (isBadHttp(error, code)) return protocolError(name, 'it cannot be parsed');
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') {
    return new BackendError('ERR_BACKEND_SIZE', `${name}: the head of the answer is larger than the limit.`);
  }
  if (code === REFUSED_ADDRESS) return redirectTargetError(name);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return timeoutError(name, 'no connection in time');
  if (TIMEOUTS.has(code)) return timeoutError(name, 'no answer in time');
  if (UNWRITABLE.has(code)) {
    const message = `${name}: the request cannot be written as HTTP/1.1; look at the headers and the path it was given.`;
    return new BackendError('ERR_BACKEND_PROTOCOL', message, { isUnsent: true });
  }
  const what = isStarted ? 'the connection ended before the answer was complete' : 'no answer';
  return connectionError(name, code === '' || code === 'UND_ERR_SOCKET' ? what : `${what} (${code})`);
}

/** The code of a foreign error, where it has one that cannot carry anything but a code. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  const { code } = error;
  return typeof code === 'string' && SAFE_CODE.test(code) ? code : '';
}

/** True for what a parser refuses, and for answers that no request asked for. */
export function isBadHttp(error: unknown, code: string): boolean {
  if (code === 'HPE_HEADER_OVERFLOW') return false;
  if (code.startsWith('HPE_') || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return true;
  if (!(error instanceof Error)) return false;
  // undici's names for what its parser refuses, and for answers without a request.
  if (error.name === 'HTTPParserError') return true;
  return code === 'UND_ERR_SOCKET' && (error.message === 'bad response' || error.message === 'bad upgrade');
}
