import type { Consumer, EachMessagePayload, Kafka, Producer } from 'kafkajs';
import { BackendError, type GatewayError } from '../../errors.js';
import type { Settlement } from '../../transport/transport.js';
import { lazyPeer } from '../peer.js';
import type { BrokerUrl, Driver, Place, Publisher, Received, Subscription } from './driver.js';
import { createInbox } from './inbox.js';
import { closing, createLink, unreachable } from './link.js';
import { toHeaders } from './metadata.js';

const peer = lazyPeer('kafkajs', '"kafka://"', () => import('kafkajs'));

const HEARTBEAT = 3_000;
/**
 * Each publication is written at most once. The idempotent producer of kafkajs is not used for that: it gives the number
 * of a message that failed to the next one, which the broker then takes for a repetition and confirms without storing it.
 */
const WRITE_ONCE = { retry: { retries: 0 } };
/** Messages of different partitions that may be out at a time; those of one partition go out one by one. */
const PARTITIONS_AT_ONCE = 64;

/**
 * Kafka, by kafkajs. `kafka://topic?key_name=header` to write: `acks=all`, one message a request.
 * `kafka://group?topic=a&topic=b&offset=oldest|newest` to read: a message is committed once it is settled as used.
 */
export const kafka: Driver = {
  peers: [peer],
  clientHas: ['producer', 'consumer'],
  hasDeadLetters: true,
  parameters: { publish: ['key_name', 'idempotent'], subscribe: ['topic', 'offset'] },

  faultOf({ target, query }: BrokerUrl, use) {
    if (target === '') return use === 'publish' ? 'names no topic' : 'names no group';
    if (!['true', 'false', null].includes(query.get('idempotent'))) return 'needs "true" or "false" for "idempotent"';
    if (!['oldest', 'newest', null].includes(query.get('offset'))) return 'needs "oldest" or "newest" for "offset"';
    return use === 'subscribe' && !query.get('topic') ? 'names no topic: add "?topic=…"' : undefined;
  },
  publisher: createKafkaPublisher,
  subscription: createKafkaSubscription,
};

function createKafkaPublisher(place: Place): Publisher {
  const { name, timeout } = place;
  const { target: topic, query } = place.url;
  const keyName = query.get('key_name')?.toLowerCase();
  const idempotent = query.get('idempotent') === 'true';
  const link = createLink<Producer>({
    name,
    async open() {
      const producer = (await connectTo(place)).producer(idempotent ? WRITE_ONCE : {});
      await producer.connect();
      return producer;
    },
    close: (producer) => producer.disconnect(),
  });

  return {
    async publish({ body, headers }) {
      const producer = await link.get();
      const key = keyName === undefined ? undefined : headers[keyName];
      try {
        await producer.send({ topic, acks: -1, timeout, messages: [{ value: body, headers, key: key ?? null }] });
        return undefined;
      } catch (thrown) {
        throw toError(name, thrown);
      }
    },
    async open() {
      await link.get();
    },
    close: link.close,
  };
}

interface Unsure {
  readonly nextOffset: bigint;
  handOutAgain(): void;
}

function createKafkaSubscription(place: Place): Subscription {
  const { name, url, logger, maxAttempts, deadLetter } = place;
  const topics = url.query.getAll('topic');
  const inbox = createInbox<Received>();
  const graveyard =
    deadLetter === undefined ? undefined : createKafkaPublisher({ ...place, url: topicUrl(deadLetter) });
  /** Ends the wait of each message that is out or kept, without committing it. */
  const letGo = new Set<() => void>();
  /** By partition, the message whose commit got no answer: the next one of the partition tells what became of it. */
  const unsure = new Map<string, Unsure>();
  let isClosing = false;

  const link = createLink<Consumer>({
    name,
    async open(onEnd) {
      const consumer = (await connectTo(place)).consumer({ groupId: url.target });
      await consumer.connect();
      try {
        await startConsumer(consumer, onEnd);
      } catch (thrown) {
        // It would stay connected, one more with each attempt.
        consumer.disconnect().catch(ignore);
        throw toError(name, thrown);
      }
      return consumer;
    },
    close: (consumer) => consumer.disconnect(),
    onLost: () => inbox.fail(unreachable(name)),
  });

  async function startConsumer(consumer: Consumer, onEnd: () => void): Promise<void> {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      // From most crashes kafkajs starts again by itself: whoever waits may still get a message.
      if (!payload.restart) onEnd();
    });
    await consumer.subscribe({ topics, fromBeginning: url.query.get('offset') !== 'newest' });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachMessage: (payload) => (isClosing ? Promise.resolve() : handOut(consumer, payload)),
    });
  }

  /** Settles when the message is done with: until then, its partition waits. */
  function handOut(consumer: Consumer, { topic, partition, message, heartbeat }: EachMessagePayload): Promise<void> {
    return new Promise<void>(function untilSettled(resolve, reject) {
      const place = `${topic}/${partition}`;
      const nextOffset = BigInt(message.offset) + 1n;
      let attempts = 0;
      let isCommitted = false;
      const delivery: Received = {
        body: message.value ?? Buffer.alloc(0),
        headers: toHeaders({ ...message.headers, ...(message.key && { 'kafka-key': message.key }) }),
        settle,
      };
      // The group takes a silent member for dead, however long the clients let us wait.
      const timer = setInterval(() => heartbeat().catch(end), HEARTBEAT);
      letGo.add(end);
      recall(place, BigInt(message.offset));
      inbox.put(delivery);

      function end(error?: unknown): void {
        clearInterval(timer);
        letGo.delete(end);
        inbox.withdraw(delivery);
        if (error) reject(error);
        else resolve();
      }

      async function settle(settlement: Settlement): Promise<void> {
        if (settlement === 'refused') attempts++;
        const isDone = settlement === 'used' || attempts >= maxAttempts;
        if (!letGo.has(end) && !isCommitted) throw unreachable(name);
        if (!isDone) return inbox.put(delivery, 'front');
        try {
          if (settlement === 'refused') await bury(delivery, `${place}@${message.offset}`);
          if (isCommitted) return;
          await consumer.commitOffsets([{ topic, partition, offset: String(nextOffset) }]);
          end();
        } catch (thrown) {
          const error = toError(name, thrown);
          if (settlement === 'used' && error.code !== 'ERR_BACKEND_STATUS')
            unsure.set(place, { nextOffset, handOutAgain });
          // It comes again from where the group last committed.
          end(thrown);
          throw error;
        }
      }
      function handOutAgain(): void {
        isCommitted = true;
        inbox.put(delivery, 'front');
      }
    });
  }

  /** A message that was committed, though nobody heard of it, and is in nobody's hands. */
  function recall(place: string, offset: bigint): void {
    const last = unsure.get(place);
    unsure.delete(place);
    if (last?.nextOffset === offset) last.handOutAgain();
  }

  async function bury({ body, headers }: Received, place: string): Promise<void> {
    await graveyard?.publish({ body, headers });
    const fate = graveyard ? 'went to the dead letters' : 'was dropped';
    logger.error({ backend: name, message: place }, `a message that cannot be used ${fate}`);
  }

  return {
    async receive(signal) {
      // Whoever comes first starts the consumer; joining its group may take longer than the deadline.
      const opened = link.get();
      opened.catch((error) => inbox.fail(error));
      return inbox.take(signal);
    },
    async open() {
      await link.get();
    },
    async close() {
      isClosing = true;
      inbox.fail(closing(name));
      for (const end of letGo) end();
      await link.close();
      await graveyard?.close();
    },
  };
}

function topicUrl(target: string): BrokerUrl {
  return { scheme: 'kafka', target, query: new URLSearchParams() };
}

/** The injected client, or one for the brokers that `KAFKA_BROKERS` names. */
async function connectTo({ name, client, connectTimeout, timeout }: Place): Promise<Kafka> {
  if (client !== undefined) return client as Kafka;
  const { Kafka, logLevel } = await peer.load();
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').flatMap((broker) => broker.trim() || []);
  if (brokers.length === 0) {
    throw new BackendError('ERR_BACKEND_CONNECTION', 502, `${name}: KAFKA_BROKERS names no broker`);
  }
  return new Kafka({
    brokers,
    clientId: 'express-tributary',
    connectionTimeout: connectTimeout,
    requestTimeout: Math.max(timeout, 1_000) * 2,
    // Its own log holds addresses; what matters comes back as errors.
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
  });
}

/** kafkajs wraps the fault it gave up on. What it says stays behind: it holds addresses. */
function toError(name: string, thrown: unknown): GatewayError {
  const { cause, ...outer } = describe(thrown);
  const { type, errorName } = cause === undefined ? outer : describe(cause);
  if (type !== undefined) {
    return new BackendError('ERR_BACKEND_STATUS', 502, `${name}: its broker refused the call (${type})`);
  }
  if (errorName === 'KafkaJSRequestTimeoutError') {
    return new BackendError('ERR_BACKEND_TIMEOUT', 504, `${name}: its broker did not answer in time`);
  }
  return unreachable(name);
}

function describe(thrown: unknown): { type: string | undefined; errorName: string | undefined; cause: unknown } {
  const { type, name, cause } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<
    string,
    unknown
  >;
  const isSafe = typeof type === 'string' && /^[A-Z_]{3,60}$/.test(type);
  return { type: isSafe ? type : undefined, errorName: typeof name === 'string' ? name : undefined, cause };
}

function ignore(): void {}
