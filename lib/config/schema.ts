import { z } from 'zod';
import { ejection, outputHeaders, retry } from './backend-options.js';
import { clientShape, idleShape } from './client-options.js';
import {
  count,
  countOrZero,
  dottedPath,
  durationOrZero,
  headerNames,
  isForbiddenName,
  keyName,
  LONGEST_DURATION,
  object,
  oneOf,
  orEmpty,
  text,
  word,
} from './fields.js';

export type * from './resolved.js';

const GIBIBYTE = 2 ** 30;
/** Copies of a call; more is a slip, and would be an attack on the backend. */
const MOST_COPIES = 100;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const method = orEmpty(
  z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(oneOf(METHODS))
    .optional(),
);

const hosts = z.array(z.string()).optional();
const queryNames = z.array(text((name) => !/[\r\n]/.test(name), 'the name of a query parameter'));
const encoding = orEmpty(
  word()
    .transform((name) => name.toLowerCase())
    .optional(),
);
const extraConfig = object()
  .optional()
  .meta({ description: 'Features of this level, by namespace.', examples: [{ proxy: { sequential: true } }] });

const mapping = z.record(
  keyName(),
  text((name) => {
    const root = name.split('.', 1)[0]!;
    return root !== '' && !isForbiddenName(root);
  }, 'the new name of a key, other than "__proto__", "constructor" and "prototype"'),
);

const limits = {
  timeout: durationOrZero()
    .optional()
    .meta({ description: 'The longest a whole request may take.', examples: ['2s'] }),
  cache_ttl: durationOrZero(LONGEST_DURATION)
    .optional()
    .meta({ description: 'max-age of complete answers; "0s" for none.', examples: ['300s'] }),
  max_request_body: count(GIBIBYTE)
    .optional()
    .meta({ description: 'Largest body of a request that is buffered, in bytes.', examples: [16777216] }),
};

const backendLimits = {
  connect_timeout: durationOrZero()
    .optional()
    .meta({ description: 'The longest that connecting may take.', examples: ['1s'] }),
  max_response_body: count(GIBIBYTE)
    .optional()
    .meta({ description: 'Largest body of a backend, in bytes, on the wire and inflated.', examples: [33554432] }),
  max_response_headers: count(2 ** 20)
    .optional()
    .meta({ description: 'Largest header section of a backend, in bytes.', examples: [65536] }),
  max_pending: count()
    .optional()
    .meta({ description: 'Most calls of a backend at a time; more fail at once.', examples: [4096] }),
  isolate_connections: z
    .boolean()
    .optional()
    .meta({ description: 'Never use a connection for a second call.', examples: [true] }),
};

const encodings = {
  encoding: encoding.meta({ description: 'How backends encode their answers.', examples: ['json'] }),
  output_encoding: encoding.meta({ description: 'How the answer is encoded.', examples: ['json'] }),
};

/** What a backend object contains. */
export const backendSchema = z.strictObject({
  host: hosts.meta({ description: 'Origins to choose from.', examples: [['http://users.internal:8080']] }),
  url_pattern: z
    .string()
    .default('/')
    .meta({ description: 'Path and query, with {placeholders}.', examples: ['/users/{id}?full=1'] }),
  method: method.meta({ description: 'Method of the call.', examples: ['GET'] }),
  encoding: encodings.encoding,
  is_collection: z
    .boolean()
    .default(false)
    .meta({ description: 'The answer is an array.', examples: [true] }),
  target: dottedPath({ orEmpty: true })
    .default('')
    .meta({ description: 'The object to take out of the answer.', examples: ['data'] }),
  allow: z
    .array(dottedPath())
    .default([])
    .meta({ description: 'What to keep.', examples: [['id', 'owner.name']] }),
  deny: z
    .array(dottedPath())
    .default([])
    .meta({ description: 'What to drop.', examples: [['password']] }),
  mapping: mapping.default({}).meta({ description: 'New names of root keys.', examples: [{ collection: 'posts' }] }),
  group: keyName({ orEmpty: true })
    .default('')
    .meta({ description: 'The key to put the answer under.', examples: ['user'] }),
  required: z
    .boolean()
    .default(false)
    .meta({ description: 'Its failure fails the endpoint and stops the other calls.', examples: [true] }),
  timeout: limits.timeout,
  concurrent_calls: countOrZero(MOST_COPIES)
    .optional()
    .meta({ description: 'Copies to race.', examples: [2] }),
  sd: orEmpty(word().default('static')).meta({ description: 'Where hosts come from.', examples: ['dns'] }),
  sd_scheme: orEmpty(oneOf(['http', 'https']).default('http')).meta({
    description: 'Scheme of discovered hosts.',
    examples: ['https'],
  }),
  balancer: orEmpty(word().optional()).meta({ description: 'How a host is chosen.', examples: ['random'] }),
  disable_host_sanitize: z
    .boolean()
    .default(false)
    .meta({ description: 'Use the hosts as they are written.', examples: [true] }),
  input_headers: headerNames()
    .optional()
    .meta({ description: 'Narrows the headers for this backend.', examples: [['Authorization']] }),
  input_query_strings: queryNames
    .optional()
    .meta({ description: 'Narrows the query parameters for this backend.', examples: [['page']] }),
  output_headers: outputHeaders,
  retry: retry.optional().meta({ description: 'Repeat failed calls.', examples: [{ attempts: 2 }] }),
  ejection: ejection.optional().meta({ description: 'Leave out hosts that fail.', examples: [{ window: '10s' }] }),
  ...backendLimits,
  extra_config: extraConfig,
});

/** What an endpoint object contains; its backends are read one by one. */
export const endpointSchema = z.strictObject({
  endpoint: z.string().meta({ description: 'The path, with {params}.', examples: ['/users/{id}'] }),
  method: method.meta({ description: 'The method.', examples: ['POST'] }),
  backend: z
    .array(z.unknown())
    .optional()
    .meta({ description: 'One or more backends.', examples: [[]] }),
  ...encodings,
  ...limits,
  concurrent_calls: countOrZero(MOST_COPIES)
    .default(1)
    .meta({ description: 'Copies of each call to race.', examples: [2] }),
  input_headers: headerNames()
    .default([])
    .meta({ description: 'Headers that reach the backends.', examples: [['Authorization']] }),
  input_query_strings: queryNames
    .default([])
    .meta({ description: 'Query parameters that reach the backends.', examples: [['page']] }),
  extra_config: extraConfig,
});

/** The root; its endpoints are read one by one. */
export const rootSchema = z.strictObject({
  version: z
    .literal([2, 3])
    .optional()
    .meta({ description: 'Generation of the format: 2 for KrakenD 1.x, 3 for 2.x.', examples: [3] }),
  name: z
    .string()
    .default('')
    .meta({ description: 'Free text.', examples: ['shop'] }),
  host: hosts.meta({ description: 'Hosts of every backend without its own.', examples: [['http://api.internal']] }),
  endpoints: z
    .array(z.unknown())
    .default([])
    .meta({ description: 'The routes.', examples: [[]] }),
  async_agent: z
    .array(z.unknown())
    .max(0, { error: 'is not supported: run the consumer in the app and call the gateway from it.' })
    .optional()
    .meta({ description: 'Not supported; must be absent or empty.', examples: [[]] }),
  ...encodings,
  ...limits,
  ...backendLimits,
  balancer: orEmpty(word().optional()).meta({ description: 'How hosts are chosen.', examples: ['random'] }),
  max_in_flight_requests: count()
    .default(10_000)
    .meta({ description: 'Most requests at a time; more are answered 503.', examples: [10000] }),
  max_buffered_bytes: count()
    .optional()
    .meta({
      description: 'Most bytes of requests and answers that are held in memory at a time; more are answered 503.',
      examples: [536870912],
    }),
  debug_endpoint: z
    .boolean()
    .default(false)
    .meta({ description: 'Mounts /__debug/.', examples: [true] }),
  echo_endpoint: z
    .boolean()
    .default(false)
    .meta({ description: 'Mounts /__echo/.', examples: [true] }),
  dns_cache_ttl: durationOrZero()
    .optional()
    .meta({ description: 'How often discovered hosts are looked up again.', examples: ['30s'] }),
  ...clientShape,
  ...idleShape,
  extra_config: extraConfig,
});

export type RawRoot = z.output<typeof rootSchema>;
export type RawEndpoint = z.output<typeof endpointSchema>;
export type RawBackend = z.output<typeof backendSchema>;
