import { createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type SecureContext, TLSSocket } from 'node:tls';

/** What a backend does on a connection, one after the other. */
export type Step =
  | { readonly send: Buffer }
  /** Milliseconds. */
  | { readonly wait: number }
  /** Sends `bytes` in slices of `size`, one every `every` ms. */
  | { readonly drip: Buffer; readonly size: number; readonly every: number }
  /** Sends `bytes` again and again, every `every` ms, `max` times at most. */
  | { readonly repeat: Buffer; readonly every: number; readonly max: number }
  | { readonly fin: true }
  /** The end of the connection, over TLS without saying so first. */
  | { readonly bareFin: true }
  | { readonly rst: true }
  /** Nothing more, until the other side hangs up. */
  | { readonly stall: true }
  | { readonly stopReading: true }
  | { readonly resumeReading: true };

export interface Script {
  /** Whether the script starts with the request's head or waits for its body. */
  readonly on: 'head' | 'body';
  readonly steps: (call: Call) => readonly Step[];
}

/** The journal's entry for one request that reached a backend. */
export interface Call {
  readonly role: string;
  readonly method: string;
  readonly target: string;
  readonly rawHead: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The body as it came, without chunk framing. */
  body: Buffer;
  /** True once the request has come whole. */
  isWhole: boolean;
  readonly at: number;
  /** When the script had run to its end. */
  doneAt: number | undefined;
  closedAt: number | undefined;
  closedBy: 'gateway' | 'backend' | undefined;
  /** Rules of HTTP that the request breaks; empty for every request of a sound gateway. */
  readonly faults: string[];
  readonly remotePort: number;
  /** Bytes sent on this connection before this call. */
  readonly sentBefore: number;
}

export interface FaultBackend {
  readonly port: number;
  connections(): number;
  accepted(): number;
  close(): Promise<void>;
}

/** What a port does before it has read anything. */
export type Greeting = 'read' | 'fin' | 'rst' | 'mute' | 'tls';

export interface FaultBackendOptions {
  readonly role: string;
  /** Called with each request's head; the script says what happens, `undefined` hangs up. */
  readonly onCall: (call: Call) => Script | undefined;
  readonly greeting?: Greeting;
  /** Speaks TLS with this. */
  readonly secureContext?: SecureContext | undefined;
  /** False: what follows a first packet waits for its acknowledgement. Default true. */
  readonly noDelay?: boolean;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TLS_HELLO = Buffer.from('160301002f0100002b0303', 'hex');
/** A connection nobody reads from would never be noticed as closed. */
const MUTE_TIME = 3000;

interface Framing {
  readonly kind: 'none' | 'length' | 'chunked';
  readonly length: number;
}

function readFraming(call: Call): Framing {
  const lengths = call.headers.filter(([name]) => name === 'content-length').map(([, value]) => value);
  const codings = call.headers.filter(([name]) => name === 'transfer-encoding').map(([, value]) => value);
  if (lengths.length > 1) call.faults.push('content-length repeated');
  if (codings.length > 0 && codings.join() !== 'chunked') call.faults.push('odd transfer-encoding');
  if (codings.length > 0 && lengths.length > 0) call.faults.push('length and transfer-encoding at once');
  if (codings.length > 0) return { kind: 'chunked', length: 0 };
  const [length] = lengths;
  if (length === undefined) return { kind: 'none', length: 0 };
  if (!/^\d+$/.test(length)) call.faults.push('content-length is not a number');
  return { kind: 'length', length: Number.parseInt(length, 10) || 0 };
}

function readHead(role: string, rawHead: string, socket: Socket, sentBefore: number): Call {
  const faults: string[] = [];
  const [first = '', ...lines] = rawHead.split('\r\n');
  const [method = '', target = '', version = '', ...rest] = first.split(' ');
  if (rest.length > 0 || version !== 'HTTP/1.1' || !TOKEN.test(method)) faults.push('malformed request line');
  if (/[^\x21-\x7e]/.test(target) || !target.startsWith('/')) faults.push('malformed target');
  const headers = lines.map(function field(line): readonly [string, string] {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (!TOKEN.test(name)) faults.push('malformed header name');
    const value = line.slice(colon + 1).trim();
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) faults.push('control byte in a header');
    return [name.toLowerCase(), value];
  });
  return {
    role,
    method,
    target,
    rawHead,
    headers,
    body: Buffer.alloc(0),
    isWhole: false,
    at: performance.now(),
    doneAt: undefined,
    closedAt: undefined,
    closedBy: undefined,
    faults,
    remotePort: socket.remotePort ?? 0,
    sentBefore,
  };
}

/**
 * A raw server on 127.0.0.1 that answers each request with a script and writes down everything. It does not use
 * node:http, which would hide what the gateway sends and would not let it lie.
 */
export async function createFaultBackend({
  role,
  onCall,
  greeting = 'read',
  secureContext,
  noDelay = true,
}: FaultBackendOptions): Promise<FaultBackend> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer({ allowHalfOpen: true, noDelay }, onConnection);

  function onConnection(socket: Socket): void {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', ignore).on('close', () => sockets.delete(socket));
    if (greeting === 'read') serve(role, socket, secureContext ? secure(socket, secureContext) : socket, onCall);
    else if (greeting === 'fin') socket.destroy();
    else if (greeting === 'rst') socket.resetAndDestroy();
    else if (greeting === 'tls') socket.end(TLS_HELLO);
    else setTimeout(() => socket.resetAndDestroy(), MUTE_TIME).unref();
  }

  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    port: address.port,
    connections() {
      return sockets.size;
    },
    accepted() {
      return accepted;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function secure(socket: Socket, secureContext: SecureContext): Socket {
  return new TLSSocket(socket, { isServer: true, secureContext }).on('error', ignore);
}

/** `line` is what stands below `socket`: the same, unless that speaks TLS. */
function serve(role: string, line: Socket, socket: Socket, onCall: FaultBackendOptions['onCall']): void {
  let buffer: Buffer = Buffer.alloc(0);
  let sent = 0;
  let call: Call | undefined;
  let framing: Framing = { kind: 'none', length: 0 };
  let script: Script | undefined;
  let isPlaying = false;
  let hangUp: () => void = ignore;
  const hungUp = new Promise<void>((resolve) => {
    hangUp = resolve;
  });

  function closed(by: 'gateway' | 'backend'): void {
    if (call && call.closedAt === undefined) {
      call.closedAt = performance.now();
      call.closedBy = by;
    }
    hangUp();
  }

  socket.on('data', onData);
  socket.on('end', function onEnd() {
    closed('gateway');
    socket.destroy();
  });
  socket.on('error', () => closed('gateway'));
  socket.on('close', () => closed('gateway'));

  function onData(chunk: Buffer): void {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    advance();
  }

  function advance(): void {
    if (!call) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      call = readHead(role, buffer.toString('latin1', 0, end), line, sent);
      buffer = buffer.subarray(end + 4);
      framing = readFraming(call);
      script = onCall(call);
      if (!script) {
        closed('backend');
        socket.destroy();
        return;
      }
      if (script.on === 'head') start(script.steps(call));
    }
    if (call && !call.isWhole) readBody(call);
  }

  function readBody(current: Call): void {
    if (framing.kind === 'chunked') {
      const decoded = dechunk(buffer, current.faults);
      if (!decoded) return;
      current.body = decoded.body;
      buffer = decoded.rest;
    } else {
      if (buffer.length < framing.length) return;
      current.body = buffer.subarray(0, framing.length);
      buffer = buffer.subarray(framing.length);
    }
    current.isWhole = true;
    if (script?.on === 'body') start(script.steps(current));
    else finish();
  }

  function start(steps: readonly Step[]): void {
    isPlaying = true;
    const [first] = steps;
    if (steps.length === 1 && first && 'send' in first) {
      write(first.send);
      played();
      return;
    }
    play(steps).then(played, played);
  }

  function played(): void {
    isPlaying = false;
    if (call) call.doneAt = performance.now();
    finish();
  }

  /** Turns to the next request once this one has been read and answered. */
  function finish(): void {
    if (isPlaying || !call?.isWhole || call.doneAt === undefined) return;
    call = undefined;
    if (buffer.length > 0) advance();
  }

  function write(bytes: Buffer): boolean {
    sent += bytes.length;
    return socket.write(bytes);
  }

  function pause(milliseconds: number): Promise<void> {
    return new Promise(function wait(resolve) {
      const timer = setTimeout(resolve, milliseconds);
      hungUp.then(function stop() {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async function play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (socket.destroyed) return;
      if ('send' in step) write(step.send);
      else if ('wait' in step) await pause(step.wait);
      else if ('drip' in step) await drip(step.drip, step.size, step.every);
      else if ('repeat' in step) await repeat(step.repeat, step.every, step.max);
      else if ('fin' in step) {
        closed('backend');
        socket.end();
      } else if ('rst' in step) {
        closed('backend');
        line.resetAndDestroy();
      } else if ('bareFin' in step) {
        closed('backend');
        line.end();
      } else if ('stall' in step) await hungUp;
      else if ('stopReading' in step) socket.pause();
      else socket.resume();
    }
  }

  async function drip(bytes: Buffer, size: number, every: number): Promise<void> {
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
      write(bytes.subarray(at, at + size));
      await pause(every);
    }
  }

  async function repeat(bytes: Buffer, every: number, max: number): Promise<void> {
    for (let times = 0; times < max && !socket.destroyed; times++) {
      if (!write(bytes)) await drained();
      await pause(every);
    }
  }

  function drained(): Promise<void> {
    return new Promise(function wait(resolve) {
      socket.once('drain', resolve);
      hungUp.then(resolve);
    });
  }
}

/** The body of a chunked request and what follows it; `undefined` while it is not whole. */
function dechunk(buffer: Buffer, faults: string[]): { body: Buffer; rest: Buffer } | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = buffer.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = buffer.toString('latin1', at, end);
    if (!/^[0-9a-fA-F]{1,8}$/.test(size)) {
      faults.push('malformed chunk size');
      return { body: Buffer.concat(parts), rest: Buffer.alloc(0) };
    }
    const length = Number.parseInt(size, 16);
    const next = end + 2 + length + 2;
    if (buffer.length < next) return undefined;
    parts.push(buffer.subarray(end + 2, end + 2 + length));
    at = next;
    if (length === 0) return { body: Buffer.concat(parts), rest: buffer.subarray(at) };
  }
}

function ignore(): void {}
