import type { IncomingMessage, ServerResponse } from 'node:http';

/** Milliseconds that an answer without a deadline of its own has until the client must have taken it. */
const TAKING_TIME = 1000;

/**
 * Closes the connection under an answer that has begun, so that the client can tell it from the end: where neither a length
 * nor chunks say how much there is, only a reset does. Over TLS a close that was not announced says the same.
 */
export function breakOff(response: ServerResponse): void {
  const { socket } = response;
  const isCloseDelimited = response.headersSent && !response.chunkedEncoding && !response.hasHeader('content-length');
  if (isCloseDelimited && !sharesConnection(response) && socket !== null && !('encrypted' in socket)) {
    socket.resetAndDestroy();
  }
  response.destroy();
}

/** Ends an answer that the client has not taken, together with its connection, which frees everything that waits in it. */
export function cut(response: ServerResponse): void {
  if (response.writableFinished) return;
  breakOff(response);
  // Behind an earlier answer of the connection it has no socket yet.
  if (!sharesConnection(response)) response.req.socket.destroy();
}

/** True over HTTP/2, where the streams of other requests use the connection as well. */
function sharesConnection(response: ServerResponse): boolean {
  return response.req.httpVersionMajor > 1;
}

/**
 * For answers that no deadline bounds: cuts one that the client does not take in a second. Costs nothing where it has been. One
 * that waits behind an earlier answer of its connection has its second when it is its turn.
 */
export function cutUnlessTaken(response: ServerResponse): void {
  if (response.writableFinished || response.destroyed) return;
  if (response.socket === null) response.once('socket', () => startTaking(response));
  else if (response.socket.writableLength > 0) startTaking(response);
}

function startTaking(response: ServerResponse): void {
  const timer = setTimeout(cut, TAKING_TIME, response);
  response.once('close', () => clearTimeout(timer));
}

/** Announces that the connection ends with this answer. HTTP/2 has no header for that: there, each answer has its own stream. */
export function announceClose(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
}
