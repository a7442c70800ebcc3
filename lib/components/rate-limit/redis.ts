import { createHash } from 'node:crypto';
import { decide, type LimitStore, TOLERANCE } from './store.js';

/** The part of an ioredis client, or of a node-redis client, that the limits use. */
export type RedisLimitClient =
  | { call(command: string, ...args: string[]): Promise<unknown> }
  | {
      evalSha(sha: string, options: RedisScriptOptions): Promise<unknown>;
      eval(script: string, options: RedisScriptOptions): Promise<unknown>;
    };
interface RedisScriptOptions {
  keys: string[];
  arguments: string[];
}

export interface RedisLimitOptions {
  /** What every key starts with: one for each application that uses the Redis. Default `tributary:limit:`. */
  readonly prefix?: string;
}

/**
 * The bucket is one number, as it is in memory: when it will be full, counted in tokens. Redis' own clock is the one that
 * all processes share; should it be set back, no client waits longer than for a full bucket.
 */
const SCRIPT = `
local time = redis.call('TIME')
local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = (time[1] - 1700000000 + time[2] / 1000000) * rate
local full = tonumber(redis.call('GET', KEYS[1]) or now)
full = math.min(math.max(full, now), now + capacity)
local is_allowed = full - now + 1 <= capacity + ${TOLERANCE}
if is_allowed then
  full = full + 1
  local life = math.ceil((full - now) / rate * 1000) + 1000
  redis.call('SET', KEYS[1], string.format('%.17g', full), 'PX', string.format('%.0f', life))
end
return { is_allowed and 1 or 0, string.format('%.17g', full - now) }
`;
const SHA = createHash('sha1').update(SCRIPT).digest('hex');

/**
 * A store for `options.stores` over your own Redis client, ioredis or node-redis, which stays yours to connect and close.
 * Each decision is one script and one round trip. Needs Redis 5 or newer.
 *
 * @example
 * createGateway(config, { stores: { redis: createRedisLimits(new Redis()) } });
 * // and in the configuration of a limit: "store": "redis"
 */
export function createRedisLimits(client: RedisLimitClient, options: RedisLimitOptions = {}): LimitStore {
  const { prefix = 'tributary:limit:' } = options;

  function runStored(key: string, args: string[]): Promise<unknown> {
    if ('evalSha' in client) return client.evalSha(SHA, { keys: [key], arguments: args });
    return client.call('EVALSHA', SHA, '1', key, ...args);
  }
  function runAndStore(key: string, args: string[]): Promise<unknown> {
    if ('evalSha' in client) return client.eval(SCRIPT, { keys: [key], arguments: args });
    return client.call('EVAL', SCRIPT, '1', key, ...args);
  }

  return {
    async take(key, limit) {
      // Tokens of another rate are other tokens.
      const name = `${prefix}${key} ${limit.rate}`;
      const args = [String(limit.capacity), String(limit.rate)];
      const reply = await runStored(name, args).catch((error: unknown) => {
        if (!String(error).includes('NOSCRIPT')) throw error;
        return runAndStore(name, args);
      });
      const [isAllowed, used] = reply as [number, string];
      return decide(isAllowed === 1, Number(used), limit);
    },
    ping() {
      if ('evalSha' in client) return client.eval("return 'PONG'", { keys: [], arguments: [] });
      return client.call('PING');
    },
  };
}
