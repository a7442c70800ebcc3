import { RequestError } from '../../errors.js';
import type { BrokerUrl, Outgoing } from './driver.js';

/** What a broker takes in one message. */
export interface Limits {
  /** How the client's errors name it. */
  readonly broker: string;
  /** Bytes of the body and of all headers together. */
  readonly bytes: number;
  readonly headers?: number;
  /** Bytes of one header's name. */
  readonly name?: number;
  /** Bytes of one header's value. */
  readonly value?: number;
  /** True where a message needs a body; false where a header will do. */
  readonly needsBody?: boolean;
}

/**
 * Refuses what the broker would refuse, before anything is sent.
 *
 * @throws RequestError that says what is too large, or missing
 */
export function checkLimits({ broker, bytes, headers, name, value, needsBody }: Limits, message: Outgoing): void {
  const entries = Object.entries(message.headers);
  if (message.body.length === 0 && (needsBody || (needsBody === false && entries.length === 0))) {
    throw new RequestError('ERR_REQUEST_BODY', `The request has no body; ${broker} takes no empty message.`);
  }
  if (headers !== undefined && entries.length > headers) {
    const advice = `forward fewer of the ${entries.length}`;
    throw new RequestError(
      'ERR_REQUEST_HEADERS',
      `${broker} takes ${headers} headers with one message; ${advice}.`,
      431,
    );
  }
  if (name !== undefined && entries.some(([written]) => Buffer.byteLength(written) > name)) {
    const message = `The name of a header is longer than ${broker} takes: ${name} bytes.`;
    throw new RequestError('ERR_REQUEST_HEADERS', message);
  }
  const long = value === undefined ? undefined : entries.find(([, text]) => Buffer.byteLength(text) > value);
  if (long) {
    throw new RequestError(
      'ERR_REQUEST_HEADERS',
      `The header "${long[0]}" is longer than ${broker} takes: ${value} bytes.`,
      431,
    );
  }
  if (sizeOf(message) > bytes) {
    throw new RequestError(
      'ERR_REQUEST_BODY_SIZE',
      `The request is larger than ${broker} takes: ${bytes} bytes with its headers.`,
    );
  }
}

function sizeOf({ body, headers }: Outgoing): number {
  return Object.entries(headers).reduce(
    (size, [name, text]) => size + Buffer.byteLength(name) + Buffer.byteLength(text),
    body.length,
  );
}

/** The parameter `max_size`, in bytes, where the broker's own limit can be moved. */
export function maxSizeOf({ query }: BrokerUrl, usual: number): number {
  return Number(query.get('max_size') ?? usual);
}

/** One sentence about a `max_size` that is no number of bytes, or more than the broker can be set to. */
export function maxSizeFault({ query }: BrokerUrl, most: number): string | undefined {
  const text = query.get('max_size');
  const isGood = text === null || (/^[1-9]\d{3,9}$/.test(text) && Number(text) <= most);
  return isGood ? undefined : `needs a number of bytes from 1000 to ${most} for "max_size"`;
}

/** What a broker takes as a key. */
export interface KeyLimits {
  /** How the client's errors name it. */
  readonly broker: string;
  /** Bytes, in UTF-8. */
  readonly bytes: number;
  /** The characters it may have; any, where it is missing. */
  readonly characters?: RegExp;
}

/**
 * Reads the parameter `key_name`: the header whose value says which messages stay in order. What is read throws a
 * `RequestError` where the broker would refuse it.
 */
export function createKeyReader(
  { query }: BrokerUrl,
  limits?: KeyLimits,
): (message: Pick<Outgoing, 'headers'>) => string | undefined {
  const name = query.get('key_name')?.toLowerCase();
  return function readKey({ headers }) {
    const key = name === undefined ? undefined : headers[name] || undefined;
    if (key !== undefined && limits) checkKey(name as string, key, limits);
    return key;
  };
}

function checkKey(name: string, key: string, { broker, bytes, characters }: KeyLimits): void {
  if (Buffer.byteLength(key) > bytes) {
    const message = `The header "${name}" is longer than a key of ${broker}: ${bytes} bytes.`;
    throw new RequestError('ERR_REQUEST_HEADERS', message);
  }
  if (characters === undefined || characters.test(key)) return;
  const message = `The header "${name}" has characters that a key of ${broker} cannot have.`;
  throw new RequestError('ERR_REQUEST_HEADERS', message);
}
