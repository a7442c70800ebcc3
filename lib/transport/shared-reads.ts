import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** What one read takes at most: as much as lies ready for a stream of a large body, so that it needs few of them. */
const SIZE = 256 * 1024;

/** Windows may read into a buffer long after it was handed over. */
const CAN_SHARE = process.platform !== 'win32';

/** Serves all sockets: what was read is copied before the next one reads. */
let shared: Buffer | undefined;

/**
 * Connects a socket that reads into a buffer it shares with others and hands out copies of the right size, where Node would
 * allocate 64 KiB for every read. It has to be read by `readable` and `read()`, as undici does.
 */
export function connectShared(options: NetConnectOpts): Socket {
  if (!CAN_SHARE) return connect(options);
  shared ??= Buffer.allocUnsafeSlow(SIZE);
  let unread: Buffer | null = null;
  const socket = connect({ ...options, onread: { buffer: shared, callback: onRead } });
  const readRest = socket.read;

  function onRead(length: number, buffer: Uint8Array): boolean {
    const chunk = Buffer.from((buffer as Buffer).subarray(0, length));
    unread = unread === null ? chunk : Buffer.concat([unread, chunk]);
    socket.emit('readable');
    // What nobody wants just now stops the reading; Node goes on with it when it is asked for the rest.
    return unread === null;
  }

  return Object.assign(socket, {
    read(size?: number): unknown {
      if (unread === null || size === 0) return readRest.call(socket, size);
      const chunk = unread;
      unread = null;
      return chunk;
    },
    unshift(chunk: Buffer): void {
      if (chunk.length > 0) unread = unread === null ? chunk : Buffer.concat([chunk, unread]);
    },
  });
}
