import { z } from 'zod';
import { duration, durationOrZero, LONGEST_DURATION, oneOf } from '../../config/fields.js';
import type { Limit } from './store.js';

const SECOND = 1_000;

/** What decides when a store cannot: the memory of this process, or always the same. */
export type OnStoreError = 'local' | 'allow' | 'deny';

const SLOWEST = 1e-6;
/** Tokens a second. No process answers more, and a store counts no further: beyond it the bucket is never empty anyway. */
const FASTEST = 1e6;
const LARGEST = 1e9;

export const rate = z
  .number()
  .refine((value) => value === 0 || value >= SLOWEST, { error: `must be 0 or at least ${SLOWEST}.` });

export const capacity = z
  .int()
  .min(0)
  .optional()
  .meta({ shownDefault: 'those of a second, at least 1', examples: [20] });

/** KrakenD knows no unit shorter than a second. */
export const every = durationOrZero(LONGEST_DURATION)
  .default(SECOND)
  .transform((milliseconds) => Math.max(SECOND, milliseconds))
  .meta({ description: 'The time in which rates are counted; at least a second.', examples: ['1m'] });

const STORES = 'See [more than one process](#more-than-one-process).';

/** Where buckets are kept. */
export const storeFields = {
  store: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'The name of a store in `options.stores` that several processes share; without one, each limits by itself.',
      more: STORES,
      examples: ['redis'],
    }),
  on_store_error: oneOf(['local', 'allow', 'deny'])
    .default('local')
    .meta({
      description:
        'What holds while the store fails: with `local` each process limits by itself, with `allow` there is no limit, with `deny` no request is let in.',
      examples: ['deny'],
    }),
  store_timeout: duration({ max: 10 * SECOND })
    .default(100)
    .meta({ description: 'How long the store may take for one decision; then it has failed.', examples: ['50ms'] }),
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
  const perSecond = Math.min((maxRate * SECOND) / unit, FASTEST);
  return { rate: perSecond, capacity: Math.min(size || Math.max(1, Math.floor(perSecond)), LARGEST) };
}
