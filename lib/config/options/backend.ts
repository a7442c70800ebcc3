import { z } from 'zod';
import { show } from '../explain.js';
import {
  bytes,
  count,
  countUnlessZero,
  dottedPath,
  duration,
  durationOrZero,
  durationUnlessZero,
  flag,
  headerName,
  headerNames,
  isForbiddenName,
  keyName,
  oneOf,
  orEmpty,
  text,
  word,
} from '../fields.js';
import { suggest } from '../nearest.js';
import { encodingName, extraConfig, GIBIBYTE, MOST_COPIES, method, queryNames } from './endpoint.js';
import { BALANCERS, ENCODINGS, SUBSCRIBERS } from './names.js';

const KINDS: readonly string[] = ['connection', 'timeout'];

const failure = z
  .custom<'connection' | 'timeout' | number>(
    (value) =>
      typeof value === 'number'
        ? Number.isInteger(value) && value >= 400 && value <= 599
        : KINDS.includes(value as string),
    {
      error: ({ input }) =>
        `must be "connection", "timeout" or a status from 400 to 599, not ${show(input)}.${typeof input === 'string' ? suggest(input, KINDS) : ''}`,
    },
  )
  .meta({
    ts: "'connection' | 'timeout' | number",
    json: { anyOf: [{ enum: KINDS }, { type: 'integer', minimum: 400, maximum: 599 }] },
  });

/** `retry` of a backend. */
const retry = z.strictObject({
  attempts: count(5)
    .default(1)
    .meta({ description: 'Further tries after the first, at other hosts first.', label: '1 to 5', examples: [2] }),
  on: z
    .array(failure)
    .min(1)
    .default(['connection', 502, 503, 504])
    .meta({
      description: 'What is worth another try: `connection`, `timeout`, statuses from 400.',
      label: 'list',
      examples: [['connection', 503]],
    }),
  backoff: durationOrZero(10_000)
    .default(50)
    .meta({
      description: 'Longest pause before the first retry, doubled each time; the pause is random below it.',
      examples: ['50ms'],
    }),
});

/** `ejection` of a backend. */
const ejection = z
  .strictObject({
    failure_ratio: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .meta({ description: 'Share of failed calls from which on a host is left out.', examples: [0.5] }),
    min_samples: count(10_000)
      .default(10)
      .meta({ description: 'Calls needed to judge a host.', examples: [10] }),
    window: duration({ min: 100 })
      .default(10_000)
      .meta({ description: 'How long a call counts.', examples: ['10s'] }),
    duration: duration({ min: 100 })
      .default(30_000)
      .meta({ description: 'How long a host is left out; doubles when it fails again at once.', examples: ['30s'] }),
  })
  .transform(({ failure_ratio, min_samples, ...times }) => ({
    failureRatio: failure_ratio,
    minSamples: min_samples,
    ...times,
  }));

const headerRule = z.strictObject({
  name: headerName()
    .transform((name) => name.toLowerCase())
    .meta({ description: 'The header.', examples: ['X-Total-Count'] }),
  keep: oneOf(['first', 'last', 'append'])
    .default('last')
    .meta({
      description: 'What stays when an earlier backend sent it too; `Set-Cookie` is always appended.',
      examples: ['append'],
    }),
});

/** `output_headers` of a backend: names alone, or with what becomes of the same header of earlier backends. */
const outputHeaders = z
  .array(
    z.preprocess((rule) => (typeof rule === 'string' ? { name: rule } : rule), headerRule).meta({ isOrName: true }),
  )
  .default([])
  .meta({
    description:
      'Headers of the backend that reach the client: names, or objects with `name` and `keep` (`first`, `last`, `append`).',
    label: 'list',
    examples: [['X-Total-Count']],
  });

const mapping = z.record(
  keyName(),
  text((name) => {
    const root = name.split('.', 1)[0]!;
    return root !== '' && !isForbiddenName(root);
  }, 'the new name of a key, other than "__proto__", "constructor" and "prototype"'),
);

/** Limits of a backend, which the root may say for all of them. */
export const backendLimits = {
  max_response_body: bytes(GIBIBYTE),
  max_response_headers: bytes(2 ** 20),
  max_pending: count(),
};

const ROOT = "root's";
const ENDPOINT = "endpoint's";

/** What a backend object contains. */
export const backendSchema = z.strictObject({
  host: z
    .array(z.string())
    .optional()
    .meta({
      description:
        'Origins to choose from; may be missing where the endpoint has `static` data; a host that stands twice gets twice the share.',
      more: 'See [hosts](#hosts).',
      shownDefault: ROOT,
      examples: [['http://users.internal:8080']],
    }),
  url_pattern: z
    .string()
    .default('/')
    .meta({
      description: 'Path and query of the call, with `{placeholders}` for params, earlier answers and claims.',
      more: 'See [placeholders](#placeholders).',
      examples: ['/users/{id}?full=1'],
    }),
  method: method.meta({ description: 'Method of the call.', shownDefault: ENDPOINT, examples: ['GET'] }),
  encoding: orEmpty(encodingName(ENCODINGS).optional()).meta({
    description: 'How the backend writes; under a `no-op` output always `no-op`.',
    shownDefault: "endpoint's, then root's",
    examples: ['json'],
  }),
  is_collection: flag().meta({
    description: 'The answer is an array; it is put under `collection`.',
    examples: [true],
  }),
  target: dottedPath({ orEmpty: true })
    .default('')
    .meta({ description: 'Dotted path of the object to take out.', shownDefault: '–', examples: ['data'] }),
  allow: z
    .array(dottedPath())
    .default([])
    .meta({ description: 'Dotted paths to keep.', examples: [['id', 'owner.name']] }),
  deny: z
    .array(dottedPath())
    .default([])
    .meta({ description: 'Dotted paths to drop; does nothing beside `allow`.', examples: [['password']] }),
  mapping: mapping.default({}).meta({ description: 'New names of root keys.', examples: [{ collection: 'posts' }] }),
  group: keyName({ orEmpty: true })
    .default('')
    .meta({ description: 'Key to put the answer under.', shownDefault: '–', examples: ['user'] }),
  required: flag().meta({
    description: 'Its failure fails the endpoint and stops the other calls.',
    examples: [true],
  }),
  timeout: durationUnlessZero().meta({
    description: "Deadline of this call, never beyond the endpoint's.",
    shownDefault: ENDPOINT,
    examples: ['2s'],
  }),
  concurrent_calls: countUnlessZero(MOST_COPIES).meta({
    description: 'Copies of this call to race; GET only.',
    label: '1 to 100',
    shownDefault: ENDPOINT,
    examples: [2],
  }),
  sd: orEmpty(word(SUBSCRIBERS).default('static')).meta({
    description: 'Where hosts come from: `static`, `dns`, or a name of `options.subscribers`.',
    more: 'See [service discovery](service-discovery.md).',
    examples: ['dns'],
  }),
  sd_scheme: orEmpty(oneOf(['http', 'https']).default('http')).meta({
    description: '`http` or `https`, for discovered hosts.',
    examples: ['https'],
  }),
  balancer: orEmpty(word(BALANCERS).optional()).meta({
    description: 'How a host is chosen: `round_robin`, `random`, … or a name of `options.balancers`.',
    shownDefault: ROOT,
    examples: ['random'],
  }),
  disable_host_sanitize: flag().meta({
    description: 'Uses `host` as it is written, base paths included.',
    examples: [true],
  }),
  input_headers: headerNames()
    .optional()
    .meta({
      description:
        'Narrows what the endpoint lets in, for this backend; also `User-Agent` and `X-Forwarded-*` go unless named; `[""]` for none.',
      shownDefault: 'all',
      examples: [['Authorization']],
    }),
  input_query_strings: queryNames
    .optional()
    .meta({ description: 'The same for query parameters.', shownDefault: 'all', examples: [['page']] }),
  output_headers: outputHeaders,
  retry: retry.optional().meta({
    description: 'Repeats failed calls, inside the timeout. Not for POST and PATCH.',
    more: 'See [below](#retry-and-ejection).',
    examples: [{ attempts: 2 }],
  }),
  ejection: ejection.optional().meta({
    description: 'Leaves out hosts that keep failing.',
    more: 'See [below](#retry-and-ejection).',
    examples: [{ window: '10s' }],
  }),
  connect_timeout: durationUnlessZero().meta({
    description: 'The longest that connecting may take, never beyond `timeout`.',
    shownDefault: ROOT,
    examples: ['1s'],
  }),
  max_response_body: backendLimits.max_response_body.optional().meta({
    description:
      'Largest body, on the wire and inflated. A body that is only passed on has no limit unless it stands here.',
    more: 'See [limits](#limits).',
    shownDefault: ROOT,
    examples: [33554432],
  }),
  max_response_headers: backendLimits.max_response_headers
    .optional()
    .meta({ description: 'Largest header section.', shownDefault: ROOT, examples: [65536] }),
  max_pending: backendLimits.max_pending.optional().meta({
    description: 'Calls of this backend at a time; more fail at once.',
    shownDefault: ROOT,
    examples: [4096],
  }),
  isolate_connections: z
    .boolean()
    .optional()
    .meta({
      description: 'Never uses a socket for a second call: for backends that may mix up answers.',
      shownDefault: ROOT,
      examples: [true],
    }),
  extra_config: extraConfig(
    'Features of this backend, by namespace: `proxy`, `backend/http`, `backend/http/client` and components.',
    'See [`proxy`](#proxy-of-a-backend), [`backend/http`](#backendhttp), [`backend/http/client`](#backendhttpclient).',
    'BackendExtra<Extra>',
  ),
});

export type RawBackend = z.output<typeof backendSchema>;
