import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { BackendError, GatewayError } from '../../../errors.js';
import type { Outgoing, Place, Publisher } from '../driver.js';
import { checkLimits, createKeyReader, type Limits } from '../limits.js';
import { toHeaders } from '../metadata.js';
import { createReconnecting, type Reconnecting, unreachable } from '../reconnecting.js';

/** What SQS and SNS can be set to take in one message, in bytes. */
export const LARGEST = 2 ** 20;
/** The group of messages without a key, where the queue or topic keeps an order: they are all in one. */
const ONE_ORDER = 'express-tributary';
/** Says that a body is not text, as the library does that KrakenD uses. */
const BASE64 = 'base64encoded';
/** What AWS lets an attribute be called. */
const NAME = /^(?!aws\.|amazon\.)[\w-]+(?:\.[\w-]+)*$/;
const LONGEST_NAME = 256;
/** What the group of a message can be called. */
const GROUP = { bytes: 128, characters: /^[!-~]+$/ };
/** What is UTF-8, but not text to AWS. */
const NOT_TEXT = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

interface Attribute {
  readonly DataType: 'String';
  readonly StringValue: string;
}
export interface CallOptions {
  readonly abortSignal: AbortSignal;
}
/** One call of an aggregated client of the SDK, such as `SQS`. */
export type AwsCall<I, O = unknown> = (input: I, options: CallOptions) => Promise<O>;

export interface AwsSettings {
  readonly maxAttempts: number;
  readonly requestHandler: object;
  readonly region?: string;
  readonly endpoint?: string;
}

/** What is used of every client of the SDK. */
export interface AwsClient {
  readonly config: { region(): Promise<unknown>; credentials(): Promise<unknown> };
  destroy(): void;
}

/** Rejects where a client could call nothing: the SDK itself finds out with the first call. */
export async function findAccess({ config }: AwsClient): Promise<void> {
  await config.region();
  await config.credentials();
}

/** A client that is made for the first call, or the injected one, which stays open. It connects when it is called. */
export function createAwsLink<T>(
  { name, client, connectTimeout, maxPending }: Place,
  { region, endpoint }: { region: string | undefined; endpoint: string | undefined },
  create: (settings: AwsSettings) => Promise<T & AwsClient>,
): Reconnecting<T> {
  let own: AwsClient | undefined;

  return createReconnecting<T>({
    name,
    async open() {
      if (client !== undefined) return client as T;
      const agent = { keepAlive: true, maxSockets: maxPending };
      const created = await create({
        // What is tried again without the gateway's knowledge may be published twice.
        maxAttempts: 1,
        requestHandler: { connectionTimeout: connectTimeout, httpsAgent: agent, httpAgent: agent },
        ...(region !== undefined && { region }),
        ...(endpoint !== undefined && { endpoint }),
      });
      try {
        await findAccess(created);
      } catch (thrown) {
        created.destroy();
        throw toError(name, thrown);
      }
      own = created;
      return created;
    },
    async close() {
      own?.destroy();
    },
  });
}

/**
 * One call, for as long as a confirmation is waited for, or until the signal is aborted. What it throws is a
 * `GatewayError`.
 */
export async function callAws<T>(
  name: string,
  ms: number,
  call: (options: CallOptions) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(abort, ms);
  function abort(): void {
    controller.abort();
  }
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  try {
    return await call({ abortSignal: controller.signal });
  } catch (thrown) {
    throw toError(name, thrown);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** What a message to a queue and one to a topic have in common. */
export interface AwsMessage {
  readonly MessageAttributes: Record<string, Attribute>;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

export interface AwsPublisherOptions<T> {
  readonly link: Reconnecting<T>;
  /** Keeps an order within groups. */
  readonly isFifo: boolean;
  readonly limits: Limits;
  readonly send: (client: T, message: AwsMessage & { readonly text: string }, options: CallOptions) => Promise<unknown>;
}

export function createAwsPublisher<T>(
  { name, url, timeout }: Place,
  { link, isFifo, limits, send }: AwsPublisherOptions<T>,
): Publisher {
  const keyOf = createKeyReader(url, { ...GROUP, broker: limits.broker });

  return {
    async publish(message) {
      const { text, attributes } = toAttributes(message);
      checkLimits({ ...limits, name: LONGEST_NAME }, asCounted(text, attributes));
      const key = keyOf(message) ?? (isFifo ? ONE_ORDER : undefined);
      const client = await link.get();
      const input = {
        text,
        MessageAttributes: attributes,
        ...(key !== undefined && { MessageGroupId: key }),
        ...(isFifo && { MessageDeduplicationId: randomUUID() }),
      };
      await callAws(name, timeout, (options) => send(client, input, options));
      return undefined;
    },
    open: link.open,
    close: link.close,
  };
}

/** The message as AWS has it: text, in base64 where it is none, and headers as attributes. */
export function toAttributes({ body, headers }: Outgoing): { text: string; attributes: Record<string, Attribute> } {
  const attributes: Record<string, Attribute> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== '' && NAME.test(name)) attributes[name] = { DataType: 'String', StringValue: value };
  }
  const text = body.toString();
  if (isUtf8(body) && !NOT_TEXT.test(text)) return { text, attributes };
  attributes[BASE64] = { DataType: 'String', StringValue: 'true' };
  return { text: body.toString('base64'), attributes };
}

/** The same, as it counts against the limits of AWS. */
export function asCounted(text: string, attributes: Record<string, Attribute>): Outgoing {
  const headers = Object.entries(attributes).map(([name, { DataType, StringValue }]) => [name, DataType + StringValue]);
  return { body: Buffer.from(text), headers: Object.fromEntries(headers) };
}

/** The message that was made of text and attributes. */
export function fromAttributes(
  text: string,
  values: Readonly<Record<string, unknown>>,
): { body: Buffer; headers: Record<string, string> } {
  const { [BASE64]: encoded, ...headers } = toHeaders(values);
  return { body: Buffer.from(text, encoded === 'true' ? 'base64' : 'utf8'), headers };
}

const SAFE_NAME = /^[A-Z][A-Za-z.]{2,60}$/;

/** What the SDK says is not passed on: it holds addresses, accounts and request ids. */
function toError(name: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { name: kind, $metadata } = (thrown ?? {}) as { name?: unknown; $metadata?: { httpStatusCode?: unknown } };
  if (kind === 'AbortError' || kind === 'TimeoutError') {
    return new BackendError('ERR_BACKEND_TIMEOUT', `${name}: its broker did not answer in time`);
  }
  if (kind === 'CredentialsProviderError') {
    const advice = 'set the usual variables or a profile of AWS';
    return new BackendError('ERR_BACKEND_CONNECTION', `${name}: there are no credentials for AWS; ${advice}`);
  }
  if (typeof $metadata?.httpStatusCode !== 'number') return unreachable(name);
  const why = typeof kind === 'string' && SAFE_NAME.test(kind) && kind !== 'Error' ? ` (${kind})` : '';
  return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker refused the call${why}`);
}
