import { z } from 'zod';
import type { CheckContext, Fault } from '../../component.js';
import { client, connectAtStart } from '../options.js';
import { amqpPeer } from './connection.js';
import { isShort, SHORT_STRING } from './limits.js';

/** A name as AMQP has them: a short string. */
export function amqpName() {
  return z.string().refine(isShort, { error: `must be at most ${SHORT_STRING} bytes long.` });
}

/** What producers and consumers both say about their broker. */
export const topology = {
  durable: z
    .boolean()
    .default(false)
    .meta({ description: 'Exchange and queue outlive the broker.', examples: [true] }),
  delete: z
    .boolean()
    .default(false)
    .meta({ description: 'They are deleted when they are not used any more.', examples: [false] }),
  exclusive: z
    .boolean()
    .default(false)
    .meta({ description: 'The queue belongs to this connection alone.', examples: [false] }),
  no_wait: z
    .boolean()
    .default(false)
    .meta({ description: 'Accepted; declarations are always waited for.', examples: [false] }),
  backoff_strategy: z
    .string()
    .optional()
    .meta({ description: 'Accepted; pauses always grow, cut by chance.', examples: ['exponential'] }),
  max_retries: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Accepted; the broker is tried again for ever.', examples: [0] }),
  client: client('connection', 'rabbit'),
  connect_at_start: connectAtStart('call'),
};

/** Whether there is a client, of the app or of a package. */
export function checkTopology(
  { client }: { client?: string | undefined },
  { clients }: CheckContext,
): readonly Fault[] {
  if (client === undefined) {
    const fault = amqpPeer.fault();
    return fault === undefined ? [] : [{ path: [], message: fault }];
  }
  const { createChannel, createConfirmChannel } = (clients.get(client) ?? {}) as Record<string, unknown>;
  if (typeof createChannel === 'function' && typeof createConfirmChannel === 'function') return [];
  return [{ path: ['client'], message: `there is no connection of amqplib called "${client}" in options.clients` }];
}
