import type { IncomingMessage } from 'node:http';
import { isRecord } from '../config/option-values.js';
import { RequestError } from '../errors.js';
import { announcedLength } from './framing.js';
import { writeForm } from './parsed-form.js';

/** The encodings of text that Node can write, by the names that `charset` uses, and the characters they have. */
const CHARSETS: ReadonlyMap<string, { readonly encoding: BufferEncoding; readonly last: number }> = new Map([
  ['utf-8', { encoding: 'utf8', last: Infinity }],
  ['utf8', { encoding: 'utf8', last: Infinity }],
  ['us-ascii', { encoding: 'latin1', last: 0x7f }],
  ['iso-8859-1', { encoding: 'latin1', last: 0xff }],
  ['latin1', { encoding: 'latin1', last: 0xff }],
  ['utf-16le', { encoding: 'utf16le', last: Infinity }],
]);

/** What parsers put on a request: their result, and the bytes where the app keeps them. */
interface ParsedRequest extends IncomingMessage {
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

/**
 * Turns what a body parser left behind back into bytes: `req.rawBody` where its length fits, else `req.body`, buffers and strings
 * as they are, objects by their `Content-Type`.
 *
 * @throws {RequestError} when nothing is left, or nothing that can be written exactly, as after a multipart parser.
 */
export function serializeParsed(request: ParsedRequest): Buffer {
  const { body } = request;
  const [type, charset] = readContentType(request.headers['content-type']);
  const length = isCoded(request) ? undefined : announcedLength(request);
  const raw = isCoded(request) ? undefined : toRaw(request.rawBody, charset, length);
  if (raw !== undefined) return raw;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const isJson = type === 'application/json' || type.endsWith('+json');
  if (typeof body === 'string') return isJson ? fromJsonOrText(body, charset, length) : fromText(body, charset, length);
  if (isJson) return encode(toJson(body), charset);
  if (type === 'application/x-www-form-urlencoded' && typeof body === 'object' && body !== null) {
    return fromForm(body, charset, length);
  }
  throw consumed();
}

/** What a parser has inflated has another length than was announced. */
function isCoded({ headers }: IncomingMessage): boolean {
  const coding = headers['content-encoding'];
  return coding !== undefined && coding.toLowerCase() !== 'identity';
}

/** The bytes that the app has kept, unless they cannot be those that came. */
function toRaw(kept: unknown, charset: string, length: number | undefined): Buffer | undefined {
  if (!(typeof kept === 'string' || kept instanceof Uint8Array) || kept.length === 0) return undefined;
  if (typeof kept !== 'string') {
    const bytes = Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength);
    return length === undefined || length === bytes.length ? bytes : undefined;
  }
  const bytes = tryEncode(kept, charset);
  if (length === undefined) return isDoubtful(kept) ? undefined : bytes;
  return bytes?.length === length ? bytes : undefined;
}

/** A decoder writes U+FFFD for bytes that it does not know. */
function isDoubtful(text: string): boolean {
  return text.includes('\ufffd');
}

function fromText(text: string, charset: string, length: number | undefined): Buffer {
  const bytes = encode(text, charset);
  if (isDoubtful(text) && bytes.length !== length) throw consumed();
  return bytes;
}

/** Under a JSON type, a string is the text of the body, or what was in it between quotes: its length tells. */
function fromJsonOrText(text: string, charset: string, length: number | undefined): Buffer {
  if (length === undefined) throw consumed();
  const bytes = encode(text, charset);
  if (bytes.length === length) return bytes;
  const quoted = encode(JSON.stringify(text), charset);
  // Clients may write it longer, with escapes and spaces, never shorter.
  if (quoted.length > length) throw consumed();
  return quoted;
}

function fromForm(body: object, charset: string, length: number | undefined): Buffer {
  let text: string | undefined;
  try {
    text = writeForm(body, (part) => encode(part, charset), length);
  } catch {
    // Nested without end, or not of this charset.
  }
  if (text === undefined) throw consumed();
  return Buffer.from(text, 'latin1');
}

function readContentType(header = ''): [type: string, charset: string] {
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  return [type.trim(), charset === undefined ? 'utf-8' : charset.slice('charset='.length).replaceAll('"', '').trim()];
}

function encode(text: string, charset: string): Buffer {
  const bytes = tryEncode(text, charset);
  if (bytes === undefined) throw consumed();
  return bytes;
}

function tryEncode(text: string, charset: string): Buffer | undefined {
  const known = CHARSETS.get(charset);
  if (known === undefined) return undefined;
  for (let index = 0; known.last < Infinity && index < text.length; index++) {
    if (text.charCodeAt(index) > known.last) return undefined;
  }
  return Buffer.from(text, known.encoding);
}

function toJson(body: unknown): string {
  let text: string | undefined;
  try {
    if (isExact(body)) text = JSON.stringify(body);
  } catch {
    // Cycles, or too many levels: not what a parser of ours left.
  }
  if (text === undefined) throw consumed();
  return text;
}

/** False for numbers that a parser may have changed, and for what JSON does not have. */
function isExact(value: unknown): boolean {
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return Number.isSafeInteger(value) && !Object.is(value, -0);
    return Number.isFinite(value);
  }
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint' && typeof value !== 'function';
  if (Array.isArray(value)) return value.every(isExact);
  return isRecord(value) && Object.values(value).every(isExact);
}

function consumed(): RequestError {
  return new RequestError(
    'ERR_REQUEST_BODY_CONSUMED',
    'A middleware before the gateway has read the request body and left nothing that could be passed on exactly; ' +
      'mount the gateway before that parser, or keep the bytes in req.rawBody with the "verify" option of the parser.',
  );
}
