import { z } from 'zod';
import { count, countOrZero, durationOrZero, LONGEST_DURATION, object } from './fields.js';
import { clientTlsSchema } from './namespaces.js';

/** Settings of the outgoing connections. */
export const clientShape = {
  max_idle_connections_per_host: countOrZero()
    .optional()
    .meta({ description: 'Idle connections kept per host.', examples: [250] }),
  max_connections_per_host: count()
    .default(1_024)
    .meta({ description: 'Connections per host.', examples: [1024] }),
  idle_connection_timeout: durationOrZero()
    .optional()
    .meta({ description: 'Idle connections are closed after this.', examples: ['30s'] }),
  connection_rest: durationOrZero()
    .default(50)
    .meta({
      description: 'How long a connection rests before its next call, where another is free or may be opened.',
      examples: ['50ms'],
    }),
  dialer_timeout: durationOrZero()
    .optional()
    .meta({ description: 'Default of connect_timeout.', examples: ['1s'] }),
  dialer_keep_alive: durationOrZero()
    .optional()
    .meta({ description: 'TCP keep-alive delay.', examples: ['15s'] }),
  dialer_fallback_delay: durationOrZero()
    .optional()
    .meta({ description: 'Head start of the preferred address family.', examples: ['300ms'] }),
  response_header_timeout: durationOrZero()
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
  read_timeout: hostsJob(durationOrZero(LONGEST_DURATION), '10s'),
  read_header_timeout: hostsJob(durationOrZero(LONGEST_DURATION), '10s'),
  write_timeout: hostsJob(durationOrZero(LONGEST_DURATION), '10s'),
  idle_timeout: hostsJob(durationOrZero(LONGEST_DURATION), '60s'),
  max_header_bytes: hostsJob(z.int().min(0), 1048576),
  max_shutdown_wait_time: hostsJob(durationOrZero(LONGEST_DURATION), '10s'),
  tls: hostsJob(object(), { disabled: true }),
  use_h2c: hostsJob(z.boolean(), false),
  plugin: hostsJob(object(), { folder: 'plugins', pattern: '.so' }),
  disable_rest: hostsJob(z.boolean(), false),
  sequential_start: hostsJob(z.boolean(), false),
  max_idle_connections: hostsJob(z.int().min(0), 250),
  expect_continue_timeout: hostsJob(durationOrZero(LONGEST_DURATION), '1s'),
};
