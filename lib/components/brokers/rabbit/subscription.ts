import type { Channel, ConsumeMessage, Options } from 'amqplib';
import type { Logger } from '../../../logger.js';
import type { Settlement } from '../../../transport/transport.js';
import { createAsyncQueue } from '../async-queue.js';
import type { Received, Subscription } from '../driver.js';
import { toHeaders } from '../metadata.js';
import { closing, createReconnecting, unreachable } from '../reconnecting.js';
import { type AmqpPlace, type Opened, openChannel } from './connection.js';

export interface AmqpQueue extends AmqpPlace {
  readonly queue: string;
  /** Unsettled messages that the broker hands to this gateway at a time. */
  readonly prefetch: number;
  readonly consume: Options.Consume;
  /** How often a message that cannot be used is handed out before it is given back for good. */
  readonly maxAttempts: number;
  readonly logger: Logger;
  /** Declares what the queue needs. */
  prepare(channel: Channel): Promise<void>;
}

/** Reads a queue: a message is acknowledged once it is settled as used. */
export function createAmqpSubscription(place: AmqpQueue): Subscription {
  const { name, queue, prefetch, consume, maxAttempts, logger } = place;
  const received = createAsyncQueue<Received>();
  const link = createReconnecting<Opened<Channel>>({
    name,
    async open(onEnd) {
      const unsettled = new Set<Received>();
      const opened = await openChannel(place, (connection) => connection.createChannel(), forgetAll);
      const { channel } = opened;

      /** The broker hands out again what was not acknowledged; that is not possible on another channel. */
      function forgetAll(): void {
        for (const delivery of unsettled) received.withdraw(delivery);
        unsettled.clear();
        onEnd();
      }
      function onMessage(message: ConsumeMessage | null): void {
        // The queue was deleted, or its node has gone.
        if (message === null) channel.close().catch(ignore);
        else received.put(deliveryOf(channel, message, unsettled));
      }

      try {
        await channel.prefetch(prefetch);
        await place.prepare(channel);
        await channel.consume(queue, onMessage, consume);
      } catch {
        await opened.close();
        throw opened.refusal() ?? unreachable(name);
      }
      return opened;
    },
    close: (opened) => opened.close(),
    onLost() {
      if (received.waiting > 0) connect();
    },
  });

  function connect(): void {
    link.get().catch((error) => received.fail(error));
  }

  /** A message, kept among the unsettled ones of its channel until it is settled for good. */
  function deliveryOf(channel: Channel, message: ConsumeMessage, unsettled: Set<Received>): Received {
    const { contentType, contentEncoding, messageId, headers } = message.properties;
    let attempts = 0;

    async function settle(settlement: Settlement): Promise<void> {
      // It comes again.
      if (!unsettled.has(delivery)) throw unreachable(name);
      if (settlement === 'refused') attempts++;
      if (settlement !== 'used' && attempts < maxAttempts) return received.put(delivery, 'front');
      unsettled.delete(delivery);
      try {
        if (settlement === 'used') acknowledge();
        else giveUp();
      } catch {
        throw unreachable(name);
      }
    }
    function acknowledge(): void {
      if (!consume.noAck) channel.ack(message);
    }
    function giveUp(): void {
      if (!consume.noAck) channel.nack(message, false, false);
      logger.error({ backend: name }, 'a message that cannot be used was given back to its broker for good');
    }
    const delivery: Received = {
      body: message.content,
      headers: toHeaders({
        ...headers,
        'content-type': contentType,
        'content-encoding': contentEncoding,
        'message-id': messageId,
      }),
      settle,
    };
    unsettled.add(delivery);
    return delivery;
  }

  return {
    receive(signal) {
      connect();
      return received.take(signal);
    },
    open: link.open,
    async close() {
      received.fail(closing(name));
      await link.close();
    },
  };
}

function ignore(): void {}
