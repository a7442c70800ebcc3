import type { IncomingMessage, ServerResponse } from 'node:http';

/** Milliseconds that an answer without a deadline of its own has until the client must have taken it. */
const TAKING_TIME = 1000;

/** Ends an answer that the client has not taken, together with its connection, which frees everything that waits in it. */
export function cut(response: ServerResponse): void {
  if (response.writableFinished) return;
  response.destroy();
  // Behind an earlier answer of the connection it has no socket yet.
  response.req.socket.destroy();
}

/** For answers that no deadline bounds: cuts one that the client does not take in a second. Costs nothing where it has been. */
export function cutUnlessTaken(response: ServerResponse): void {
  if (response.writableFinished || response.destroyed || response.socket?.writableLength === 0) return;
  const timer = setTimeout(cut, TAKING_TIME, response);
  response.once('close', () => clearTimeout(timer));
}

/** Announces that the connection ends with this answer. HTTP/2 has no header for that: there, each answer has its own stream. */
export function announceClose(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
}
