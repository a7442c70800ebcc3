import type { Channel, ConfirmChannel } from 'amqplib';
import { lazyPeer } from '../../../core/peer.js';
import { BackendError, type GatewayError } from '../../../errors.js';
import { unreachable } from '../reconnecting.js';

export const amqpPeer = lazyPeer('amqplib', 'AMQP', () => import('amqplib'));

/** What is used of a connection of `amqplib`. */
export interface AmqpConnection {
  createChannel(): Promise<Channel>;
  createConfirmChannel(): Promise<ConfirmChannel>;
}

/** Where a broker is, and how a channel to it is made. */
export interface AmqpPlace {
  /** How messages name the backend. */
  readonly name: string;
  /** Address with user, password and virtual host. */
  readonly url: string;
  /** A connection of the host app, to be used and not closed. */
  readonly client: AmqpConnection | undefined;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** A channel, and what it takes to end it. */
export interface Opened<C extends Channel> {
  readonly channel: C;
  /** Why the broker closed the channel, where it said so. */
  refusal(): GatewayError | undefined;
  close(): Promise<void>;
}

/** Opens a channel, on a connection of its own unless one was injected; `onEnd` is called once when it has ended. */
export async function openChannel<C extends Channel>(
  { name, url, client, connectTimeout }: AmqpPlace,
  create: (connection: AmqpConnection) => Promise<C>,
  onEnd: () => void,
): Promise<Opened<C>> {
  const own =
    client === undefined ? await (await amqpPeer.load()).connect(url, { timeout: connectTimeout }) : undefined;
  own?.on('error', ignore);
  let refusal: GatewayError | undefined;
  try {
    const channel = await create(client ?? (own as AmqpConnection));
    channel.on('error', (error: unknown) => {
      refusal = refusalOf(name, error);
    });
    channel.once('close', () => {
      onEnd();
      own?.close().catch(ignore);
    });
    return {
      channel,
      refusal: () => refusal,
      async close() {
        await close(channel);
        if (own) await close(own);
      },
    };
  } catch (error) {
    if (own) await close(own);
    throw error;
  }
}

interface Closable {
  close(): Promise<unknown>;
  once(event: 'close', listener: () => void): unknown;
}

/** What is lost while it is being closed says so, but never answers. */
function close(closable: Closable): Promise<void> {
  return new Promise<void>(function waitForEnd(resolve) {
    function onClose(): void {
      resolve();
    }
    closable.once('close', onClose);
    closable.close().then(onClose, onClose);
  });
}

/** The reply code of AMQP says enough; its text names queues and hosts. */
export function refusalOf(name: string, error: unknown): GatewayError {
  const code: unknown = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'number') return unreachable(name);
  return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker refused the call (AMQP ${code})`);
}

function ignore(): void {}
