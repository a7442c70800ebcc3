import { EventEmitter } from 'node:events';
import { vi } from 'vitest';
import type { AmqpConnection } from '../../../../lib/components/brokers/rabbit/connection.js';

interface Sent {
  readonly exchange: string;
  readonly key: string;
  readonly body: Buffer;
  readonly options: Record<string, unknown>;
  confirm(error?: Error): void;
}

/** As much of a channel of amqplib as the gateway uses, without a broker. */
export function createFakeAmqp() {
  const events = new EventEmitter();
  const sent: Sent[] = [];
  let deliver: ((message: object | null) => void) | undefined;
  const done = async () => ({});
  const channel = Object.assign(events, {
    prefetch: vi.fn(done),
    assertExchange: vi.fn(done),
    checkExchange: vi.fn(done),
    assertQueue: vi.fn(done),
    checkQueue: vi.fn(done),
    bindQueue: vi.fn(done),
    ack: vi.fn(),
    nack: vi.fn(),
    close: vi.fn(async () => void events.emit('close')),
    consume: vi.fn(async (_queue: string, onMessage: typeof deliver) => {
      deliver = onMessage;
    }),
    publish(exchange: string, key: string, body: Buffer, options: Record<string, unknown>, confirm: Sent['confirm']) {
      sent.push({ exchange, key, body, options, confirm });
      return true;
    },
  });
  const connection = { createChannel: vi.fn(async () => channel), createConfirmChannel: vi.fn(async () => channel) };
  return {
    channel,
    sent,
    connection: connection as unknown as AmqpConnection & typeof connection,
    /** Hands out a message as the broker would. */
    deliver(text: string | null) {
      deliver?.(
        text === null ? null : { content: Buffer.from(text), properties: { headers: { 'X-A': '1' } }, fields: {} },
      );
    },
  };
}
