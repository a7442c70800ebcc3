import { lazyPeer } from '../../../core/peer.js';
import type { BrokerUrl, Driver, Place, Publisher, Subscription } from '../driver.js';
import { maxSizeFault, maxSizeOf } from '../limits.js';
import { createPulledSubscription, giveUpTo, type Lease, WAIT } from '../pull.js';
import {
  type AwsCall,
  type AwsMessage,
  callAws,
  createAwsLink,
  createAwsPublisher,
  fromAttributes,
  LARGEST,
} from './aws.js';

const peer = lazyPeer('@aws-sdk/client-sqs', '"awssqs://"', () => import('@aws-sdk/client-sqs'));

const QUEUE = /^(?:(https?):\/\/)?([a-z0-9.-]+(?::\d{1,5})?)(\/(?:[\w-]+\/)*[\w-]{1,80}(\.fifo)?)$/i;
const REGION = /(?:^|\.)sqs(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\./;
const MOST_AT_ONCE = 10;
const MOST_ATTRIBUTES = 10;
/** Seconds that a message stays hidden at least, should this gateway crash meanwhile. */
const HIDDEN = 30;
const MOST_HIDDEN = 43_200;

/** What is used of the client `SQS`. */
interface SqsClient {
  readonly sendMessage: AwsCall<AwsMessage & { QueueUrl: string; MessageBody: string }>;
  readonly receiveMessage: AwsCall<
    {
      QueueUrl: string;
      MaxNumberOfMessages: number;
      WaitTimeSeconds: number;
      VisibilityTimeout: number;
      MessageAttributeNames: string[];
    },
    { readonly Messages?: readonly Message[] | undefined }
  >;
  readonly deleteMessage: AwsCall<{ QueueUrl: string; ReceiptHandle: string }>;
  readonly changeMessageVisibility: AwsCall<{ QueueUrl: string; ReceiptHandle: string; VisibilityTimeout: number }>;
}
interface Message {
  readonly MessageId?: string | undefined;
  readonly ReceiptHandle?: string | undefined;
  readonly Body?: string | undefined;
  readonly MessageAttributes?:
    | Readonly<
        Record<string, { readonly StringValue?: string | undefined; readonly BinaryValue?: Uint8Array | undefined }>
      >
    | undefined;
}

/**
 * Queues of AWS SQS: `awssqs://sqs.eu-west-1.amazonaws.com/123456789012/orders`, with or without `https://` before the
 * host. A message is deleted once it is settled as used.
 */
export const sqs: Driver = {
  peers: [peer],
  clientHas: ['sendMessage', 'receiveMessage', 'deleteMessage', 'changeMessageVisibility'],
  hasDeadLetters: true,
  parameters: { publish: ['region', 'key_name', 'max_size', 'awssdk'], subscribe: ['region', 'raw', 'awssdk'] },

  faultOf(url) {
    if (url.target === '') return 'names no queue';
    const queue = queueOf(url);
    if (!queue) return 'names no queue of SQS: "awssqs://" and its URL are needed';
    if (queue.region === undefined) return 'names no region: add "?region=…"';
    if (!['true', 'false', null].includes(url.query.get('raw'))) return 'needs "true" or "false" for "raw"';
    return maxSizeFault(url, LARGEST);
  },
  publisher: createSqsPublisher,
  subscription: createSqsSubscription,
};

function queueOf({ target, query }: BrokerUrl) {
  const [, scheme = 'https', host, path, fifo] = QUEUE.exec(target) ?? [];
  if (host === undefined) return undefined;
  const region = query.get('region') ?? REGION.exec(host)?.[1];
  const endpoint = `${scheme}://${host}`;
  return { endpoint, queueUrl: endpoint + path, region, isFifo: fifo !== undefined };
}

function linkTo(place: Place) {
  const { region, endpoint } = queueOf(place.url) ?? {};
  return createAwsLink<SqsClient>(
    place,
    { region, endpoint },
    async (settings) => new (await peer.load()).SQS(settings),
  );
}

function createSqsPublisher(place: Place): Publisher {
  const { queueUrl = '', isFifo = false } = queueOf(place.url) ?? {};

  return createAwsPublisher(place, {
    link: linkTo(place),
    isFifo,
    limits: { broker: 'SQS', bytes: maxSizeOf(place.url, LARGEST), headers: MOST_ATTRIBUTES, needsBody: true },
    send: (client, { text, ...input }, options) =>
      client.sendMessage({ ...input, QueueUrl: queueUrl, MessageBody: text }, options),
  });
}

function createSqsSubscription(place: Place): Subscription {
  const { name, url, timeout, deadLetter } = place;
  const { queueUrl: QueueUrl = '' } = queueOf(url) ?? {};
  const isRaw = url.query.get('raw') === 'true';
  const hidden = Math.min(Math.max(HIDDEN, Math.ceil(timeout / 1_000) + 10), MOST_HIDDEN);
  const deadLetters = deadLetter === undefined ? undefined : createSqsPublisher(siblingOf(place, deadLetter));
  const link = linkTo(place);

  async function call<T>(action: (client: SqsClient, options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    const client = await link.get();
    return callAws(name, timeout, (options) => action(client, options));
  }

  async function pull(count: number, signal: AbortSignal): Promise<Lease[]> {
    const client = await link.get();
    const input = {
      QueueUrl,
      MaxNumberOfMessages: Math.min(count, MOST_AT_ONCE),
      WaitTimeSeconds: WAIT / 1_000,
      VisibilityTimeout: hidden,
      MessageAttributeNames: ['All'],
    };
    const receive = ({ abortSignal }: { abortSignal: AbortSignal }) => client.receiveMessage(input, { abortSignal });
    const { Messages = [] } = await callAws(name, WAIT + timeout, receive, signal);
    return Messages.map(leaseOf);
  }

  function leaseOf(message: Message): Lease {
    const { MessageId: id = '', ReceiptHandle = '' } = message;
    const content = contentOf(message, isRaw);
    const address = { QueueUrl, ReceiptHandle };

    async function done(): Promise<void> {
      await call((client, options) => client.deleteMessage(address, options));
    }
    return {
      id,
      ...content,
      done,
      async giveBack() {
        const input = { ...address, VisibilityTimeout: 0 };
        await call((client, options) => client.changeMessageVisibility(input, options));
      },
      giveUp: () => giveUpTo(deadLetters, { ...content, done }, 'queue'),
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

/** The place of another queue of the same account, by its name. */
function siblingOf(place: Place, queue: string): Place {
  const { url } = place;
  return { ...place, url: { ...url, target: url.target.replace(/[^/]+$/, queue) } };
}

/** Body and headers; those of the notification where SNS has put one into the queue. */
function contentOf({ Body = '', MessageAttributes }: Message, isRaw: boolean) {
  const attributes = Object.entries(MessageAttributes ?? {});
  if (!isRaw && attributes.length === 0 && Body.includes('"TopicArn"')) {
    const notification = parseNotification(Body);
    if (notification) return fromAttributes(notification.text, notification.values);
  }
  const values = attributes.map(([name, value]) => [name, value.StringValue ?? Buffer.from(value.BinaryValue ?? [])]);
  return fromAttributes(Body, Object.fromEntries(values));
}

function parseNotification(body: string): { text: string; values: Record<string, unknown> } | undefined {
  try {
    const { TopicArn, Message: text, MessageAttributes } = JSON.parse(body) as Record<string, unknown>;
    if (typeof TopicArn !== 'string' || typeof text !== 'string') return undefined;
    const entries = Object.entries((MessageAttributes ?? {}) as Record<string, { Value?: unknown } | null>);
    return { text, values: Object.fromEntries(entries.map(([name, attribute]) => [name, attribute?.Value])) };
  } catch {
    return undefined;
  }
}
