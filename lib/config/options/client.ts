import { z } from 'zod';
import {
  count,
  countOr,
  durationOr,
  durationOrZero,
  durationUnlessZero,
  flag,
  LONGEST_DURATION,
  object,
} from '../fields.js';
import { clientTlsSchema } from './tls.js';

const NODE = "transport's";

/** Settings of the outgoing connections. */
export const clientShape = {
  max_connections_per_host: count()
    .default(1_024)
    .meta({
      description:
        'Sockets per host, whatever the settings of its backends; further calls wait in the order they came, inside their deadline.',
      examples: [1024],
    }),
  max_idle_connections_per_host: countOr(250).meta({ description: 'Idle sockets kept per host.', examples: [250] }),
  connection_rest: durationOrZero()
    .default(50)
    .meta({
      description:
        'How long a socket rests before its next call, where another is free or may be opened; `0s` for no rest.',
      more: 'See [below](#answers-out-of-step).',
      examples: ['50ms'],
    }),
  idle_connection_timeout: durationUnlessZero().meta({
    description: 'Idle sockets are closed after this.',
    shownDefault: NODE,
    examples: ['30s'],
  }),
  dialer_timeout: durationOr(1_000).meta({
    description: "KrakenD's name for `connect_timeout`, which wins.",
    examples: ['1s'],
  }),
  dialer_keep_alive: durationUnlessZero().meta({
    description: 'Delay of TCP keep-alive probes.',
    shownDefault: NODE,
    examples: ['15s'],
  }),
  dialer_fallback_delay: durationUnlessZero().meta({
    description: 'Head start of the preferred address family.',
    shownDefault: NODE,
    examples: ['300ms'],
  }),
  response_header_timeout: durationUnlessZero().meta({
    description: 'The longest to wait for the headers of a backend.',
    shownDefault: 'none',
    examples: ['1s'],
  }),
  disable_keep_alives: flag().meta({ description: 'A new socket for every call.', examples: [true] }),
  disable_compression: flag().meta({ description: 'Does not ask backends for compressed answers.', examples: [true] }),
  allow_insecure_connections: flag().meta({
    description: 'Does not verify certificates of backends; the same as in `client_tls`.',
    examples: [true],
  }),
  client_tls: clientTlsSchema.optional().meta({
    description: 'TLS towards backends.',
    more: 'See [TLS](#tls-towards-backends).',
    ts: 'ClientTlsInput',
    examples: [{ ca_certs: ['ca.pem'] }],
  }),
};

function hostsJob<T extends z.ZodType>(schema: T, example: unknown) {
  return schema.optional().meta({
    description: 'Without effect: it belongs to the server, which is the app.',
    isIdle: true,
    examples: [example],
  });
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
