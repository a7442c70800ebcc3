import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Client } from 'undici';
import type { QueueNode } from '../core/linked-queue.js';
import { isBadHttp } from './failure.js';
import type { Connect } from './socket.js';
import { createStatusLine, isStatusRead, readStatusLine, resetStatusLine, type StatusLine } from './status-line.js';

/** One undici client and its only socket: the call that has the connection has the socket to itself. */
export interface Connection {
  readonly client: Client;
  readonly servername: string | undefined;
  /** False where no exchange may follow the present one. */
  isReusable: boolean;
  socket: Socket | undefined;
  /** Requests written to the present socket. */
  exchanges: number;
  /** The socket is closed once it has read this many bytes in all. */
  readLimit: number;
  /** True while an answer may come. What comes at other times, no request asked for. */
  isExpecting: boolean;
  /** Of the present answer. */
  readonly statusLine: StatusLine;
  /** Where it is among the idle ones of its pool, and since when. */
  place: QueueNode<Connection> | undefined;
  idleSince: number;
}

export interface LaneOptions {
  readonly origin: string;
  readonly servername: string | undefined;
  readonly connect: Connect;
  readonly isReusable: boolean;
  readonly maxExchanges: number;
  readonly maxHeaderBytes: number;
  /** Milliseconds after which an idle socket is closed. */
  readonly idleTimeout: number;
  /** The connection has no socket any more. */
  readonly onDisconnect: (connection: Connection) => void;
  /** A handler of ours has thrown. */
  readonly onFault: (connection: Connection) => void;
  /** The socket has brought bytes that no request asked for. It is closed already. */
  readonly onStray: () => void;
}

/** The code of the error that closes a socket beyond its `readLimit`. */
export const OVERSIZE = 'OVERSIZE';

const CR = 13;
const LF = 10;

export function openLane(options: LaneOptions): Connection {
  const { origin, servername, connect, isReusable } = options;
  // Without a prototype, so that nothing but these options counts.
  const clientOptions: Client.Options = Object.assign(Object.create(null), {
    connect(target: { servername?: string | null }, done: Parameters<Connect>[1]) {
      connection.exchanges = 0;
      connection.readLimit = Infinity;
      connection.isExpecting = false;
      connection.socket = connect(target.servername ?? undefined, done).on('readable', onReadable);
    },
    pipelining: isReusable ? 1 : 0,
    keepAliveTimeout: options.idleTimeout,
    maxHeaderSize: options.maxHeaderBytes,
    maxRequestsPerClient: options.maxExchanges,
    // The caller's deadline bounds both; undici's timers are idle timers.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
  const connection: Connection = {
    client: new Client(origin, clientOptions),
    servername,
    isReusable,
    socket: undefined,
    exchanges: 0,
    readLimit: Infinity,
    isExpecting: false,
    statusLine: createStatusLine(),
    place: undefined,
    idleSince: 0,
  };
  const events: EventEmitter = connection.client;
  events.on('disconnect', onDisconnect);
  // undici reports here what our own handlers throw; without a listener that would end the process.
  events.on('error', onFault);
  return connection;

  /** Comes before the parser's own listener. */
  function onReadable(this: Socket): void {
    if (!connection.isExpecting) closeOnStray(this);
    // Counts what no parser callback tells of: an endless status line, chunk extensions, framing of tiny chunks.
    else if (this.bytesRead > connection.readLimit)
      this.destroy(Object.assign(new Error('Too many bytes.'), { code: OVERSIZE }));
    else if (!isStatusRead(connection.statusLine)) readHeadStart(connection.statusLine, this);
  }

  function closeOnStray(socket: Socket): void {
    const bytes: Buffer | null = socket.read();
    if (bytes === null || isBlank(bytes)) return;
    socket.destroy();
    if (!isFarewell(bytes)) options.onStray();
  }

  function onDisconnect(_url: unknown, _clients: unknown, error: Error & { code?: string }): void {
    // Under TLS the parser may have been quicker.
    if (!connection.isExpecting && isBadHttp(error, error.code ?? '')) options.onStray();
    options.onDisconnect(connection);
  }

  function onFault(): void {
    options.onFault(connection);
  }
}

/** A request is about to be written: up to `limit` bytes of an answer are welcome. */
export function expectAnswer(connection: Connection, limit: number): void {
  connection.exchanges += 1;
  connection.readLimit = (connection.socket?.bytesRead ?? 0) + limit;
  connection.isExpecting = true;
  resetStatusLine(connection.statusLine);
}

export async function closeLane(connection: Connection): Promise<void> {
  const closed = connection.client.destroy();
  // undici drops a socket that is still connecting without closing it.
  connection.socket?.destroy();
  await closed;
}

function readHeadStart(line: StatusLine, socket: Socket): void {
  const piece: Buffer | null = socket.read();
  if (piece === null) return;
  readStatusLine(line, piece);
  socket.unshift(piece);
}

/** Some servers send an empty line behind a body. It cannot be taken for an answer. */
function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== CR && byte !== LF) return false;
  return true;
}

const TIMEOUT_1_0 = 'HTTP/1.0 408';
const TIMEOUT_1_1 = 'HTTP/1.1 408';
const CLOSE = /\r\nconnection:[ \t]*close[ \t]*\r\n/i;

/** How some servers say that they close an idle connection. */
function isFarewell(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return text.startsWith(TIMEOUT_1_0) || (text.startsWith(TIMEOUT_1_1) && CLOSE.test(text));
}
