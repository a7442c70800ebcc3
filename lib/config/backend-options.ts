import { z } from 'zod';
import { show } from './explain.js';
import { count, duration, durationOrZero, HEADER_NAME, oneOf, text } from './fields.js';
import { suggest } from './nearest.js';

const KINDS: readonly string[] = ['connection', 'timeout'];

const failure = z.custom<'connection' | 'timeout' | number>(
  (value) =>
    typeof value === 'number'
      ? Number.isInteger(value) && value >= 400 && value <= 599
      : KINDS.includes(value as string),
  {
    error: ({ input }) =>
      `must be "connection", "timeout" or a status from 400 to 599, not ${show(input)}.${typeof input === 'string' ? suggest(input, KINDS) : ''}`,
  },
);

/** `retry` of a backend. */
export const retry = z.strictObject({
  attempts: count(5)
    .default(1)
    .meta({ description: 'Further tries after the first.', examples: [2] }),
  on: z
    .array(failure)
    .min(1)
    .default(['connection', 502, 503, 504])
    .meta({
      description: 'Failures worth another try: kinds, and statuses of the backend.',
      examples: [['connection', 503]],
    }),
  backoff: durationOrZero(10_000)
    .default(50)
    .meta({ description: 'Longest pause before the first retry; doubles each time.', examples: ['50ms'] }),
});

/** `ejection` of a backend. */
export const ejection = z
  .strictObject({
    failure_ratio: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .meta({ description: 'Share of failures that ejects.', examples: [0.5] }),
    min_samples: count(10_000)
      .default(10)
      .meta({ description: 'Calls needed to judge a host.', examples: [10] }),
    window: duration({ min: 100 })
      .default(10_000)
      .meta({ description: 'How long a call counts.', examples: ['10s'] }),
    duration: duration({ min: 100 })
      .default(30_000)
      .meta({ description: 'How long a host is left out.', examples: ['30s'] }),
  })
  .transform(({ failure_ratio, min_samples, ...times }) => ({
    failureRatio: failure_ratio,
    minSamples: min_samples,
    ...times,
  }));

const headerRule = z.strictObject({
  name: text((name) => HEADER_NAME.test(name), 'the name of a header')
    .transform((name) => name.toLowerCase())
    .meta({ description: 'The header.', examples: ['X-Total-Count'] }),
  keep: oneOf(['first', 'last', 'append'])
    .default('last')
    .meta({ description: 'What happens when an earlier backend sent it too.', examples: ['append'] }),
});

/** `output_headers` of a backend: names alone, or with what becomes of the same header of earlier backends. */
export const outputHeaders = z
  .array(z.preprocess((rule) => (typeof rule === 'string' ? { name: rule } : rule), headerRule))
  .default([])
  .meta({ description: 'Headers of this backend that reach the client.', examples: [['X-Total-Count']] });
