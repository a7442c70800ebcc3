import { z } from 'zod';
import { duration } from '../../config/fields.js';
import type { Limit } from './store.js';

const SECOND = 1_000;
const DAY = 86_400_000;

/** What decides when a store cannot: the memory of this process, or always the same. */
export type OnStoreError = 'local' | 'allow' | 'deny';

const SLOWEST = 1e-6;

export const rate = z
  .number()
  .max(1e6)
  .refine((value) => value === 0 || value >= SLOWEST, { error: `must be 0 or at least ${SLOWEST}.` })
  .optional();
export const capacity = z.int().min(0).max(1e9).optional();

/** KrakenD knows no unit shorter than a second. */
export const every = duration({ min: 1, max: 365 * DAY })
  .default(SECOND)
  .transform((milliseconds) => Math.max(SECOND, milliseconds))
  .meta({ description: 'What the rates are per, e.g. "1m"; at least a second.' });

/** Where buckets are kept. */
export const storeFields = {
  store: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'A store in options.stores, to share the limit among processes. Without one, each limits by itself.',
      examples: ['redis'],
    }),
  on_store_error: z.enum(['local', 'allow', 'deny']).default('local').meta({
    description: 'When the store fails: each process by itself, no limit, or nobody.',
  }),
  store_timeout: duration({ max: 10 * SECOND })
    .default(100)
    .meta({
      description: 'How long the store may take; then it has failed.',
    }),
};

/** What a `store` field was read as. */
export interface StoreSettings {
  readonly store?: string | undefined;
  readonly on_store_error: OnStoreError;
  readonly store_timeout: number;
}

/** The bucket of a rate; undefined where the rate is none. Its capacity, unless given, is what comes back in a second. */
export function toLimit(maxRate: number | undefined, size: number | undefined, unit: number): Limit | undefined {
  if (!maxRate) return undefined;
  const perSecond = (maxRate * SECOND) / unit;
  return { rate: perSecond, capacity: size || Math.max(1, Math.floor(perSecond)) };
}
