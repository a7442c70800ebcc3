import type { Kafka } from 'kafkajs';
import { lazyPeer } from '../../../core/peer.js';
import { BackendError, type GatewayError } from '../../../errors.js';
import type { Place } from '../driver.js';
import { unreachable } from '../reconnecting.js';

export const kafkaPeer = lazyPeer('kafkajs', '"kafka://"', () => import('kafkajs'));

/** The injected client, or one for the brokers that `KAFKA_BROKERS` names. */
export async function connectToKafka({ name, client, connectTimeout, timeout }: Place): Promise<Kafka> {
  if (client !== undefined) return client as Kafka;
  const { Kafka, logLevel } = await kafkaPeer.load();
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').flatMap((broker) => broker.trim() || []);
  if (brokers.length === 0) {
    throw new BackendError('ERR_BACKEND_CONNECTION', `${name}: KAFKA_BROKERS names no broker`);
  }
  return new Kafka({
    brokers,
    clientId: 'express-tributary',
    connectionTimeout: connectTimeout,
    requestTimeout: Math.max(timeout, 1_000) * 2,
    // Its own log holds addresses; what matters comes back as errors.
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
  });
}

/** True where a message has more bytes than its topic takes. */
export function isTooLarge(thrown: unknown): boolean {
  return faultOf(thrown).type === 'MESSAGE_TOO_LARGE';
}

/** What kafkajs says is not passed on: it holds addresses. */
export function toError(name: string, thrown: unknown): GatewayError {
  const { type, errorName } = faultOf(thrown);
  if (type !== undefined) {
    return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker refused the call (${type})`);
  }
  if (errorName === 'KafkaJSRequestTimeoutError') {
    return new BackendError('ERR_BACKEND_TIMEOUT', `${name}: its broker did not answer in time`);
  }
  return unreachable(name);
}

/** kafkajs wraps the fault it gave up on. */
function faultOf(thrown: unknown): Pick<ReturnType<typeof describe>, 'type' | 'errorName'> {
  const { cause, ...outer } = describe(thrown);
  return cause === undefined ? outer : describe(cause);
}

function describe(thrown: unknown): { type: string | undefined; errorName: string | undefined; cause: unknown } {
  const { type, name, cause } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<
    string,
    unknown
  >;
  const isSafe = typeof type === 'string' && /^[A-Z_]{3,60}$/.test(type);
  return { type: isSafe ? type : undefined, errorName: typeof name === 'string' ? name : undefined, cause };
}
