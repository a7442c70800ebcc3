import { z } from 'zod';
import { count, durationOrZero, HEADER_NAME, LONGEST_DURATION, oneOf } from '../../config/fields.js';
import type { CommonScope } from '../component.js';
import { createClientKey, type Strategy } from './client-key.js';
import { createGate, type Gate } from './gate.js';
import { createLimiter } from './limiter.js';
import { capacity, every, rate, storeFields, toLimit } from './settings.js';

const MAX_KEYS = 100_000;
const IPV6_PREFIX = 64;

const idle = 'Accepted for KrakenD and not needed.';

/** What limits at the entry accept: for each client, and for all of them together. */
export const entrySchema = z
  .strictObject({
    max_rate: rate.meta({ description: 'Requests of all clients together; 0: no limit.' }),
    capacity: capacity.meta({ description: 'How many of them may come at once. Default: those of a second.' }),
    client_max_rate: rate.meta({ description: 'Requests of each client; 0: no limit.' }),
    client_capacity: capacity.meta({ description: 'How many of them may come at once. Default: those of a second.' }),
    strategy: z
      .string()
      .toLowerCase()
      .pipe(oneOf(['ip', 'header', 'param']))
      .optional()
      .meta({ description: 'How clients are told apart: by `ip`, a `header`, or a `param` of the path.' }),
    key: z.string().default('').meta({ description: 'The name of that header or param.' }),
    every,
    ipv6_prefix: count(128, 16)
      .default(IPV6_PREFIX)
      .meta({ description: 'Bits of an IPv6 address that tell clients apart.' }),
    max_keys: count(10_000_000, 100).default(MAX_KEYS).meta({ description: 'Clients held in memory at most.' }),
    send_headers: z.boolean().default(false).meta({ description: 'Tell clients what is left to them.' }),
    ...storeFields,
    num_shards: z.int().min(0).optional().meta({ description: idle }),
    cleanup_period: durationOrZero(LONGEST_DURATION).optional().meta({ description: idle }),
    cleanup_threads: z.int().min(0).optional().meta({ description: idle }),
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
