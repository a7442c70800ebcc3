import type { Redis } from 'ioredis';
import { lazyPeer } from '../../../core/peer.js';
import { BackendError, GatewayError } from '../../../errors.js';
import type { Place } from '../driver.js';
import { createReconnecting, type Reconnecting, unreachable } from '../reconnecting.js';

export const redisPeer = lazyPeer('ioredis', '"redis://"', () => import('ioredis'));

const DEFAULT_URL = 'redis://127.0.0.1:6379';

/**
 * A connection of its own, since a reader blocks it: from `REDIS_URL`, or a copy of the injected client. It does not
 * reconnect by itself, so that calls fail instead of being held back; the next one opens another.
 */
export function createRedisLink(
  { name, client, connectTimeout }: Place,
  prepare: (connection: Redis) => Promise<void>,
  onLost?: () => void,
): Reconnecting<Redis> {
  const callOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout,
    retryStrategy: () => null,
  };

  async function connect(): Promise<Redis> {
    if (client !== undefined) return (client as Redis).duplicate(callOptions);
    const { Redis: Connection } = await redisPeer.load();
    return new Connection(process.env['REDIS_URL'] || DEFAULT_URL, callOptions);
  }

  return createReconnecting({
    name,
    async open(onEnd, signal) {
      const connection = await connect();
      // An attempt that failed, or that a server which says nothing would keep up without end.
      signal.addEventListener('abort', () => connection.disconnect());
      connection.once('end', onEnd);
      // The caller gets the error from its call.
      connection.on('error', ignore);
      try {
        await connection.connect();
        await prepare(connection);
      } catch (thrown) {
        throw toError(name, thrown);
      }
      return connection;
    },
    async close(connection) {
      connection.disconnect();
    },
    onLost,
  });
}

/** A refusal of the server begins with a word in capitals; what follows may name keys. */
export function toError(name: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { name: kind, message } = (thrown ?? {}) as { name?: unknown; message?: unknown };
  if (kind !== 'ReplyError') return unreachable(name);
  const [word = ''] = /^[A-Z]{2,20}\b/.exec(String(message)) ?? [];
  return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker refused the call${word && ` (${word})`}`);
}

function ignore(): void {}
