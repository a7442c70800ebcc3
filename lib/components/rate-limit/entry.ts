import { z } from 'zod';
import { count, durationOrZero, flag, HEADER_NAME, LONGEST_DURATION, oneOf } from '../../config/fields.js';
import type { CommonScope } from '../component.js';
import { createClientKey, type Strategy } from './client-key.js';
import { createGate, type Gate } from './gate.js';
import { createLimiter } from './limiter.js';
import { capacity, every, rate, storeFields, toLimit } from './settings.js';

const NOT_NEEDED = 'Without effect: accepted for KrakenD, and not needed.';

/** What limits at the entry accept: for each client, and for all of them together. */
export const entrySchema = z
  .strictObject({
    max_rate: rate.optional().meta({
      description: 'Requests of all clients together in the time of `every`; 0 for no limit.',
      examples: [500],
    }),
    capacity: capacity.meta({ description: 'How many requests of all clients together may come at once.' }),
    client_max_rate: rate.optional().meta({
      description: 'Requests of each client in the time of `every`; 0 for no limit.',
      examples: [100],
    }),
    client_capacity: capacity.meta({ description: 'How many requests of one client may come at once.' }),
    every,
    strategy: z
      .string()
      .toLowerCase()
      .pipe(oneOf(['ip', 'header', 'param']))
      .optional()
      .meta({
        description:
          'How clients are told apart: by `ip`, by a `header`, or at an endpoint by a `param` of its path; needed with `client_max_rate`.',
        ts: "'ip' | 'header' | 'param' | (string & {})",
        examples: ['ip'],
      }),
    key: z
      .string()
      .default('')
      .meta({
        description: "The name of that header, or of the param of the endpoint's path.",
        examples: ['X-Api-Key'],
      }),
    ipv6_prefix: count(128, 16)
      .default(64)
      .meta({
        description: 'How many bits of an IPv6 address tell clients apart.',
        label: '16 to 128',
        examples: [56],
      }),
    max_keys: count(10_000_000, 100)
      .default(100_000)
      .meta({
        description: 'Clients that are held in memory at most.',
        label: '100 to 10,000,000',
        examples: [10_000],
      }),
    send_headers: flag().meta({
      description: 'Tells clients what is left to them, on served answers too.',
      examples: [true],
    }),
    ...storeFields,
    num_shards: z
      .int()
      .min(0)
      .optional()
      .meta({ description: NOT_NEEDED, isIdle: true, examples: [2048] }),
    cleanup_period: durationOrZero(LONGEST_DURATION)
      .optional()
      .meta({ description: NOT_NEEDED, isIdle: true, examples: ['60s'] }),
    cleanup_threads: z
      .int()
      .min(0)
      .optional()
      .meta({ description: NOT_NEEDED, isIdle: true, examples: [1] }),
  })
  .superRefine(function refuseLimitsThatAreNone({ max_rate, client_max_rate, strategy, key }, context) {
    function report(path: string, message: string): void {
      context.addIssue({ code: 'custom', path: [path], message });
    }
    if (max_rate === undefined && client_max_rate === undefined) {
      report('max_rate', 'is missing; give it, or client_max_rate, or both.');
    }
    if (!client_max_rate) return;
    if (strategy === undefined) report('strategy', 'is missing; say "ip", "header" or "param".');
    if (strategy === 'header' && !HEADER_NAME.test(key)) report('key', 'is missing; give the name of the header.');
    if (strategy === 'param' && key === '') report('key', 'is missing; give the name of the param.');
  });

export type EntrySettings = z.output<typeof entrySchema>;

/** How the clients of a limit are told apart; undefined where they are not. */
export function strategyOf({ client_max_rate, strategy }: EntrySettings): Strategy | undefined {
  return client_max_rate ? strategy : undefined;
}

/** The gate in front of what is called `name`; undefined where every rate is 0. */
export function openGate(name: string, settings: EntrySettings, at: string, scope: CommonScope): Gate | undefined {
  const { key, ipv6_prefix: ipv6Prefix, max_keys: maxKeys } = settings;
  const ofClient = toLimit(settings.client_max_rate, settings.client_capacity, settings.every);
  const ofAll = toLimit(settings.max_rate, settings.capacity, settings.every);
  const strategy = strategyOf(settings);
  if (strategy === 'ip' && key !== '') warnOfKey(at, scope);

  const client = ofClient &&
    strategy && {
      limit: ofClient,
      take: createLimiter({ ...settings, name: `${name} client`, limit: ofClient, maxKeys }, scope),
      keyOf: createClientKey({ strategy, key, ipv6Prefix }),
    };
  const total = ofAll && {
    limit: ofAll,
    take: createLimiter({ ...settings, name: `${name} all`, limit: ofAll, maxKeys: 2 }, scope),
  };
  return client || total ? createGate({ name, tellsServed: settings.send_headers, client, total }) : undefined;
}

/** KrakenD believes whatever the header says, so that a client could claim any identity. */
function warnOfKey(at: string, { logger }: CommonScope): void {
  logger.warn(
    { at: `${at}.key` },
    'is not read by itself; name the header in remote_ip_headers and the proxies that set it in trusted_proxies',
  );
}
