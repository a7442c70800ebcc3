import { setTimeout } from 'node:timers/promises';
import type { v1 } from '@google-cloud/pubsub';
import { lazyPeer } from '../../../core/peer.js';
import { untilAborted } from '../../../core/race.js';
import { BackendError, GatewayError } from '../../../errors.js';
import type { BrokerUrl, Driver, Outgoing, Place, Publisher, Subscription } from '../driver.js';
import { checkLimits, createKeyReader } from '../limits.js';
import { toHeaders } from '../metadata.js';
import { createPulledSubscription, giveUpTo, type Lease, WAIT } from '../pull.js';
import { createReconnecting, type Reconnecting, unreachable } from '../reconnecting.js';

const peer = lazyPeer('@google-cloud/pubsub', '"gcppubsub://"', () => import('@google-cloud/pubsub'));

const NAME = '[A-Za-z][\\w.~+%-]{2,254}';
const PROJECT = '[a-z][a-z0-9.:-]{0,99}';
const PATHS = {
  publish: new RegExp(`^(?:projects/(${PROJECT})/topics/|(${PROJECT})/)(${NAME})$`),
  subscribe: new RegExp(`^(?:projects/(${PROJECT})/subscriptions/|(${PROJECT})/)(${NAME})$`),
};
const LIMITS = { broker: 'Pub/Sub', bytes: 10_000_000, headers: 100, name: 256, value: 1_024, needsBody: false };
const ORDERING_KEY = { broker: 'Pub/Sub', bytes: 1_024 };
const MOST_AT_ONCE = 100;

/** What is used of `PubSub`: its settings, from which come clients that can wait for one answer to one call. */
interface PubSubClient {
  getClientConfig(): Promise<object>;
}
type Clients = typeof v1;
type Settings = ConstructorParameters<Clients['SubscriberClient']>[0];
interface CallOptions {
  readonly timeout: number;
  readonly retry: null;
}
type Call<I, O = unknown> = (input: I, options: CallOptions) => Promise<readonly [O, ...unknown[]]>;
interface Client {
  /** Loads the credentials. */
  initialize(): Promise<unknown>;
  close(): Promise<void>;
}
interface PublisherClient extends Client {
  readonly publish: Call<{
    topic: string;
    messages: { data: Buffer; attributes: Record<string, string>; orderingKey: string }[];
  }>;
}
interface SubscriberClient extends Client {
  readonly pull: Call<
    { subscription: string; maxMessages: number },
    { readonly receivedMessages?: readonly ReceivedMessage[] | null | undefined }
  >;
  readonly acknowledge: Call<{ subscription: string; ackIds: string[] }>;
  readonly modifyAckDeadline: Call<{ subscription: string; ackIds: string[]; ackDeadlineSeconds: number }>;
}
interface ReceivedMessage {
  readonly ackId?: string | null | undefined;
  readonly message?:
    | {
        readonly messageId?: string | null | undefined;
        readonly data?: Uint8Array | string | null | undefined;
        readonly attributes?: Readonly<Record<string, string>> | null | undefined;
      }
    | null
    | undefined;
}

/**
 * Google Pub/Sub: `gcppubsub://projects/p/topics/t` to write, `gcppubsub://projects/p/subscriptions/s` to read; a message
 * is acknowledged once it is settled as used.
 */
export const gcp: Driver = {
  peers: [peer],
  clientHas: ['getClientConfig'],
  hasDeadLetters: true,
  parameters: { publish: ['key_name'], subscribe: [] },

  faultOf({ target }, use) {
    const kind = use === 'publish' ? 'topic' : 'subscription';
    if (target === '') return `names no ${kind}`;
    return PATHS[use].test(target) ? undefined : `names no ${kind} of Pub/Sub: "projects/p/${kind}s/name" is needed`;
  },
  publisher(place) {
    const { project, name } = pathOf(place.url, 'publish');
    return createGcpPublisher(place, project, name);
  },
  subscription: createGcpSubscription,
};

function pathOf({ target }: BrokerUrl, use: 'publish' | 'subscribe'): { project: string; name: string } {
  const [, long, short, name = ''] = PATHS[use].exec(target) ?? [];
  return { project: long ?? short ?? '', name };
}

/**
 * Milliseconds until a call that has begun is with the stub of its client. The SDK would reject one that finds the client closed
 * where nothing waits for it, which ends the process; after `close` no further call begins.
 */
const ON_ITS_WAY = 100;

/** A client with the settings of the injected `PubSub`, or of one of our own; it is ours in both cases. */
function linkTo<T extends Client>(
  { name, client }: Place,
  projectId: string,
  create: (clients: Clients, settings: Settings) => T,
): Reconnecting<T> {
  return createReconnecting<T>({
    name,
    async open() {
      const { PubSub: Client, v1: clients } = await peer.load();
      const pubsub: PubSubClient = client === undefined ? new Client({ projectId }) : (client as PubSubClient);
      let opened: T | undefined;
      try {
        opened = create(clients, (await pubsub.getClientConfig()) as Settings);
        // Its first call would do that as well, and throw where nothing waits for it: that ends the process.
        await opened.initialize();
        return opened;
      } catch (thrown) {
        opened?.close().catch(ignore);
        throw noCredentials(name, thrown);
      }
    },
    close: (opened) => setTimeout(ON_ITS_WAY).then(() => opened.close()),
  });
}

function createGcpPublisher(place: Place, project: string, topicName: string): Publisher {
  const { name, url, timeout } = place;
  const topic = `projects/${project}/topics/${topicName}`;
  const keyOf = createKeyReader(url, ORDERING_KEY);
  const link = linkTo<PublisherClient>(place, project, (clients, settings) => new clients.PublisherClient(settings));

  return {
    async publish(message) {
      const { body: data, headers: attributes } = withAttributes(message);
      checkLimits(LIMITS, { body: data, headers: attributes });
      const messages = [{ data, attributes, orderingKey: keyOf(message) ?? '' }];
      const client = await link.get();
      await callGoogle(name, client.publish({ topic, messages }, { timeout, retry: null }));
      return undefined;
    },
    open: link.open,
    close: link.close,
  };
}

function createGcpSubscription(place: Place): Subscription {
  const { name, url, timeout, deadLetter } = place;
  const { project, name: subscriptionName } = pathOf(url, 'subscribe');
  const subscription = `projects/${project}/subscriptions/${subscriptionName}`;
  const deadLetters = deadLetter === undefined ? undefined : createGcpPublisher(place, project, deadLetter);
  const callOptions = { timeout, retry: null };
  const link = linkTo<SubscriberClient>(place, project, (clients, settings) => new clients.SubscriberClient(settings));

  async function pull(count: number, signal: AbortSignal): Promise<Lease[]> {
    const client = await link.get();
    const maxMessages = Math.min(count, MOST_AT_ONCE);
    const answer = client.pull({ subscription, maxMessages }, { timeout: WAIT, retry: null });
    try {
      const [{ receivedMessages }] = await untilAborted(answer, signal);
      return (receivedMessages ?? []).map(leaseOf);
    } catch (thrown) {
      // Nothing came in the time that was given.
      if (codeOf(thrown) === DEADLINE_EXCEEDED) return [];
      throw toError(name, thrown);
    }
  }

  function leaseOf({ ackId, message }: ReceivedMessage): Lease {
    const body = toBuffer(message?.data);
    const headers = toHeaders(message?.attributes ?? {});
    const address = { subscription, ackIds: [ackId ?? ''] };

    async function done(): Promise<void> {
      const client = await link.get();
      await callGoogle(name, client.acknowledge(address, callOptions));
    }
    return {
      id: message?.messageId ?? '',
      body,
      headers,
      done,
      async giveBack() {
        const client = await link.get();
        await callGoogle(name, client.modifyAckDeadline({ ...address, ackDeadlineSeconds: 0 }, callOptions));
      },
      giveUp: () => giveUpTo(deadLetters, { body, headers, done }, 'subscription'),
    };
  }

  return createPulledSubscription(place, {
    pull,
    open: link.open,
    async close() {
      await Promise.all([link.close(), deadLetters?.close()]);
    },
  });
}

/** Google keeps names that begin like its own for itself. */
function withAttributes({ body, headers }: Outgoing): { body: Buffer; headers: Record<string, string> } {
  return { body, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('goog'))) };
}

/** Over HTTP instead of gRPC, bytes come as base64. */
function toBuffer(data: Uint8Array | string | null | undefined): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'base64');
  return data ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.alloc(0);
}

async function callGoogle<T>(name: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw toError(name, thrown);
  }
}

const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;
/** Codes of gRPC, by their number. */
const CODES =
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  );

function codeOf(thrown: unknown): unknown {
  return (thrown as { code?: unknown } | undefined)?.code;
}

/** What the SDK says is not passed on: it holds addresses and projects. */
function toError(name: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const code = codeOf(thrown);
  if (code === DEADLINE_EXCEEDED) {
    return new BackendError('ERR_BACKEND_TIMEOUT', `${name}: its broker did not answer in time`);
  }
  const kind = typeof code === 'number' && code !== UNAVAILABLE ? CODES[code] : undefined;
  if (kind === undefined) return unreachable(name);
  return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker refused the call (${kind})`);
}

/** Nothing else is done before a client can be used. What the SDK says holds the paths of files. */
function noCredentials(name: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const advice = 'set GOOGLE_APPLICATION_CREDENTIALS to a file that can be read';
  return new BackendError('ERR_BACKEND_CONNECTION', `${name}: there are no credentials for Google; ${advice}`);
}

function ignore(): void {}
