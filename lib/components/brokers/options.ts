import { z } from 'zod';
import { flag } from '../../config/fields.js';

/** Options that several brokers have, with the same meaning. */

/** @param description of what the app has made */
export function client(description: string, example: string) {
  return z
    .string()
    .min(1)
    .optional()
    .meta({ description, examples: [example] });
}

/** @param first what else would open the connection, for the description */
export function connectAtStart(first: 'call' | 'message' | 'request') {
  return flag().meta({
    description: `Connects at once instead of for the first ${first}; a broker that is not there is logged, and calls fail until it is there.`,
    examples: [true],
  });
}

/** @param after what happens then, for the description */
export function maxAttempts(after: string) {
  return z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .meta({
      description: `How often a message that cannot be decoded is handed out; then ${after}.`,
      label: '1 to 100',
      examples: [3],
    });
}
