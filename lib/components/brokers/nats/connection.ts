import type { jetstream } from '@nats-io/jetstream';
import type { connect, headers, NatsConnection } from '@nats-io/transport-node';
import { lazyPeer, type Peer } from '../../../core/peer.js';
import { BackendError, GatewayError } from '../../../errors.js';
import type { Place } from '../driver.js';
import { createReconnecting, type Reconnecting, unreachable } from '../reconnecting.js';

/** What is used of the packages; their whole types name packages that only they depend on. */
interface Nats {
  readonly connect: typeof connect;
  readonly headers: typeof headers;
}
interface JetStream {
  readonly jetstream: typeof jetstream;
}

export const natsPeer: Peer<Nats> = lazyPeer(
  '@nats-io/transport-node',
  '"nats://"',
  () => import('@nats-io/transport-node'),
);
export const jetstreamPeer: Peer<JetStream> = lazyPeer(
  '@nats-io/jetstream',
  'A stream of "nats://"',
  () => import('@nats-io/jetstream'),
);

const DEFAULT_SERVER = 'nats://127.0.0.1:4222';

/**
 * A connection, or whatever `use` makes of it. When it is lost, `onLost` is called and the next call opens another one:
 * the client's own way to reconnect would hold messages back instead of failing.
 */
export function createNatsLink<T>(
  { name, client, connectTimeout }: Place,
  use: (connection: NatsConnection) => Promise<T>,
  { onLost, end }: { onLost?: () => void; end?: (used: T) => void } = {},
): Reconnecting<{ readonly connection: NatsConnection; readonly used: T }> {
  async function openOwn(): Promise<NatsConnection> {
    const { connect: open } = await natsPeer.load();
    const servers = (process.env['NATS_SERVER_URL'] || DEFAULT_SERVER).split(',');
    const connection = await open({ servers, timeout: connectTimeout, reconnect: false, name: 'express-tributary' });
    return connection;
  }

  return createReconnecting({
    name,
    async open(onEnd) {
      const connection = client === undefined ? await openOwn() : (client as NatsConnection);
      if (client === undefined) void connection.closed().then(onEnd);
      try {
        return { connection, used: await use(connection) };
      } catch (error) {
        if (client === undefined) await connection.close();
        throw toError(name, error);
      }
    },
    async close({ connection, used }) {
      end?.(used);
      if (client === undefined) await connection.close();
    },
    onLost,
  });
}

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['PermissionViolationError', 'does not permit it'],
  ['InvalidArgumentError', 'cannot take such a message'],
  ['NoResponders', 'knows nobody who would take the message'],
  ['NoRespondersError', 'knows nobody who would take the message'],
  ['JetStreamApiError', 'refused it'],
  ['JetStreamNotEnabled', 'has no streams'],
  ['StreamNotFoundError', 'has no such stream'],
  ['ConsumerNotFoundError', 'has no such consumer'],
]);

/** What the client says is not passed on: it names servers and subjects. */
export function toError(name: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { name: kind, cause } = (thrown ?? {}) as { name?: unknown; cause?: unknown };
  const refusal = REFUSALS.get(String(kind)) ?? REFUSALS.get(String((cause as { name?: unknown } | undefined)?.name));
  if (refusal !== undefined) return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker ${refusal}`);
  if (kind === 'TimeoutError') {
    return new BackendError('ERR_BACKEND_TIMEOUT', `${name}: its broker did not answer in time`);
  }
  return unreachable(name);
}

/** Headers of a message by name, as lists. */
export function headersOf(
  headers: { keys(): string[]; values(name: string): string[] } | undefined,
): Record<string, unknown> {
  return Object.fromEntries((headers?.keys() ?? []).map((name) => [name, headers?.values(name)]));
}
