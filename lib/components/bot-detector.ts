import { z } from 'zod';
import { flag } from '../config/fields.js';
import { patterns } from '../config/pattern.js';
import { RejectedError } from '../errors.js';
import { defineComponent } from './component.js';

/** Longer User-Agents are cut before patterns see them: no client needs more to be recognised. */
const LONGEST_INSPECTED = 1024;

/** Older names of KrakenD. */
const olderNames = {
  allowlist: z
    .array(z.string())
    .optional()
    .meta({ description: 'Write `allow`.', deprecated: true, examples: [['Friendly-Monitor/1.0']] }),
  denylist: z
    .array(z.string())
    .optional()
    .meta({ description: 'Write `deny`.', deprecated: true, examples: [['Bad-Crawler/1.0']] }),
  whitelist: z
    .array(z.string())
    .optional()
    .meta({ description: 'Write `allow`.', deprecated: true, examples: [['Friendly-Monitor/1.0']] }),
  blacklist: z
    .array(z.string())
    .optional()
    .meta({ description: 'Write `deny`.', deprecated: true, examples: [['Bad-Crawler/1.0']] }),
  cacheSize: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Without effect, as `cache_size`.', deprecated: true, isIdle: true, examples: [1000] }),
};

const schema = z
  .strictObject({
    allow: z
      .array(z.string())
      .default([])
      .meta({
        description: 'Values of `User-Agent` that are let in, compared exactly.',
        examples: [['Friendly-Monitor/1.0']],
      }),
    deny: z
      .array(z.string())
      .default([])
      .meta({
        description: 'Values of `User-Agent` that are turned away, compared exactly.',
        examples: [['Bad-Crawler/1.0']],
      }),
    patterns: patterns()
      .prefault([])
      .meta({
        description: 'Regular expressions in the syntax of Go; a `User-Agent` that one of them matches is turned away.',
        default: [],
        examples: [['(?i)^bad.*crawler']],
      }),
    empty_user_agent_is_bot: flag().meta({
      description: 'Turns away requests without a `User-Agent`.',
      examples: [true],
    }),
    cache_size: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Without effect: a look-up here needs no cache.', isIdle: true, examples: [1000] }),
    ...olderNames,
  })
  .transform((config) => ({
    allow: new Set([...config.allow, ...(config.allowlist ?? config.whitelist ?? [])]),
    deny: new Set([...config.deny, ...(config.denylist ?? config.blacklist ?? [])]),
    matchesPattern: config.patterns,
    emptyIsBot: config.empty_user_agent_is_bot,
  }));

type BotRules = z.output<typeof schema>;

/** Turns away clients by their User-Agent with 403, for the whole gateway or for one endpoint. */
export const botDetector = defineComponent({
  namespace: 'security/bot-detector',
  aliases: ['github.com/devopsfaith/krakend-botdetector'],
  schema,
  exposesSignal: false,

  service(rules) {
    return function rejectBots(request, response, next) {
      if (!isBot(rules, request.headers['user-agent'])) return next();
      response.writeHead(403, { 'content-length': '0' });
      response.end();
    };
  },

  admit(rules) {
    const rejected = new RejectedError(403, 'The User-Agent is not welcome');
    return function rejectBot({ client }) {
      return isBot(rules, client.headers['user-agent']) ? rejected : undefined;
    };
  },
});

/** Exact lists first, then patterns; the first hit decides. */
function isBot(rules: BotRules, userAgent: string | undefined): boolean {
  if (!userAgent) return rules.emptyIsBot;
  if (rules.allow.has(userAgent)) return false;
  if (rules.deny.has(userAgent)) return true;
  return rules.matchesPattern(userAgent.slice(0, LONGEST_INSPECTED));
}
