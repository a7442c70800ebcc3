import { z } from 'zod';
import { flag } from '../../../config/fields.js';
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
  durable: flag().meta({ description: 'What is declared outlives a restart of the broker.', examples: [true] }),
  delete: flag().meta({ description: 'What is declared is deleted when it is not used any more.', examples: [true] }),
  client: client(
    'The name of a connection of `amqplib` in `options.clients`, in place of the host; it is not closed.',
    'rabbit',
  ),
  connect_at_start: connectAtStart('call'),
  no_wait: flag().meta({
    description: 'Without effect: declarations are always waited for.',
    isIdle: true,
    examples: [true],
  }),
  backoff_strategy: z
    .string()
    .optional()
    .meta({
      description: 'Without effect: pauses always grow, cut by chance.',
      isIdle: true,
      examples: ['exponential'],
    }),
  max_retries: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Without effect: the broker is tried again for ever.', isIdle: true, examples: [0] }),
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
