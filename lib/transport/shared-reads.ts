import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { type Memory, releaseMemory, takeMemory } from '../core/buffer-pool.js';

/** What one read takes at most, unless memory is lent. */
const SIZE = 64 * 1024;

/** Windows may read into a buffer long after it was handed over. */
const CAN_SHARE = process.platform !== 'win32';

const LENDING = Symbol('lending');

type SharingSocket = Socket & { [LENDING]?: (isLending: boolean) => void };

/** Serves all sockets: what was read is copied before the next one reads. */
let shared: Buffer | undefined;

/**
 * Connects a socket that reads into a buffer it shares with others and hands out copies of the right size, where Node would
 * allocate 64 KiB for every read. It has to be read by `readable` and `read()`, as undici does.
 */
export function connectShared(options: NetConnectOpts): Socket {
  if (!CAN_SHARE) return connect(options);
  let unread: Buffer | null = null;
  let isLending = false;
  /** What the next read goes into, unless that is shared. */
  let next: Memory | undefined;
  /** Where `unread` lies, or what `read()` has handed out last. */
  let current: Memory | undefined;
  const socket: SharingSocket = connect({ ...options, onread: { buffer: nextBuffer, callback: onRead } });
  const readRest = socket.read;

  function nextBuffer(): Buffer {
    if (isLending) {
      next ??= takeMemory();
      return next.bytes;
    }
    if (next !== undefined) releaseMemory(next);
    next = undefined;
    shared ??= Buffer.allocUnsafeSlow(SIZE);
    return shared;
  }

  function onRead(length: number, buffer: Uint8Array): boolean {
    const view = (buffer as Buffer).subarray(0, length);
    const isLent = isLending && buffer === next?.bytes;
    const chunk = isLent ? view : Buffer.from(view);
    if (isLent && unread === null) {
      current = next;
      next = undefined;
    }
    unread = unread === null ? chunk : Buffer.concat([unread, chunk]);
    socket.emit('readable');
    // What is not wanted just now stops the reading; Node goes on with it when it is asked for the rest.
    return unread === null;
  }

  return Object.assign(socket, {
    [LENDING](is: boolean): void {
      isLending = is;
    },
    read(size?: number): unknown {
      if (size === 0) return readRest.call(socket, size);
      if (unread !== null) {
        const chunk = unread;
        unread = null;
        return chunk;
      }
      // A reader that asks for more is done with what came before.
      if (current !== undefined) releaseMemory(current);
      current = undefined;
      return readRest.call(socket, size);
    },
    unshift(chunk: Buffer): void {
      if (chunk.length > 0) unread = unread === null ? chunk : Buffer.concat([chunk, unread]);
    },
  });
}

/**
 * While it lends, a socket of `connectShared` hands out what it reads without a copy: the bytes stay as they are until
 * `read()` is called again, or for code that holds them. Other sockets go on as they do.
 */
export function setLending(socket: Socket | undefined, isLending: boolean): void {
  (socket as SharingSocket | undefined)?.[LENDING]?.(isLending);
}
