import type { IncomingMessage } from 'node:http';
import { RequestError } from '../errors.js';

/** RFC 3986 §3.2.2 and a port: no user, no path, no space. */
const HOST =
  /^(?:(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*|\[[\da-f:.]+\]|\[v[\da-f]+\.[\w.~!$&'()*+,;=:-]+\])(?::\d{0,5})?$/i;

/** Node drops lines beyond its own limit of 2000 without an error; we refuse long before. */
const MAX_LINES = 1000;
/** A DNS name has 253 characters at most; a port comes behind it. */
const MAX_HOST = 300;

/**
 * Headers that must not come twice with different values, by their length: a bit for each, so that one pass over the raw
 * lines finds a repetition without an allocation for the other lines.
 */
const SINGLETONS = groupByLength([
  'host',
  'age',
  'etag',
  'from',
  'referer',
  'user-agent',
  'content-type',
  'authorization',
  'content-length',
  'content-encoding',
  'content-location',
  'if-modified-since',
  'if-unmodified-since',
]);

/**
 * Refuses bodies whose end another server could see elsewhere; Node lets these through.
 *
 * @throws {RequestError} for a `Transfer-Encoding` that is not exactly `chunked`, and for any in HTTP/1.0.
 */
export function checkTransferEncoding(request: IncomingMessage): void {
  const encoding = request.headers['transfer-encoding'];
  if (encoding === undefined) return;
  const isOld = request.httpVersionMajor === 1 && request.httpVersionMinor === 0;
  if (encoding === 'chunked' && !isOld) return;
  throw new RequestError('ERR_REQUEST_FRAMING', 'The request has a Transfer-Encoding other than chunked.');
}

/** How many bytes a request says that its body has. Chunks show their end themselves. */
export function announcedLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined || headers['transfer-encoding'] !== undefined ? undefined : Number(length);
}

/** True once the body has come in whole; requests that no parser has made do not say more than that they have ended. */
export function hasArrived(request: IncomingMessage): boolean {
  return request.complete ?? request.readableEnded;
}

/** The host that a request is for: HTTP/2 has it in a pseudo header. */
export function hostOf({ headers }: IncomingMessage): string | undefined {
  return headers.host ?? (headers[':authority'] as string | undefined);
}

/** Most requests have the host of the one before. */
let lastHost: string | undefined;

/**
 * Refuses a host that is none: backends get it as `X-Forwarded-Host`, and build links from it.
 *
 * @throws {RequestError} for a `Host` that is not a name or an address, with or without a port. It may be empty or missing.
 */
export function checkHost(request: IncomingMessage): void {
  const host = hostOf(request);
  if (request.httpVersionMajor >= 2) checkAuthority(request);
  if (host === undefined || host === lastHost) return;
  if (host.length > MAX_HOST || !HOST.test(host)) {
    throw new RequestError('ERR_REQUEST_HEADERS', 'The Host header of the request is no host.');
  }
  lastHost = host;
}

/** RFC 9113 §8.3.1: the two must not differ. */
function checkAuthority({ headers: { host, ':authority': authority } }: IncomingMessage): void {
  if (host === undefined || authority === undefined || host === authority) return;
  throw new RequestError('ERR_REQUEST_FRAMING', 'The request has a Host that is not its authority.');
}

/**
 * Refuses messages that contradict themselves.
 *
 * @throws {RequestError} for a second `Host`, for singletons with different values, and for more than 1000 header lines
 * (431).
 */
export function checkHeaderLines({ rawHeaders: lines }: IncomingMessage): void {
  if (lines.length > MAX_LINES * 2) {
    throw new RequestError('ERR_REQUEST_HEADERS', `The request has more than ${MAX_LINES} header lines.`, 431);
  }
  let seen = 0;
  for (let index = 0; index < lines.length; index += 2) {
    const line = lines[index]!;
    const candidates = SINGLETONS[line.length];
    if (candidates === undefined) continue;
    const bit = candidates.get(line.toLowerCase());
    if (bit === undefined) continue;
    if (seen & bit) checkRepetition(lines, index);
    seen |= bit;
  }
}

function checkRepetition(lines: readonly string[], index: number): void {
  const name = lines[index]!.toLowerCase();
  for (let other = 0; other < index; other += 2) {
    if (lines[other]!.toLowerCase() !== name) continue;
    // RFC 9112 §3.2 leaves no choice for Host, even when both say the same.
    if (name === 'host' || lines[other + 1] !== lines[index + 1]) {
      throw new RequestError('ERR_REQUEST_FRAMING', `The request has more than one ${name} header.`);
    }
  }
}

function groupByLength(names: readonly string[]): readonly (ReadonlyMap<string, number> | undefined)[] {
  const groups: (Map<string, number> | undefined)[] = [];
  for (const [index, name] of names.entries()) {
    const group = groups[name.length] ?? new Map<string, number>();
    groups[name.length] = group.set(name, 1 << index);
  }
  return groups;
}
