import { z } from 'zod';

/** Options that several brokers have, with the same meaning. */

/** @param kind what the app has made, for the description */
export function client(kind: string, example: string) {
  return z
    .string()
    .min(1)
    .optional()
    .meta({ description: `A ${kind} of your own, in options.clients.`, examples: [example] });
}

/** @param first what else would open the connection, for the description */
export function connectAtStart(first: 'call' | 'message' | 'request') {
  return z
    .boolean()
    .default(false)
    .meta({
      description: `Connect at once instead of for the first ${first}, and log when that fails.`,
      examples: [true],
    });
}

export const maxAttempts = z
  .int()
  .min(1)
  .max(100)
  .default(5)
  .meta({ description: 'How often a message that cannot be decoded is handed out.', examples: [3] });
