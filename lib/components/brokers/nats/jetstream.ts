import type { Consumer, JsMsg } from '@nats-io/jetstream';
import type { Settlement } from '../../../transport/transport.js';
import { createAsyncQueue } from '../async-queue.js';
import type { Place, Received, Subscription } from '../driver.js';
import { toHeaders } from '../metadata.js';
import { closing, unreachable } from '../reconnecting.js';
import { createNatsLink, headersOf, jetstreamPeer, toError } from './connection.js';

/** How long one pull waits at the server for a message; then the next one asks, as long as a request waits. */
const PULL = 2_000;
/** Milliseconds before a loss whose acknowledgements the server may have forgotten, and how many of those are kept. */
const FORGETTABLE = 10_000;
const MOST_FORGETTABLE = 5_000;

/** Reads a stream through a durable consumer: a message is acknowledged once it is settled as used. */
export function createJetStreamSubscription(place: Place): Subscription {
  const { name, url, maxAttempts, logger } = place;
  const received = createAsyncQueue<Received>();
  /** Refusals of messages that are not done with, by their number in the stream. */
  const refusals = new Map<number, number>();
  const answers = createAnswerMemory();
  let isPulling = false;
  let isClosing = false;

  const link = createNatsLink(
    place,
    async (connection) => {
      const { jetstream } = await jetstreamPeer.load();
      return jetstream(connection).consumers.get(url.target, url.query.get('consumer') ?? '');
    },
    {
      onLost() {
        answers.connectionLost();
        received.fail(unreachable(name));
      },
    },
  );

  /** One pull at a time, for as long as a request waits: what no request waits for stays in the stream. */
  async function pull(): Promise<void> {
    if (isPulling) return;
    isPulling = true;
    try {
      const { used: consumer } = await link.get();
      while (received.waiting > 0 && !isClosing) await pullOne(consumer);
    } catch (thrown) {
      received.fail(toError(name, thrown));
    } finally {
      isPulling = false;
    }
    // A request may have come while the last pull ended.
    if (received.waiting > 0 && !isClosing) void pull();
  }

  async function pullOne(consumer: Consumer): Promise<void> {
    const message = await consumer.next({ expires: PULL });
    if (message === null) return;
    if (answers.has(message)) message.ack();
    else if (received.waiting === 0) message.nak();
    else received.put(deliveryOf(message));
  }

  function deliveryOf(message: JsMsg): Received {
    const number = message.info.streamSequence;

    async function settle(settlement: Settlement): Promise<void> {
      if (settlement === 'used') {
        refusals.delete(number);
        // The server answers, so that a lost acknowledgement is known here and the message not answered twice.
        const isKnown = await message.ackAck({ timeout: place.timeout }).catch(() => false);
        if (!isKnown) throw unreachable(name);
        answers.add(message);
        return;
      }
      const refused = (refusals.get(number) ?? 0) + (settlement === 'refused' ? 1 : 0);
      if (refused < maxAttempts) {
        if (refused > 0) refusals.set(number, refused);
        message.nak();
        return;
      }
      refusals.delete(number);
      message.term();
      logger.error({ backend: name, messageId: number }, 'a message that cannot be used was dropped');
    }
    return { body: Buffer.from(message.data), headers: toHeaders(headersOf(message.headers)), settle };
  }

  return {
    receive(signal) {
      const message = received.take(signal);
      void pull();
      return message;
    },
    open: link.open,
    async close() {
      isClosing = true;
      received.fail(closing(name));
      await link.close();
    },
  };
}

/** The answers that a server may have forgotten. */
interface AnswerMemory {
  /** It has become an answer, and is acknowledged. */
  add(message: JsMsg): void;
  connectionLost(): void;
  /** True for a message that a server which was killed hands out once more. */
  has(message: JsMsg): boolean;
}

function createAnswerMemory(): AnswerMemory {
  /** When each message was acknowledged, oldest first. */
  const acknowledged = new Map<string, number>();
  /** Those acknowledged shortly before a loss. */
  const forgettable = new Set<string>();

  return {
    add(message) {
      acknowledged.set(keyOf(message), performance.now());
      trim(acknowledged);
    },
    connectionLost() {
      const since = performance.now() - FORGETTABLE;
      for (const [key, at] of acknowledged) if (at >= since) forgettable.add(key);
      trim(forgettable);
      acknowledged.clear();
    },
    has: (message) => forgettable.has(keyOf(message)),
  };
}

/** Forgets the oldest ones. */
function trim(keys: Map<string, unknown> | Set<string>): void {
  for (const key of keys.keys()) {
    if (keys.size <= MOST_FORGETTABLE) return;
    keys.delete(key);
  }
}

/** Numbers begin anew in a stream that was deleted and made again; the moment a message was stored does not. */
function keyOf({ info: { streamSequence }, timestampNanos }: JsMsg): string {
  return `${streamSequence}@${timestampNanos}`;
}
