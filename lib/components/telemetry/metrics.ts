import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { durationOr, flag } from '../../config/fields.js';
import type { Logger } from '../../logger.js';
import { createStats, STATS } from '../../observe/stats.js';
import { defineComponent, type Fault, type Functions } from '../component.js';

const PATH = '/__stats';
const SECOND = 1_000;

const schema = z.strictObject({
  collection_time: durationOr(60_000)
    .transform((milliseconds) => Math.max(SECOND, milliseconds))
    .meta({
      description:
        'Percentiles, means and extremes are about the last one to two of these, counts about all time; at least a second.',
      examples: ['60s'],
    }),
  router_disabled: flag().meta({
    description: 'Leaves out `krakend.router.*`: what clients were answered.',
    examples: [true],
  }),
  proxy_disabled: flag().meta({
    description: "Leaves out the layer `pipe`: the endpoints' own work.",
    examples: [true],
  }),
  backend_disabled: flag().meta({ description: 'Leaves out the layer `backend`.', examples: [true] }),
  endpoint_disabled: flag().meta({
    description: 'Leaves out `/__stats`; `gateway.stats()` stays.',
    examples: [true],
  }),
  public: flag().meta({
    description: '`GET /__stats` answers every client that can reach the gateway.',
    examples: [true],
  }),
  guard: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: '`GET /__stats` answers where this function of `options.functions` returns `true` for the request.',
      examples: ['isOperator'],
    }),
  listen_address: z
    .string()
    .optional()
    .meta({
      description: 'Without effect: no port is opened, the gateway itself answers `/__stats`.',
      isIdle: true,
      examples: [':8090'],
    }),
});

/** What `guard` names: it gets the request, and only `true` shows it the figures. */
export type StatsGuard = (request: IncomingMessage) => boolean | Promise<boolean>;

/** Counts and times requests and backends as KrakenD does, for `/__stats` and `gateway.stats()`. */
export const metrics = defineComponent({
  namespace: 'telemetry/metrics',
  aliases: ['github.com/devopsfaith/krakend-metrics'],
  schema,

  check({ guard, public: isPublic }, { functions }): readonly Fault[] {
    if (guard === undefined) return [];
    const faults: Fault[] = [];
    if (!functions.has(guard)) faults.push({ path: ['guard'], message: `there is no "${guard}" in options.functions` });
    if (isPublic) faults.push({ path: ['public'], message: 'contradicts "guard"; keep one of them' });
    return faults;
  },

  service(settings, { keep, observe, functions, logger }) {
    const options = {
      collectionTime: settings.collection_time,
      router: !settings.router_disabled,
      pipe: !settings.proxy_disabled,
      backend: !settings.backend_disabled,
    };
    const stats = STATS.keep(keep, JSON.stringify(options), () => createStats(options));
    observe(stats.observer);
    const { guard, public: isPublic } = settings;
    if (settings.endpoint_disabled || (guard === undefined && !isPublic)) {
      if (settings.listen_address !== undefined && !settings.endpoint_disabled) logger.warn({ at: AT }, HIDDEN);
      return undefined;
    }
    const isShown = guard === undefined ? undefined : createGuard(functions, guard, logger);

    function sendStats(response: ServerResponse): void {
      const body = Buffer.from(JSON.stringify(stats.snapshot()));
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': body.length,
        'cache-control': 'no-store',
      });
      response.end(body);
    }

    return function answerStats(request, response, next) {
      if ((request.method !== 'GET' && request.method !== 'HEAD') || pathOf(request) !== PATH) return next();
      if (isShown === undefined) return sendStats(response);
      isShown(request)
        .then((shown) => (shown ? sendStats(response) : next()))
        .catch(next);
    };
  },
});

const AT = 'extra_config["telemetry/metrics"]';
/** An address says nothing: behind a proxy, every client has the address of the proxy. */
const HIDDEN = `no port is opened and ${PATH} is not answered: set "public", name a "guard", or use gateway.stats()`;

/** What is thrown, and everything that is not `true`, shows nothing. */
function createGuard(
  functions: Functions,
  name: string,
  logger: Logger,
): (request: IncomingMessage) => Promise<boolean> {
  const guard = functions.get(name) as StatsGuard;
  return async function isShownTo(request) {
    try {
      return (await guard(request)) === true;
    } catch (err) {
      logger.error({ err, at: AT }, `the guard "${name}" has thrown; ${PATH} was not shown`);
      return false;
    }
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}
