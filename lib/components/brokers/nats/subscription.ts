import { createAsyncQueue } from '../async-queue.js';
import type { Place, Received, Subscription } from '../driver.js';
import { toHeaders } from '../metadata.js';
import { closing, unreachable } from '../reconnecting.js';
import { createNatsLink, headersOf } from './connection.js';

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
