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

/** Bytes of messages that wait to be read, however few they are. */
const MOST_HELD = 64 * 2 ** 20;

/** Reads a subject. NATS keeps nothing: what comes while no request waits is held here, `max_pending` messages of it. */
export function createNatsSubscription(place: Place): Subscription {
  const { name, url, maxPending, maxAttempts, logger } = place;
  const received = createAsyncQueue<Received>();
  const queue = url.query.get('queue');
  let held = 0;
  let bytes = 0;

  const link = createNatsLink(
    place,
    async (connection) => {
      const subscription = connection.subscribe(url.target, {
        ...(queue !== null && { queue }),
        callback(error, message) {
          if (error) return;
          const { length } = message.data;
          if (received.waiting === 0 && (held >= maxPending || bytes + length > MOST_HELD)) {
            logger.warn({ backend: name, held }, 'a message was dropped: too many wait to be read');
            return;
          }
          held++;
          bytes += length;
          received.put(deliveryOf(Buffer.from(message.data), toHeaders(headersOf(message.headers))));
        },
      });
      // The server knows of it before the first message is waited for.
      await connection.flush();
      return subscription;
    },
    { onLost: () => received.fail(unreachable(name)), end: (subscription) => subscription.unsubscribe() },
  );

  function deliveryOf(body: Buffer, headers: Record<string, string>): Received {
    let attempts = 0;
    const delivery: Received = {
      body,
      headers,
      async settle(settlement) {
        if (settlement === 'refused') attempts++;
        if (settlement === 'released' || (settlement === 'refused' && attempts < maxAttempts)) {
          received.put(delivery, 'front');
          return;
        }
        held--;
        bytes -= body.length;
        if (settlement === 'refused') logger.error({ backend: name }, 'a message that cannot be used was dropped');
      },
    };
    return delivery;
  }

  return {
    receive(signal) {
      link.get().catch((error) => received.fail(error));
      return received.take(signal);
    },
    open: link.open,
    async close() {
      received.fail(closing(name));
      await link.close();
    },
  };
}

/** Reads a stream through a durable consumer: a message is acknowledged once it is settled as used. */
export function createJetStreamSubscription(place: Place): Subscription {
  const { name, url, maxAttempts, logger } = place;
  const received = createAsyncQueue<Received>();
  /** Refusals of messages that are not done with, by their number in the stream. */
  const refusals = new Map<number, number>();
  /** When each message was acknowledged, oldest first. */
  const acknowledged = new Map<string, number>();
  /** Messages acknowledged shortly before a loss: a server that was killed hands them out once more. */
  const answered = new Set<string>();
  let isPulling = false;
  let isClosing = false;

  const link = createNatsLink(
    place,
    async (connection) => {
      const { jetstream } = await jetstreamPeer.load();
      return jetstream(connection).consumers.get(url.target, url.query.get('consumer') ?? '');
    },
    { onLost },
  );

  function onLost(): void {
    const since = performance.now() - FORGETTABLE;
    for (const [key, at] of acknowledged) if (at >= since) answered.add(key);
    trim(answered);
    acknowledged.clear();
    received.fail(unreachable(name));
  }

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
    if (answered.has(keyOf(message))) message.ack();
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
        acknowledged.set(keyOf(message), performance.now());
        trim(acknowledged);
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
