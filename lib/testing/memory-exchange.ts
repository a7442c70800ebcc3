import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex, Readable } from 'node:stream';
import type { Headers } from '../proxy.js';

export interface RequestInit {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query, e.g. `/profile/42?lang=en`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Strings, Buffers and streams are sent as they are; anything else as JSON, with its content type. */
  readonly body?: unknown;
  /** The client's address. Default `127.0.0.1`. */
  readonly ip?: string;
  /** Aborting it is the client hanging up. */
  readonly signal?: AbortSignal;
}

/** What the client has received when the connection is done with. */
export interface Received {
  /** 0 when nothing was answered. */
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** True when the connection ended before the answer did. */
  readonly isCut: boolean;
}

/** One request and its answer: Node's own objects, over a connection that only exists in memory. */
export interface MemoryExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Resolves when the answer is over, whole or cut. */
  readonly closed: Promise<void>;
  received(): Received;
}

export function createMemoryExchange(init: RequestInit): MemoryExchange {
  const written: Buffer[] = [];
  const connection = createConnection(written, init.ip ?? '127.0.0.1');
  const request = createRequest(init, connection);
  const response = new ServerResponse(request);
  response.sendDate = false;
  response.assignSocket(connection);

  let hasHungUp = false;
  function hangUp(): void {
    hasHungUp = true;
    response.destroy();
    if (!request.readableEnded) request.destroy(aborted());
  }
  function onFinish(): void {
    connection.destroy();
  }

  response.once('finish', onFinish);
  init.signal?.addEventListener('abort', hangUp);
  const closed = new Promise<void>((resolve) => {
    response.once('close', () => {
      init.signal?.removeEventListener('abort', hangUp);
      resolve();
    });
  });
  if (init.signal?.aborted) hangUp();

  return {
    request,
    response,
    closed,
    received() {
      return { ...parseAnswer(Buffer.concat(written)), isCut: hasHungUp || !response.writableFinished };
    },
  };
}

function createConnection(written: Buffer[], remoteAddress: string): Socket {
  const connection = new Duplex({
    // No reader is slow here.
    highWaterMark: Number.MAX_SAFE_INTEGER,
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  // Node asks no more of the socket of an answer than what a stream has.
  return Object.assign(connection, { remoteAddress }) as unknown as Socket;
}

function createRequest({ method = 'GET', url, headers = {}, body }: RequestInit, connection: Socket): IncomingMessage {
  const request = new IncomingMessage(connection);
  request.method = method;
  request.url = url;
  request.httpVersion = '1.1';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  const lines = headerLines(headers, body);
  request.rawHeaders = lines.flat();
  const groups = groupLines(lines);
  request.headersDistinct = groups;
  request.headers = joinLines(groups);

  function end(): void {
    request.complete = true;
    request.push(null);
  }
  if (body instanceof Readable) {
    body.on('data', (chunk) => request.push(chunk));
    body.on('end', end).on('error', () => connection.destroy());
    // Node ends a request that its connection has left.
    connection.once('close', () => body.destroy());
    body.once('close', () => {
      if (!request.complete) request.destroy(aborted());
    });
  } else {
    if (body !== undefined) request.push(toBytes(body));
    end();
  }
  return request;
}

/** What Node tells a request whose client has gone. */
function aborted(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

type Line = [name: string, value: string];

function headerLines(headers: NonNullable<RequestInit['headers']>, body: unknown): Line[] {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((line): Line => [name, line]));
  const given = new Set(lines.map(([name]) => name.toLowerCase()));
  if (!given.has('host')) lines.push(['Host', 'gateway.test']);
  if (body === undefined) return lines;
  const isFramed = given.has('content-length') || given.has('transfer-encoding');
  if (body instanceof Readable) {
    if (!isFramed) lines.push(['Transfer-Encoding', 'chunked']);
    return lines;
  }
  if (!isFramed) lines.push(['Content-Length', String(toBytes(body).length)]);
  if (!isRaw(body) && !given.has('content-type')) lines.push(['Content-Type', 'application/json']);
  return lines;
}

function groupLines(lines: readonly Line[]): Record<string, string[]> {
  const groups: Record<string, string[]> = Object.create(null);
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    groups[key] = [...(groups[key] ?? []), value];
  }
  return groups;
}

/** As Node does: repeated lines with commas, cookies with semicolons. */
function joinLines(groups: Readonly<Record<string, string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, values]) => [name, values.join(name === 'cookie' ? '; ' : ', ')]),
  );
}

function isRaw(body: unknown): body is string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body);
}

function toBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(isRaw(body) ? body : JSON.stringify(body));
}

const END_OF_HEAD = '\r\n\r\n';
/** What belongs to the connection and tells a client nothing. */
const FRAMING = /^(?:transfer-encoding|keep-alive)$|^connection: keep-alive$/i;

function parseAnswer(bytes: Buffer): Omit<Received, 'isCut'> {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return { status: 0, headers: Object.create(null), bytes: Buffer.alloc(0) };
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const headers: Record<string, string | string[]> = Object.create(null);
  let isChunked = false;
  for (const line of lines) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 2);
    if (name === 'transfer-encoding') isChunked = true;
    if (FRAMING.test(name) || FRAMING.test(line)) continue;
    const present = headers[name];
    headers[name] = present === undefined ? value : [present, value].flat();
  }
  const body = bytes.subarray(end + END_OF_HEAD.length);
  return { status: Number(statusLine.split(' ')[1]), headers, bytes: isChunked ? joinChunks(body) : body };
}

function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let start = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', start);
    const size = lineEnd < 0 ? 0 : Number.parseInt(bytes.toString('latin1', start, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    start = lineEnd + 2 + size + 2;
  }
}
