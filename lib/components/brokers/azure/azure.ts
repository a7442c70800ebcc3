import { randomUUID } from 'node:crypto';
import { lazyPeer } from '../../../core/peer.js';
import { BackendError, GatewayError, RequestError } from '../../../errors.js';
import type { Driver, Place, Publisher, Subscription } from '../driver.js';
import { checkLimits, createKeyReader, maxSizeFault, maxSizeOf } from '../limits.js';
import { toHeaders } from '../metadata.js';
import { createPulledSubscription, type Lease, WAIT } from '../pull.js';
import { createReconnecting, unreachable } from '../reconnecting.js';

const peer = lazyPeer('@azure/service-bus', '"azuresb://"', () => import('@azure/service-bus'));

const ENTITY = /^[\w.~-]+(?:\/[\w.~-]+)*$/;
/** Of the standard tier, and of the premium one, in bytes. */
const USUAL_SIZE = 2 ** 18;
const LARGEST = 100 * 2 ** 20;
/** What the session of a message can be called. */
const SESSION = { broker: 'Service Bus', bytes: 128 };

interface CallOptions {
  readonly abortSignal: AbortSignal;
}
interface ReceiverOptions {
  readonly skipParsingBodyAsJson: boolean;
  readonly maxAutoLockRenewalDurationInMs: number;
}
/** What is used of `ServiceBusClient`. */
interface ServiceBusClient {
  createSender(entity: string): Sender;
  createReceiver(queue: string, options: ReceiverOptions): Receiver;
  createReceiver(topic: string, subscription: string, options: ReceiverOptions): Receiver;
}
interface Actor {
  readonly isClosed: boolean;
  close(): Promise<void>;
}
interface Sender extends Actor {
  sendMessages(
    message: {
      messageId: string;
      body: Buffer;
      contentType?: string;
      sessionId?: string;
      applicationProperties: Record<string, string>;
    },
    options: CallOptions,
  ): Promise<void>;
}
interface Receiver extends Actor {
  receiveMessages(count: number, options: CallOptions & { maxWaitTimeInMs: number }): Promise<Message[]>;
  completeMessage(message: Message): Promise<void>;
  abandonMessage(message: Message): Promise<void>;
  deadLetterMessage(
    message: Message,
    options: { deadLetterReason: string; deadLetterErrorDescription: string },
  ): Promise<void>;
}
interface Message {
  readonly body?: unknown;
  /** A number of 64 bits, given by the broker. */
  readonly sequenceNumber?: { toString(): string } | undefined;
  readonly contentType?: string | undefined;
  readonly applicationProperties?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Azure Service Bus: `azuresb://topic`, or a queue, to write; `azuresb://topic?subscription=s`, or `azuresb://queue`, to
 * read. A message is completed once it is settled as used.
 */
export const azure: Driver = {
  peers: [peer],
  clientHas: ['createSender', 'createReceiver'],
  parameters: { publish: ['key_name', 'max_size'], subscribe: ['subscription'] },

  faultOf(url, use) {
    if (url.target === '') return use === 'publish' ? 'names no topic' : 'names no topic and no queue';
    if (!ENTITY.test(url.target)) return 'names no topic: one with nothing but its name is needed';
    if (url.query.get('subscription') === '') return 'needs a name for "subscription"';
    return maxSizeFault(url, LARGEST);
  },
  publisher: createAzurePublisher,
  subscription: createAzureSubscription,
};

interface ActorLink<T extends Actor> {
  /** One call. What it rejects with is a `GatewayError`. */
  call<R>(action: (actor: T) => Promise<R>): Promise<R>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** A sender or receiver, of the injected client or of one of our own. It connects for its first call. */
function linkTo<T extends Actor>(place: Place, create: (client: ServiceBusClient) => T): ActorLink<T> {
  const { name, client: injected, timeout } = place;
  let own: (ServiceBusClient & { close(): Promise<void> }) | undefined;

  async function connect(): Promise<ServiceBusClient> {
    const { ServiceBusClient: Client } = await peer.load();
    const address = process.env['SERVICEBUS_CONNECTION_STRING'];
    if (!address) throw noAddress(name, 'is not set; set it, or inject a client');
    try {
      // What is tried again without the gateway's knowledge may be published twice. Its time includes the connection's.
      own ??= new Client(address, { retryOptions: { maxRetries: 0, timeoutInMs: Math.max(timeout * 2, WAIT) } });
      return own;
    } catch {
      throw noAddress(name, 'cannot be read; copy it as the portal shows it');
    }
  }

  const link = createReconnecting<{ actor: T; onEnd: () => void }>({
    name,
    async open(onEnd) {
      return { actor: create(injected === undefined ? await connect() : (injected as ServiceBusClient)), onEnd };
    },
    close: ({ actor }) => actor.close(),
  });

  return {
    async call(action) {
      const { actor, onEnd } = await link.get();
      try {
        return await action(actor);
      } catch (thrown) {
        // It closes itself when its topic or queue is gone; that may come back.
        if (actor.isClosed) onEnd();
        throw toError(name, thrown);
      }
    },
    open: link.open,
    async close() {
      await link.close();
      await own?.close();
    },
  };
}

function createAzurePublisher(place: Place): Publisher {
  const { url, timeout } = place;
  const keyOf = createKeyReader(url, SESSION);
  const limits = { broker: SESSION.broker, bytes: maxSizeOf(url, USUAL_SIZE) };
  const link = linkTo<Sender>(place, (client) => client.createSender(url.target));

  return {
    async publish(message) {
      checkLimits(limits, message);
      const { body, headers } = message;
      const [contentType, sessionId] = [headers['content-type'], keyOf(message)];
      const letter = {
        messageId: randomUUID(),
        body,
        applicationProperties: { ...headers },
        ...(contentType !== undefined && { contentType }),
        ...(sessionId !== undefined && { sessionId }),
      };
      await link.call((sender) => sender.sendMessages(letter, { abortSignal: AbortSignal.timeout(timeout) }));
      return undefined;
    },
    open: link.open,
    close: link.close,
  };
}

function createAzureSubscription(place: Place): Subscription {
  const { target, query } = place.url;
  const subscription = query.get('subscription');
  // Parsed by the SDK, numbers would lose digits. It renews no lock of a message without an id, and would fail to.
  const callOptions = { skipParsingBodyAsJson: true, maxAutoLockRenewalDurationInMs: 0 };
  const link = linkTo<Receiver>(place, (client) =>
    subscription === null
      ? client.createReceiver(target, callOptions)
      : client.createReceiver(target, subscription, callOptions),
  );

  function leaseOf(message: Message): Lease {
    const { sequenceNumber, contentType, applicationProperties, body } = message;
    return {
      id: String(sequenceNumber),
      body: toBuffer(body),
      headers: toHeaders({
        ...(contentType !== undefined && { 'content-type': contentType }),
        ...applicationProperties,
      }),
      done: () => link.call((receiver) => receiver.completeMessage(message)),
      giveBack: () => link.call((receiver) => receiver.abandonMessage(message)),
      async giveUp() {
        const reason = {
          deadLetterReason: 'ERR_BACKEND_DECODE',
          deadLetterErrorDescription: 'It cannot be decoded as the encoding of its reader says.',
        };
        await link.call((receiver) => receiver.deadLetterMessage(message, reason));
        return 'went to the dead letters';
      },
    };
  }

  return createPulledSubscription(place, {
    async pull(_count, abortSignal) {
      // For more than one, the SDK would wait a second after the first.
      const options = { maxWaitTimeInMs: WAIT, abortSignal };
      const messages = await link.call((receiver) => receiver.receiveMessages(1, options));
      return messages.map(leaseOf);
    },
    open: link.open,
    close: link.close,
  });
}

/** The bytes of a body; one that others have sent as a value of AMQP becomes JSON. */
function toBuffer(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (typeof body === 'string') return Buffer.from(body);
  return body === undefined || body === null ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
}

function noAddress(name: string, advice: string): BackendError {
  return new BackendError('ERR_BACKEND_CONNECTION', `${name}: SERVICEBUS_CONNECTION_STRING ${advice}`);
}

/** Codes of a `ServiceBusError` that say nothing about the call. */
const LOST: ReadonlySet<unknown> = new Set(['GeneralError', 'ServiceCommunicationProblem']);

/** What the SDK says is not passed on: it holds addresses. */
function toError(name: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { name: kind, code } = (thrown ?? {}) as { name?: unknown; code?: unknown };
  if (kind === 'AbortError' || code === 'ServiceTimeout') {
    return new BackendError('ERR_BACKEND_TIMEOUT', `${name}: its broker did not answer in time`);
  }
  if (code === 'MessageSizeExceeded') {
    return new RequestError('ERR_REQUEST_BODY_SIZE', 'The request is larger than its topic takes.');
  }
  if (kind !== 'ServiceBusError' || typeof code !== 'string' || LOST.has(code)) return unreachable(name);
  const why = /^[A-Z][A-Za-z]{2,60}$/.test(code) ? ` (${code})` : '';
  return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker refused the call${why}`);
}
