import type { IncomingMessage } from 'node:http';
import { isHopByHop } from '../core/http-headers.js';
import type { Headers } from '../proxy.js';
import { hostOf } from './framing.js';

/** Makes the headers for the backends from those of a request. */
export type HeaderReader = (request: IncomingMessage, clientIp: string) => Headers;

export interface HeaderOptions {
  /** Names that are let in, in any case; `*` for all. Without any, only `Content-Type`. */
  readonly names: readonly string[] | undefined;
  /** The value of `User-Agent`, or in `X-Forwarded-Via` when the client's own is passed on. */
  readonly userAgent: string;
}

/** Ours to write: a client's version never passes, in no spelling. */
const OWNED: ReadonlySet<string> = new Set([
  'host',
  // CGI gives it to programs as HTTP_PROXY, which many take for their proxy.
  'proxy',
  'content-length',
  'expect',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-via',
]);
/** Unchecked claims about the way here: `*` does not let them in, only their own name does. */
const CLAIMS: ReadonlySet<string> = new Set(['forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip']);

/** The names that a `Connection` header declares to be of this connection only, in lower case. */
export function nominated(connection: string | readonly string[] | undefined): readonly string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return NOTHING;
  const text = typeof connection === 'string' ? connection : connection.join(',');
  return text.toLowerCase().split(',').map(trim);
}
const NOTHING: readonly string[] = Object.freeze([]);

function trim(text: string): string {
  return text.trim();
}

/**
 * Reads headers by the rules of `input_headers`. They are taken from `req.headers` and not from the raw lines, so that
 * what an earlier middleware added or removed counts; Node has joined repeated lines there.
 */
export function createHeaderReader({ names = [], userAgent }: HeaderOptions): HeaderReader {
  const listed = [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => name !== '*' && mayPass(name));
  const pick = names.includes('*') ? createPickAll(new Set(listed)) : createPickListed(listed, names.length === 0);

  return function readHeaders(request, clientIp) {
    const headers: MutableHeaders = Object.create(null);
    const incoming = request.headers;
    pick(incoming, headers);
    for (const name of nominated(incoming.connection)) delete headers[name];

    if (clientIp !== '') headers['x-forwarded-for'] = clientIp;
    const host = hostOf(request);
    if (host) headers['x-forwarded-host'] = host;
    if (headers['user-agent'] === undefined) headers['user-agent'] = userAgent;
    else headers['x-forwarded-via'] = userAgent;
    return headers;
  };
}

type MutableHeaders = Record<string, string | readonly string[]>;
type Pick = (incoming: IncomingMessage['headers'], headers: MutableHeaders) => void;

/** Many servers read `_` as `-`, so a name counts as what it may be taken for. */
function hyphenated(name: string): string {
  return name.includes('_') ? name.replaceAll('_', '-') : name;
}

function isClaim(name: string): boolean {
  return CLAIMS.has(name) || name.startsWith('x-forwarded-');
}

function mayPass(name: string): boolean {
  const plain = hyphenated(name);
  return name !== '' && !name.startsWith(':') && !OWNED.has(plain) && !isHopByHop(plain);
}

function createPickListed(listed: readonly string[], isDefault: boolean): Pick {
  const wanted = isDefault ? ['content-type'] : listed;
  return function pickListed(incoming, headers) {
    for (const name of wanted) {
      if (!Object.hasOwn(incoming, name)) continue;
      const value = incoming[name];
      if (value !== undefined) headers[name] = value;
    }
  };
}

function createPickAll(listed: ReadonlySet<string>): Pick {
  return function pickAll(incoming, headers) {
    for (const name of Object.keys(incoming)) {
      const isLetIn = listed.has(name) || (mayPass(name) && !isClaim(hyphenated(name)));
      const value = incoming[name];
      if (isLetIn && value !== undefined) headers[name] = value;
    }
  };
}
