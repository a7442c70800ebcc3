import type { Consumer, EachMessagePayload } from 'kafkajs';
import type { Settlement } from '../../transport/transport.js';
import type { BrokerUrl, Place, Received, Subscription } from './driver.js';
import { createInbox } from './inbox.js';
import { connectToKafka, toError } from './kafka-connection.js';
import { createKafkaPublisher } from './kafka-publisher.js';
import { closing, createLink, unreachable } from './link.js';
import { toHeaders } from './metadata.js';

const HEARTBEAT = 3_000;
/** Messages of different partitions that may be out at a time; those of one partition go out one by one. */
const PARTITIONS_AT_ONCE = 64;

interface Unsure {
  readonly nextOffset: bigint;
  handOutAgain(): void;
}

/** Reads topics as a member of a group: a message is committed once it is settled as used. */
export function createKafkaSubscription(place: Place): Subscription {
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
      const consumer = (await connectToKafka(place)).consumer({ groupId: url.target });
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

function ignore(): void {}
