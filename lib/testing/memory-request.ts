import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

export interface RequestInit {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query, e.g. `/profile/42?lang=en`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Strings and Buffers are sent as they are; anything else as JSON, with its content type. */
  readonly body?: unknown;
  /** The client's address. Default `127.0.0.1`. */
  readonly ip?: string;
}

/** A request as Node would parse it, with no socket behind it. */
export function createMemoryRequest({
  method = 'GET',
  url,
  headers = {},
  body,
  ip = '127.0.0.1',
}: RequestInit): IncomingMessage {
  const content = toBytes(body);
  const lines: [string, string][] = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((line): [string, string] => [name, line]),
  );
  const given = new Set(lines.map(([name]) => name.toLowerCase()));
  if (!given.has('host')) lines.push(['Host', 'gateway.test']);
  if (content && !given.has('content-length')) lines.push(['Content-Length', String(content.length)]);
  if (content && !given.has('content-type') && isJson(body)) lines.push(['Content-Type', 'application/json']);

  const stream = Readable.from(content ? [content] : [], { objectMode: false });
  return Object.assign(stream, {
    method,
    url,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers: joinLines(lines),
    rawHeaders: lines.flat(),
    socket: { remoteAddress: ip },
    complete: true,
  }) as unknown as IncomingMessage;
}

function isJson(body: unknown): boolean {
  return typeof body !== 'string' && !Buffer.isBuffer(body);
}

function toBytes(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Node joins repeated lines with commas, cookies with semicolons. */
function joinLines(lines: readonly [string, string][]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]}${key === 'cookie' ? '; ' : ', '}${value}`;
  }
  return joined;
}
