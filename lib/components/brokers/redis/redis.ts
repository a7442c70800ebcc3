import type { Driver } from '../driver.js';
import { redisPeer } from './connection.js';
import { createRedisPublisher } from './publisher.js';
import { createRedisSubscription } from './subscription.js';

/**
 * Streams of Redis 6.2 and later, by ioredis. `redis://stream?maxlen=100000` to write;
 * `redis://stream?group=g&claim_after=30` to read as a member of a group, acknowledged.
 */
export const redis: Driver = {
  peers: [redisPeer],
  clientHas: ['call', 'callBuffer', 'duplicate'],
  hasDeadLetters: true,
  parameters: { publish: ['maxlen'], subscribe: ['group', 'claim_after'] },

  faultOf({ target, query }, use) {
    if (target === '') return 'names no stream';
    if (use === 'subscribe' && !query.get('group')) return 'names no group: add "?group=…"';
    const wrong = ['maxlen', 'claim_after'].find((name) => !/^[1-9]\d{0,9}$/.test(query.get(name) ?? '1'));
    return wrong === undefined ? undefined : `needs a whole number from 1 for "${wrong}"`;
  },
  publisher: createRedisPublisher,
  subscription: createRedisSubscription,
};
