import type { IncomingMessage } from 'node:http';
import { RequestError } from '../errors.js';

/** The encodings of text that Node can write, by the names that `charset` uses. */
const CHARSETS: ReadonlyMap<string, BufferEncoding> = new Map([
  ['utf-8', 'utf8'],
  ['utf8', 'utf8'],
  ['us-ascii', 'utf8'],
  ['iso-8859-1', 'latin1'],
  ['latin1', 'latin1'],
  ['utf-16le', 'utf16le'],
]);

/**
 * Turns what a body parser left in `req.body` back into bytes: buffers and strings as they are, objects by their
 * `Content-Type`.
 *
 * @throws {RequestError} when nothing is left, or nothing that can be written exactly, as after a multipart parser.
 */
export function serializeParsed(request: IncomingMessage): Buffer {
  const { body } = request as IncomingMessage & { body?: unknown };
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const [type, charset] = readContentType(request.headers['content-type']);
  if (typeof body === 'string') return encode(body, charset);
  if (type === 'application/json' || type.endsWith('+json')) return encode(toJson(body), charset);
  if (type === 'application/x-www-form-urlencoded' && typeof body === 'object' && body !== null) {
    return encode(toForm(body), 'utf-8');
  }
  throw consumed();
}

function readContentType(header = ''): [type: string, charset: string] {
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  return [type.trim(), charset === undefined ? 'utf-8' : charset.slice('charset='.length).replaceAll('"', '').trim()];
}

function encode(text: string, charset: string): Buffer {
  const encoding = CHARSETS.get(charset);
  if (encoding === undefined) throw consumed();
  return Buffer.from(text, encoding);
}

function toJson(body: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(body);
  } catch {
    // Cycles, a BigInt, too many levels: not what a parser of ours left.
  }
  if (text === undefined) throw consumed();
  return text;
}

/** Repeats for lists of plain values, brackets for the nested ones: what `qs` and `querystring` both read. */
function toForm(body: object): string {
  const pairs = new URLSearchParams();
  function add(name: string, value: unknown): void {
    if (typeof value === 'object' && value !== null) addAll(name, value);
    else pairs.append(name, value === undefined || value === null ? '' : String(value));
  }
  function addAll(name: string, value: object): void {
    const isPlainList = Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);
    for (const [key, item] of Object.entries(value)) add(isPlainList ? name : `${name}[${key}]`, item);
  }
  try {
    for (const [name, value] of Object.entries(body)) add(name, value);
  } catch {
    // Nested without end: no parser's work.
    throw consumed();
  }
  return pairs.toString();
}

function consumed(): RequestError {
  return new RequestError(
    'ERR_REQUEST_BODY_CONSUMED',
    500,
    'A middleware before the gateway has read the request body and left nothing that could be passed on; ' +
      'mount the gateway before that parser, or use json(), urlencoded(), raw() or text().',
  );
}
