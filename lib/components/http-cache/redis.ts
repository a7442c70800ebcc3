import type { CacheStore } from './remote-store.js';

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
 * A store for `options.stores` over your own Redis client, ioredis or node-redis, which stays yours to connect and close.
 * Let Redis bound its memory: `maxmemory` with an `allkeys-lru` or `volatile-lru` policy.
 *
 * @example
 * createGateway(config, { stores: { redis: createRedisCache(new Redis()) } });
 * // and in the configuration of a backend: "qos/http-cache": { "store": "redis" }
 */
export function createRedisCache(client: RedisCacheClient, options: RedisCacheOptions = {}): CacheStore {
  const { prefix = 'tributary:cache:' } = options;

  function send(...args: [string, ...string[]]): Promise<unknown> {
    return 'call' in client ? client.call(...args) : client.sendCommand(args);
  }

  async function removeListed(keys: readonly string[], matches: (key: string) => boolean): Promise<number> {
    const doomed = keys.filter((key) => matches(key.slice(prefix.length)));
    return doomed.length === 0 ? 0 : Number(await send('UNLINK', ...doomed));
  }

  return {
    async get(key) {
      const value = await send('GET', prefix + key);
      return typeof value === 'string' ? value : undefined;
    },
    async set(key, value, milliseconds) {
      await send('SET', prefix + key, value, 'PX', String(Math.max(1, milliseconds)));
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
