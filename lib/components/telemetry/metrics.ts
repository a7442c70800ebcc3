import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { duration } from '../../config/fields.js';
import { defineComponent } from '../component.js';
import { createStats, type Stats, type StatsCollector } from './stats.js';

const KEPT = 'telemetry/metrics ';
const PATH = '/__stats';
const HOUR = 3_600_000;

const schema = z.strictObject({
  collection_time: duration({ min: 1_000, max: 24 * HOUR })
    .default(60_000)
    .meta({ description: 'Percentiles are about the last one to two of these.', examples: ['60s'] }),
  listen_address: z
    .string()
    .optional()
    .meta({ description: 'Accepted and not needed: no port is opened, the gateway itself answers /__stats.' }),
  router_disabled: z.boolean().default(false).meta({ description: 'Leaves out what clients were answered.' }),
  proxy_disabled: z.boolean().default(false).meta({ description: 'Leaves out the endpoints’ own work.' }),
  backend_disabled: z.boolean().default(false).meta({ description: 'Leaves out the backends.' }),
  endpoint_disabled: z.boolean().default(false).meta({ description: 'Leaves out /__stats; gateway.stats() stays.' }),
  public: z
    .boolean()
    .default(false)
    .meta({ description: 'Shows /__stats to everybody; else only to clients on the same machine.' }),
});

/** Counts and times requests and backends as KrakenD does, for `/__stats` and `gateway.stats()`. */
export const metrics = defineComponent({
  namespace: 'telemetry/metrics',
  aliases: ['github.com/devopsfaith/krakend-metrics'],
  schema,

  service(settings, { keep, observe, clientIp }) {
    const { collection_time: collectionTime, public: isPublic } = settings;
    const options = {
      collectionTime,
      router: !settings.router_disabled,
      pipe: !settings.proxy_disabled,
      backend: !settings.backend_disabled,
    };
    const stats = keep(KEPT + JSON.stringify(options), () => createStats(options));
    observe(stats.observer);
    if (settings.endpoint_disabled) return undefined;

    return function answerStats(request, response, next) {
      const isMeant = request.method === 'GET' && pathOf(request) === PATH;
      // KrakenD has a port for this that the world does not see; here it would stand among the public endpoints.
      if (!isMeant || !(isPublic || isLocal(request, clientIp(request)))) return next();
      const body = Buffer.from(JSON.stringify(stats.snapshot()));
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': body.length,
        'cache-control': 'no-store',
      });
      response.end(body);
    };
  },
});

/** What the configuration in force has counted; undefined where it does not count. */
export function statsIn(kept: ReadonlyMap<string, unknown>): Stats | undefined {
  for (const [key, collector] of kept) if (key.startsWith(KEPT)) return (collector as StatsCollector).snapshot();
  return undefined;
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;
/** What a proxy adds: behind one everybody comes from the same machine. */
const FORWARDING = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

function isLocal({ headers }: IncomingMessage, ip: string): boolean {
  return LOOPBACK.test(ip) && !FORWARDING.some((name) => headers[name] !== undefined);
}
