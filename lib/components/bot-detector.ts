import { z } from 'zod';
import { patterns } from '../config/pattern.js';
import { RejectedError } from '../errors.js';
import { defineComponent } from './component.js';

/** Longer User-Agents are cut before patterns see them: no client needs more to be recognised. */
const LONGEST_INSPECTED = 1024;

const schema = z
  .strictObject({
    allow: z.array(z.string()).default([]).meta({ description: 'User-Agents let in, compared exactly.' }),
    deny: z.array(z.string()).default([]).meta({ description: 'User-Agents turned away, compared exactly.' }),
    patterns: patterns()
      .prefault([])
      .meta({ description: 'Regular expressions, in the syntax of Go, of User-Agents turned away.' }),
    empty_user_agent_is_bot: z
      .boolean()
      .default(false)
      .meta({ description: 'Turn away requests without a User-Agent.' }),
    cache_size: z.int().min(0).optional().meta({ description: 'Accepted for KrakenD; a look-up here needs no cache.' }),
    allowlist: z.array(z.string()).optional().meta({ deprecated: true }),
    denylist: z.array(z.string()).optional().meta({ deprecated: true }),
    whitelist: z.array(z.string()).optional().meta({ deprecated: true }),
    blacklist: z.array(z.string()).optional().meta({ deprecated: true }),
    cacheSize: z.int().min(0).optional().meta({ deprecated: true }),
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
