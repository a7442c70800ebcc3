import { z } from 'zod';
import { RejectedError } from '../errors.js';
import { defineComponent } from './component.js';

/** Longer User-Agents are cut before patterns see them: nobody needs more to be recognised. */
const LONGEST_INSPECTED = 1024;

const pattern = z.string().transform((source, context) => {
  const expression = compile(source);
  if (typeof expression !== 'string') return expression;
  context.addIssue({ code: 'custom', message: expression });
  return z.NEVER;
});

const schema = z
  .strictObject({
    allow: z.array(z.string()).default([]).meta({ description: 'User-Agents let in, compared exactly.' }),
    deny: z.array(z.string()).default([]).meta({ description: 'User-Agents turned away, compared exactly.' }),
    patterns: z.array(pattern).default([]).meta({ description: 'Regular expressions of User-Agents turned away.' }),
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
    patterns: config.patterns,
    emptyIsBot: config.empty_user_agent_is_bot,
  }));

type BotRules = z.output<typeof schema>;

/** Turns away clients by their User-Agent with 403, for the whole gateway or for one endpoint. */
export const botDetector = defineComponent({
  namespace: 'security/bot-detector',
  aliases: ['github.com/devopsfaith/krakend-botdetector'],
  schema,
  leavesSignal: true,

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
  const inspected = userAgent.slice(0, LONGEST_INSPECTED);
  return rules.patterns.some((expression) => expression.test(inspected));
}

/** Means something else in Go: POSIX classes, `\A`, `\z`, `\Q…\E`, `\p…`, `\C` and `\a`. */
const OTHER_IN_GO = /\[:\^?\w+:\]|(?<!\\)(?:\\\\)*\\[AzQEpPCa]/;

/** Go writes flags as `(?i)` in front; anything else is the same here. Returns a message when it cannot be used. */
function compile(source: string): RegExp | string {
  const [, flags = '', body = source] = /^\(\?([ims]+)\)(.*)$/s.exec(source) ?? [];
  if (OTHER_IN_GO.test(body)) return `"${source}" has syntax of Go that means something else here; write it otherwise`;
  if (nestsQuantifiers(body))
    return `the pattern "${source}" nests quantifiers, which a hostile User-Agent can make very slow`;
  try {
    return new RegExp(body, flags);
  } catch {
    return `"${source}" is not a regular expression`;
  }
}

/** Whether a group that can repeat holds something that can: matching may take exponential time. */
function nestsQuantifiers(source: string): boolean {
  const repeats = [false];
  let isClass = false;
  for (let index = 0; index < source.length; index++) {
    const character = source[index];
    if (character === '\\') index++;
    else if (isClass) isClass = character !== ']';
    else if (character === '[') isClass = true;
    else if (character === '(') repeats.push(false);
    else if (character === ')') {
      if (!repeats.pop()) continue;
      if (/[+*{]/.test(source[index + 1] ?? '')) return true;
      repeats[repeats.length - 1] = true;
    } else if (character === '+' || character === '*' || /^\{\d*,/.test(source.slice(index, index + 8))) {
      repeats[repeats.length - 1] = true;
    }
  }
  return false;
}
