import { z } from 'zod';
import {
  count,
  dottedPath,
  duration,
  durationOrZero,
  HEADER_NAME,
  headerNames,
  isForbiddenName,
  keyName,
  object,
  oneOf,
  text,
  word,
} from './fields.js';
import { clientTlsSchema } from './namespaces.js';

export type * from './resolved.js';

const GIBIBYTE = 2 ** 30;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const method = z
  .string()
  .transform((name) => name.toUpperCase())
  .pipe(oneOf(METHODS))
  .optional();

const hosts = z.array(z.string()).optional();
const queryNames = z.array(text((name) => !/[\r\n]/.test(name), 'the name of a query parameter'));
const encoding = word().transform((name) => name.toLowerCase());
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

const retry = z.strictObject({
  attempts: count(5)
    .default(1)
    .meta({ description: 'Further tries after the first.', examples: [2] }),
  on: z
    .array(z.union([oneOf(['connection', 'timeout']), z.int().min(400).max(599)]))
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

const ejection = z
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

const limits = {
  timeout: duration()
    .optional()
    .meta({ description: 'The longest a whole request may take.', examples: ['2s'] }),
  cache_ttl: durationOrZero()
    .optional()
    .meta({ description: 'max-age of complete answers; "0s" for none.', examples: ['300s'] }),
  max_request_body: count(GIBIBYTE)
    .optional()
    .meta({ description: 'Largest body of a request that is buffered, in bytes.', examples: [1048576] }),
};

const backendLimits = {
  connect_timeout: duration()
    .optional()
    .meta({ description: 'The longest that connecting may take.', examples: ['1s'] }),
  max_response_body: count(GIBIBYTE)
    .optional()
    .meta({ description: 'Largest body of a backend, in bytes, on the wire and inflated.', examples: [4194304] }),
  max_response_headers: count(2 ** 20)
    .optional()
    .meta({ description: 'Largest header section of a backend, in bytes.', examples: [16384] }),
  max_pending: count(1_000_000)
    .optional()
    .meta({ description: 'Most calls of a backend at a time; more fail at once.', examples: [256] }),
  isolate_connections: z
    .boolean()
    .optional()
    .meta({ description: 'Never use a connection for a second call.', examples: [true] }),
};

const encodings = {
  encoding: encoding.optional().meta({ description: 'How backends encode their answers.', examples: ['json'] }),
  output_encoding: encoding.optional().meta({ description: 'How the answer is encoded.', examples: ['json'] }),
};

/** What stands in a backend object. */
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
  concurrent_calls: count(16)
    .optional()
    .meta({ description: 'Copies to race.', examples: [2] }),
  sd: word()
    .default('static')
    .meta({ description: 'Where hosts come from.', examples: ['dns'] }),
  sd_scheme: oneOf(['http', 'https'])
    .default('http')
    .meta({ description: 'Scheme of discovered hosts.', examples: ['https'] }),
  balancer: word()
    .optional()
    .meta({ description: 'How a host is chosen.', examples: ['random'] }),
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
  output_headers: z
    .array(z.union([headerRule, headerRule.shape.name.transform((name) => ({ name, keep: 'last' as const }))]))
    .default([])
    .meta({ description: 'Headers of this backend that reach the client.', examples: [['X-Total-Count']] }),
  retry: retry.optional().meta({ description: 'Repeat failed calls.', examples: [{ attempts: 2 }] }),
  ejection: ejection.optional().meta({ description: 'Leave out hosts that fail.', examples: [{ window: '10s' }] }),
  ...backendLimits,
  extra_config: extraConfig,
});

/** What stands in an endpoint object; its backends are read one by one. */
export const endpointSchema = z.strictObject({
  endpoint: z.string().meta({ description: 'The path, with {params}.', examples: ['/users/{id}'] }),
  method: method.meta({ description: 'The method.', examples: ['POST'] }),
  backend: z
    .array(z.unknown())
    .optional()
    .meta({ description: 'One or more backends.', examples: [[]] }),
  ...encodings,
  ...limits,
  concurrent_calls: count(16)
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

/** Settings of the outgoing connections. */
const clientShape = {
  max_idle_connections_per_host: count(100_000)
    .default(250)
    .meta({ description: 'Idle connections kept per host.', examples: [250] }),
  max_connections_per_host: count(100_000)
    .default(128)
    .meta({ description: 'Connections per host.', examples: [128] }),
  idle_connection_timeout: durationOrZero()
    .optional()
    .meta({ description: 'Idle connections are closed after this.', examples: ['30s'] }),
  dialer_timeout: durationOrZero(10 * 60_000)
    .optional()
    .meta({ description: 'Default of connect_timeout.', examples: ['1s'] }),
  dialer_keep_alive: durationOrZero()
    .optional()
    .meta({ description: 'TCP keep-alive delay.', examples: ['15s'] }),
  dialer_fallback_delay: durationOrZero(10 * 60_000)
    .optional()
    .meta({ description: 'Head start of the preferred address family.', examples: ['300ms'] }),
  response_header_timeout: durationOrZero(10 * 60_000)
    .optional()
    .meta({ description: 'The longest to wait for the headers of a backend.', examples: ['1s'] }),
  disable_keep_alives: z
    .boolean()
    .default(false)
    .meta({ description: 'A new connection for every call.', examples: [true] }),
  disable_compression: z
    .boolean()
    .default(false)
    .meta({ description: 'Do not ask backends for compressed answers.', examples: [true] }),
  allow_insecure_connections: z
    .boolean()
    .default(false)
    .meta({ description: 'Do not verify certificates of backends.', examples: [false] }),
  client_tls: clientTlsSchema
    .optional()
    .meta({ description: 'TLS towards backends.', examples: [{ ca_certs: ['ca.pem'] }] }),
};

function hostsJob<T extends z.ZodType>(schema: T, example: unknown) {
  return schema.optional().meta({ description: 'Accepted, without effect in a router.', examples: [example] });
}

/** Keys of the server process, which belongs to the app, and of settings without a counterpart here. */
export const idleShape = {
  port: hostsJob(z.int().min(0).max(65_535), 8080),
  listen_ip: hostsJob(z.string(), '0.0.0.0'),
  read_timeout: hostsJob(durationOrZero(), '10s'),
  read_header_timeout: hostsJob(durationOrZero(), '10s'),
  write_timeout: hostsJob(durationOrZero(), '10s'),
  idle_timeout: hostsJob(durationOrZero(), '60s'),
  max_header_bytes: hostsJob(z.int().min(0), 1048576),
  max_shutdown_wait_time: hostsJob(durationOrZero(), '10s'),
  tls: hostsJob(object(), { disabled: true }),
  use_h2c: hostsJob(z.boolean(), false),
  plugin: hostsJob(object(), { folder: 'plugins', pattern: '.so' }),
  disable_rest: hostsJob(z.boolean(), false),
  sequential_start: hostsJob(z.boolean(), false),
  max_idle_connections: hostsJob(z.int().min(0), 250),
  expect_continue_timeout: hostsJob(durationOrZero(), '1s'),
};

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
  balancer: word()
    .optional()
    .meta({ description: 'How hosts are chosen.', examples: ['random'] }),
  max_in_flight_requests: count(1_000_000)
    .default(1_000)
    .meta({ description: 'Most requests at a time; more are answered 503.', examples: [1000] }),
  debug_endpoint: z
    .boolean()
    .default(false)
    .meta({ description: 'Mounts /__debug/.', examples: [true] }),
  echo_endpoint: z
    .boolean()
    .default(false)
    .meta({ description: 'Mounts /__echo/.', examples: [true] }),
  dns_cache_ttl: duration({ min: 1_000, max: 24 * 3_600_000 })
    .default(30_000)
    .meta({ description: 'How often discovered hosts are looked up again.', examples: ['30s'] }),
  ...clientShape,
  ...idleShape,
  extra_config: extraConfig,
});

export type RawRoot = z.output<typeof rootSchema>;
export type RawEndpoint = z.output<typeof endpointSchema>;
export type RawBackend = z.output<typeof backendSchema>;
