import { createHash } from 'node:crypto';
import { BY_WRITE, type CacheStore } from './cache-store.js';

/** The part of ioredis, or of node-redis, that the cache uses. */
export type RedisCacheClient =
  | { call(command: string, ...args: string[]): Promise<unknown> }
  | { sendCommand(args: string[]): Promise<unknown> };

export interface RedisCacheOptions {
  /** What every key starts with. Default `tributary:cache:`. */
  readonly prefix?: string;
}

const SCAN_COUNT = '500';

/**
 * Both keys have the same hash tag. What is no text under the key of the version counts as none, and is replaced.
 * Returns 1 where the value was stored.
 */
const SET_VERSIONED = `
local version = redis.pcall('GET', KEYS[1])
if type(version) ~= 'string' then version = '' end
local seen, fresh, value, life = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if seen == '' and string.sub(version, 1, 1) == '${BY_WRITE}' then return 0 end
if seen ~= '' and version ~= seen then return 0 end
if version == '' then
  version = fresh
  redis.call('SET', KEYS[1], version, 'PX', life)
elseif redis.call('PTTL', KEYS[1]) < life then
  redis.call('PEXPIRE', KEYS[1], life)
end
redis.call('SET', KEYS[2], version .. '\\n' .. value, 'PX', life)
return 1
`;
const SHA = createHash('sha1').update(SET_VERSIONED).digest('hex');

/**
 * A store for `options.stores` over your own Redis client, ioredis or node-redis, which stays yours to connect and close.
 * Let Redis bound its memory: `maxmemory` with an `allkeys-lru` or `volatile-lru` policy. It needs the commands GET, SET,
 * PTTL, PEXPIRE, EVAL and EVALSHA, for `purge` SCAN and UNLINK as well, and PING for `ready()`.
 *
 * @example
 * createGateway(config, { stores: { redis: createRedisCache(new Redis()) } });
 * // and in the configuration of a backend: "qos/http-cache": { "store": "redis" }
 */
export function createRedisCache(client: RedisCacheClient, options: RedisCacheOptions = {}): CacheStore {
  const { prefix = 'tributary:cache:' } = options;
  let isLoaded = false;

  function send(...args: [string, ...string[]]): Promise<unknown> {
    return 'call' in client ? client.call(...args) : client.sendCommand(args);
  }

  async function removeListed(keys: readonly string[], matches: (key: string) => boolean): Promise<number> {
    const doomed = keys.filter((key) => matches(key.slice(prefix.length)));
    return doomed.length === 0 ? 0 : Number(await send('UNLINK', ...doomed));
  }

  return {
    async get(key) {
      const value = await send('GET', prefix + key).catch(noneWhenOfAnotherType);
      return typeof value === 'string' ? value : undefined;
    },
    async set(key, value, milliseconds) {
      await send('SET', prefix + key, value, 'PX', toLife(milliseconds));
    },
    async setVersioned({ versionKey, seen, fresh, key, value, milliseconds }) {
      const args = ['2', prefix + versionKey, prefix + key, seen, fresh, value, toLife(milliseconds)];
      if (!isLoaded) {
        await send('EVAL', SET_VERSIONED, ...args);
        isLoaded = true;
        return;
      }
      await send('EVALSHA', SHA, ...args).catch((error: unknown) => {
        if (!String(error).includes('NOSCRIPT')) throw error;
        return send('EVAL', SET_VERSIONED, ...args);
      });
    },
    async remove(matches) {
      let removed = 0;
      let cursor = '0';
      do {
        const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`;
        const [next, keys] = (await send('SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT)) as [string, string[]];
        cursor = String(next);
        removed += await removeListed(keys, matches);
      } while (cursor !== '0');
      return removed;
    },
    ping: () => send('PING'),
  };
}

/** What another program has put there counts as not there, so that it is replaced. */
function noneWhenOfAnotherType(error: unknown): undefined {
  if (!String(error).includes('WRONGTYPE')) throw error;
}

function toLife(milliseconds: number): string {
  return String(Math.max(1, Math.ceil(milliseconds)));
}
