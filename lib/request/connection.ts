import type { Socket } from 'node:net';

/** What to call when a connection has closed: one listener on the socket, however many requests wait on it. */
const waiting = new WeakMap<Socket, Set<() => void>>();
/** Connections whose bytes can no longer be told apart into requests. */
const distrusted = new WeakSet<Socket>();

/** Calls back once when the connection closes; the function returned stops that. */
export function onConnectionClose(socket: Socket, callback: () => void): () => void {
  let callbacks = waiting.get(socket);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    socket.once('close', function tellAll() {
      for (const tell of all) tell();
    });
    waiting.set(socket, all);
    callbacks = all;
  }
  const all = callbacks.add(callback);
  return function stop() {
    all.delete(callback);
  };
}

/** From now on nothing that comes over this connection is to be served: it may be a part of what was refused. */
export function distrust(socket: Socket): void {
  distrusted.add(socket);
}

export function isDistrusted(socket: Socket): boolean {
  return distrusted.has(socket);
}
