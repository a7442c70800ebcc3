import { z } from 'zod';
import {
  bytes,
  count,
  durationOr,
  durationOrZero,
  durationUnlessZero,
  flag,
  LONGEST_DURATION,
  orEmpty,
  word,
} from '../fields.js';
import { backendLimits } from './backend.js';
import { clientShape, idleShape } from './client.js';
import { encodingName, extraConfig, GIBIBYTE } from './endpoint.js';
import { BALANCERS, ENCODINGS, OUTPUT_ENCODINGS } from './names.js';

/** Milliseconds. */
export const DEFAULT_DNS_TTL = 30_000;

/** The root; its endpoints are read one by one. What falls through to endpoints and backends has its default here. */
export const rootSchema = z.strictObject({
  endpoints: z
    .array(z.unknown())
    .default([])
    .meta({
      description: 'The routes.',
      more: 'See [below](#endpoint).',
      ts: 'readonly EndpointInput<Extra>[]',
      label: 'object[]',
      examples: [[]],
    }),
  host: z
    .array(z.string())
    .optional()
    .meta({ description: 'Hosts of every backend without its own.', examples: [['http://api.internal']] }),
  version: z
    .literal([2, 3])
    .optional()
    .meta({ description: 'Generation of the format; nothing depends on it.', examples: [3] }),
  name: z
    .string()
    .default('')
    .meta({ description: 'Free text.', examples: ['shop'] }),
  timeout: durationOr(2_000).meta({
    description: 'For endpoints: the longest a whole request may take.',
    examples: ['2s'],
  }),
  cache_ttl: durationOrZero(LONGEST_DURATION)
    .default(0)
    .meta({ description: 'For endpoints: `max-age` of complete answers; `0s` for none.', examples: ['300s'] }),
  encoding: orEmpty(encodingName(ENCODINGS).default('json')).meta({
    description: 'For backends: how they write their answers.',
    examples: ['json'],
  }),
  output_encoding: orEmpty(encodingName(OUTPUT_ENCODINGS).default('json')).meta({
    description: 'For endpoints: how the answer is written.',
    examples: ['json'],
  }),
  balancer: orEmpty(word(BALANCERS).default('round_robin')).meta({
    description: 'For backends: how a host is chosen.',
    examples: ['random'],
  }),
  max_request_body: bytes(GIBIBYTE)
    .default(16 * 2 ** 20)
    .meta({
      description: 'For endpoints: largest body of a request that is held in memory.',
      examples: [16777216],
    }),
  max_response_body: backendLimits.max_response_body
    .default(32 * 2 ** 20)
    .meta({ description: 'For backends: largest body that is held in memory.', examples: [33554432] }),
  max_response_headers: backendLimits.max_response_headers
    .default(64 * 2 ** 10)
    .meta({ description: 'For backends: largest header section.', examples: [65536] }),
  max_pending: backendLimits.max_pending
    .default(4_096)
    .meta({ description: 'For backends: calls of one at a time; more fail at once.', examples: [4096] }),
  connect_timeout: durationUnlessZero().meta({
    description: 'For backends: the longest that connecting may take.',
    shownDefault: '`dialer_timeout`',
    examples: ['1s'],
  }),
  isolate_connections: flag().meta({
    description: 'For backends: never use a socket for a second call.',
    examples: [true],
  }),
  max_in_flight_requests: count()
    .default(10_000)
    .meta({
      description: 'Requests at a time; more are answered 503 before their body is read.',
      examples: [10000],
    }),
  max_buffered_bytes: count()
    .optional()
    .meta({
      description:
        'Bodies that all requests together hold in memory: requests, answers of backends, and answers that clients have not taken yet. What does not fit is answered 503.',
      more: 'See [limits](#limits).',
      label: 'bytes',
      shownDefault: "a quarter of the heap's limit",
      examples: [536870912],
    }),
  dns_cache_ttl: durationOrZero()
    .default(DEFAULT_DNS_TTL)
    .meta({
      description: 'How often discovered hosts are looked up again; less than `1s` does nothing, as in KrakenD.',
      examples: ['30s'],
    }),
  debug_endpoint: flag().meta({ description: 'Mounts `/__debug/`.', examples: [true] }),
  echo_endpoint: flag().meta({ description: 'Mounts `/__echo/`.', examples: [true] }),
  extra_config: extraConfig(
    'Features of the whole gateway, by namespace: `router` and components.',
    'See [`router`](#router).',
    'ServiceExtra<Extra>',
  ),
  ...clientShape,
  ...idleShape,
  async_agent: z
    .array(z.unknown())
    .max(0, { error: 'is not supported: run the consumer in the app and call the gateway from it.' })
    .optional()
    .meta({ description: 'Not supported; must be absent or empty.', isIdle: true, ts: 'readonly []', examples: [[]] }),
});

export type RawRoot = z.output<typeof rootSchema>;
