import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { createAsyncQueue } from '../async-queue.js';
import type { BrokerUrl, Place, Subscription } from '../driver.js';
import { answersInTime, closing, createReconnecting, unreachable } from '../reconnecting.js';
import { connectToKafka, toError } from './connection.js';
import { createKafkaPublisher } from './publisher.js';
import { type Delivery, startTurn, type Turn } from './turn.js';

/** Messages of different partitions that may be out at a time; those of one partition go out one by one. */
const PARTITIONS_AT_ONCE = 64;
/** How long what was answered is not handed out again: a batch may have been fetched before that. */
const PASS_OVER = 10_000;

/** Reads topics as a member of a group: a message is committed once it is settled as used. */
export function createKafkaSubscription(place: Place): Subscription {
  const { name, url, logger, maxAttempts, deadLetter } = place;
  const topics = url.query.getAll('topic');
  const queue = createAsyncQueue<Delivery>();
  const deadLetters =
    deadLetter === undefined ? undefined : createKafkaPublisher({ ...place, url: topicUrl(deadLetter) });
  /** By partition, the batch that is being handed out. */
  const batches = new Map<string, EachBatchPayload>();
  /** By partition, the last message that was handed out. */
  const turns = new Map<string, Turn>();
  /** By partition, the last message that became an answer. */
  const answered = new Map<string, { readonly offset: bigint; readonly at: number }>();
  let isClosing = false;

  const link = createReconnecting<Consumer>({
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
    onLost: () => queue.fail(unreachable(name)),
  });

  async function startConsumer(consumer: Consumer, onEnd: () => void): Promise<void> {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      // From most crashes kafkajs starts again by itself: a request that waits may still get a message.
      if (!payload.restart) onEnd();
    });
    // From now on the group is read from where it last committed, and partitions may belong to other members.
    consumer.on(consumer.events.GROUP_JOIN, () => {
      batches.clear();
      for (const { letGo } of turns.values()) letGo();
    });
    await consumer.subscribe({ topics, fromBeginning: url.query.get('offset') !== 'newest' });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatchAutoResolve: false,
      eachBatch: handOutAll,
    });
  }

  async function handOutAll(payload: EachBatchPayload): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset, heartbeat } = payload;
    const place = `${batch.topic}/${batch.partition}`;
    const last = turns.get(place);
    // After a fault in another partition kafkajs fetches them all once more, and leaves the batches before as they are.
    batches.set(place, payload);
    last?.letGo();
    for (const message of withSkipped(last, batch.messages)) {
      if (isClosing || !isRunning() || isStale() || batches.get(place) !== payload) return;
      if (!wasJustAnswered(place, BigInt(message.offset)) && !(await handOut(payload, place, message))) return;
      resolveOffset(message.offset);
      await heartbeat();
    }
  }

  /** True for what a batch brings once more that was fetched before its answer. */
  function wasJustAnswered(place: string, offset: bigint): boolean {
    const last = answered.get(place);
    return last !== undefined && offset <= last.offset && performance.now() - last.at < PASS_OVER;
  }

  function handOut(payload: EachBatchPayload, place: string, message: KafkaMessage): Promise<boolean> {
    const offset = BigInt(message.offset);
    const turn = startTurn(
      {
        name,
        maxAttempts,
        queue,
        giveUp: (delivery) => giveUp(delivery, `${place}@${offset}`),
        onDone: () => answered.set(place, { offset, at: performance.now() }),
      },
      payload,
      message,
      turns.get(place),
    );
    turns.set(place, turn);
    return turn.isDone;
  }

  async function giveUp({ body, headers }: Delivery, place: string): Promise<void> {
    await deadLetters?.publish({ body, headers });
    const fate = deadLetters ? 'went to the dead letters' : 'was dropped';
    logger.error({ backend: name, messageId: place }, `a message that cannot be used ${fate}`);
  }

  return {
    async receive(signal) {
      // The first request starts the consumer; joining its group may take longer than the deadline.
      const opened = link.get();
      opened.catch((error) => queue.fail(error));
      const { body, headers, settle } = await queue.take(signal);
      return { body, headers, settle: (settlement) => settle(settlement, signal) };
    },
    open: link.open,
    async close() {
      isClosing = true;
      queue.fail(closing(name));
      const givenBack = Promise.all([...turns.values()].map(({ giveBack }) => giveBack()));
      await answersInTime(name, givenBack).catch(ignore);
      await link.close();
      await deadLetters?.close();
    },
  };
}

/** Where the group has gone on after a message whose commit was not confirmed, that message comes first. */
function withSkipped(last: Turn | undefined, messages: readonly KafkaMessage[]): readonly KafkaMessage[] {
  const [first] = messages;
  if (!last?.mayBeCommitted || !first || BigInt(first.offset) !== BigInt(last.message.offset) + 1n) return messages;
  return [last.message, ...messages];
}

function topicUrl(target: string): BrokerUrl {
  return { scheme: 'kafka', target, query: new URLSearchParams() };
}

function ignore(): void {}
