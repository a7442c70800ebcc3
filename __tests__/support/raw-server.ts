import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request as it came over the socket, read without any HTTP library. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** The head as it was sent, without the empty line. */
  readonly head: string;
  /** Lower-case names, lines of one name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names in the order they came, repeats kept. */
  readonly names: readonly string[];
  readonly body: Buffer;
  /** Milliseconds of the monotonic clock. */
  readonly at: number;
  /** 0 for the first request of its connection. */
  readonly index: number;
}

type Bytes = string | Buffer;

/** What a server does once it has a request (or a connection). Strings are sent as latin1. */
export type Step =
  /** Bytes as they are; several in one write. */
  | { readonly send: Bytes | ((request: RawRequest) => Bytes) }
  | { readonly wait: number }
  /** `size` bytes at a time, `every` milliseconds. */
  | { readonly drip: Bytes | ((request: RawRequest) => Bytes); readonly every: number; readonly size?: number }
  /** The same bytes again and again, at most `max` times, `every` milliseconds or as fast as the socket takes them. */
  | { readonly repeat: Bytes; readonly every?: number; readonly max?: number }
  /** Ends our half of the connection. */
  | { readonly fin: true }
  /** Resets the connection. */
  | { readonly rst: true }
  /** Does nothing until the other side hangs up. */
  | { readonly stall: true }
  /** Takes no more bytes from the socket. */
  | { readonly stopReading: true };

export type Script = readonly Step[];

export interface RawConnection {
  readonly id: number;
  readonly openedAt: number;
  readonly requests: RawRequest[];
  /** Bytes of the client as they came. */
  received: number;
  sent: number;
  closedAt: number | undefined;
  /** Who ended it: the client, or a `fin` or `rst` of the script. */
  closedBy: 'client' | 'server' | undefined;
}

export interface RawServer {
  readonly port: number;
  readonly origin: string;
  readonly connections: readonly RawConnection[];
  readonly requests: readonly RawRequest[];
  /** Resolves when `condition` holds; looks again at every event of the server. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface RawServerOptions {
  /** What to do with the n-th request of the server, from 0. */
  readonly respond: (request: RawRequest, n: number) => Script;
  /** What to do with a connection before anything has been read from it. */
  readonly accept?: (id: number) => Script;
}

/** A backend that says exactly what its script says: no HTTP library is between the script and the socket. */
export async function startRawServer(
  options: RawServerOptions | ((request: RawRequest, n: number) => Script),
): Promise<RawServer> {
  const { respond, accept } = typeof options === 'function' ? { respond: options, accept: undefined } : options;
  const connections: RawConnection[] = [];
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  function changed(): void {
    for (const check of waiting) check();
  }

  function onConnection(socket: Socket): void {
    const connection: RawConnection = {
      id: connections.length,
      openedAt: performance.now(),
      requests: [],
      received: 0,
      sent: 0,
      closedAt: undefined,
      closedBy: undefined,
    };
    connections.push(connection);
    sockets.add(socket);
    let pending: Buffer = Buffer.alloc(0);
    let playing: Promise<void> = accept
      ? play(socket, connection, accept(connection.id), undefined)
      : Promise.resolve();

    socket.on('error', ignore);
    socket.on('data', function onData(chunk: Buffer) {
      connection.received += chunk.length;
      pending = Buffer.concat([pending, chunk]);
      for (let parsed = parseRequest(pending); parsed !== undefined; parsed = parseRequest(pending)) {
        pending = pending.subarray(parsed.used);
        const request: RawRequest = { ...parsed.request, at: performance.now(), index: connection.requests.length };
        const n = requests.length;
        requests.push(request);
        connection.requests.push(request);
        playing = playing.then(() => play(socket, connection, respond(request, n), request));
      }
      changed();
    });
    socket.on('end', function onEnd() {
      connection.closedBy ??= 'client';
      socket.end();
    });
    socket.on('close', function onClose() {
      sockets.delete(socket);
      connection.closedBy ??= 'client';
      connection.closedAt = performance.now();
      changed();
    });
    changed();
  }

  function until(condition: () => boolean): Promise<void> {
    return new Promise<void>(function wait(resolve) {
      function check(): void {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      }
      waiting.add(check);
      check();
    });
  }

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  return { port, origin: `http://127.0.0.1:${port}`, connections, requests, until, close };
}

async function play(
  socket: Socket,
  connection: RawConnection,
  script: Script,
  request: RawRequest | undefined,
): Promise<void> {
  const write = (bytes: Bytes): boolean => {
    if (socket.destroyed || !socket.writable) return true;
    connection.sent += bytes.length;
    return socket.write(bytes, 'latin1');
  };
  const bytesOf = (bytes: Bytes | ((request: RawRequest) => Bytes)): Bytes =>
    typeof bytes === 'function' ? bytes(request as RawRequest) : bytes;

  for (const step of script) {
    if (socket.destroyed) return;
    if ('send' in step) write(bytesOf(step.send));
    else if ('wait' in step) await sleep(step.wait);
    else if ('drip' in step)
      await drip(Buffer.from(bytesOf(step.drip) as string, 'latin1'), step.every, step.size ?? 1);
    else if ('repeat' in step) await repeat(step.repeat, step.every, step.max ?? Infinity);
    else if ('fin' in step) {
      connection.closedBy ??= 'server';
      socket.end();
    } else if ('rst' in step) {
      connection.closedBy ??= 'server';
      await flushed();
      socket.resetAndDestroy();
    } else if ('stall' in step) await closed();
    else socket.pause();
  }

  async function drip(bytes: Buffer, every: number, size: number): Promise<void> {
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
      write(bytes.subarray(at, at + size));
      await sleep(every);
    }
  }

  async function repeat(bytes: Bytes, every: number | undefined, max: number): Promise<void> {
    for (let turn = 0; turn < max && !socket.destroyed; turn++) {
      const isTaken = write(bytes);
      if (every !== undefined) await sleep(every);
      else if (!isTaken) await drained();
    }
  }

  function drained(): Promise<void> {
    return new Promise<void>(function wait(resolve) {
      socket.once('drain', done).once('close', done);
      function done(): void {
        socket.off('drain', done).off('close', done);
        resolve();
      }
    });
  }

  /** A reset drops what the kernel has not sent; give it the bytes first. */
  function flushed(): Promise<void> {
    return new Promise<void>((resolve) =>
      socket.writableLength === 0 ? setImmediate(resolve) : socket.write('', () => setImmediate(resolve)),
    );
  }

  function closed(): Promise<void> {
    return socket.destroyed ? Promise.resolve() : new Promise<void>((resolve) => socket.once('close', () => resolve()));
  }
}

/** Takes one complete request off the front, or nothing yet. */
function parseRequest(bytes: Buffer): { request: Omit<RawRequest, 'at' | 'index'>; used: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const headers: Record<string, string> = Object.create(null);
  const names: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    names.push(name);
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const start = end + 4;
  if (/chunked/i.test(headers['transfer-encoding'] ?? '')) {
    const chunked = parseChunked(bytes, start);
    return chunked && { request: { method, target, head, headers, names, body: chunked.body }, used: chunked.used };
  }
  const length = Number(headers['content-length'] ?? 0);
  if (bytes.length < start + length) return undefined;
  return {
    request: { method, target, head, headers, names, body: bytes.subarray(start, start + length) },
    used: start + length,
  };
}

function parseChunked(bytes: Buffer, start: number): { body: Buffer; used: number } | undefined {
  const chunks: Buffer[] = [];
  let at = start;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    const next = end + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), used: next };
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = next;
  }
}

/** A complete answer with a length. */
export function answer(body: Bytes = '{}', head = 'Content-Type: application/json', status = '200 OK'): Buffer {
  const bytes = Buffer.from(body as string, 'latin1');
  const lines = head === '' ? '' : `${head}\r\n`;
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${lines}Content-Length: ${bytes.length}\r\n\r\n`, 'latin1'),
    bytes,
  ]);
}

function ignore(): void {}
