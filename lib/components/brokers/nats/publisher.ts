import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import type { Outgoing, Place, Publisher, Reply } from '../driver.js';
import { checkLimits } from '../limits.js';
import { createNatsLink, headersOf, jetstreamPeer, natsPeer, toError } from './connection.js';

/** One way to send: resolves when the server, the stream or the other side has answered. */
type Send = (body: Buffer, headers: MsgHdrs) => Promise<Reply | undefined>;

/** Writes to a subject. */
export function createNatsPublisher(place: Place): Publisher {
  const { name, url, timeout } = place;
  const { target: subject, query } = url;
  const link = createNatsLink(place, openSend);

  async function openSend(connection: NatsConnection): Promise<Send> {
    if (query.get('request') === 'true') {
      return async function request(body, headers) {
        const reply = await connection.request(subject, body, { timeout, headers });
        return { body: Buffer.from(reply.data), headers: headersOf(reply.headers) };
      };
    }
    if (query.get('jetstream') === 'true') {
      const { jetstream } = await jetstreamPeer.load();
      const stream = jetstream(connection, { timeout });
      return async function store(body, headers) {
        await stream.publish(subject, body, { headers, timeout });
        return undefined;
      };
    }
    return async function send(body, headers) {
      connection.publish(subject, body, { headers });
      // The answer to a ping comes when the server has taken all that was sent before it.
      await connection.flush();
      return undefined;
    };
  }

  async function toHdrs({ headers }: Outgoing): Promise<MsgHdrs> {
    const { headers: createHeaders } = await natsPeer.load();
    const result = createHeaders();
    for (const [key, value] of Object.entries(headers)) result.set(key, value);
    return result;
  }

  return {
    async publish(message) {
      const { used: send, connection } = await link.get();
      const bytes = connection.info?.max_payload;
      if (bytes !== undefined) checkLimits({ broker: 'NATS', bytes }, message);
      try {
        return await send(message.body, await toHdrs(message));
      } catch (thrown) {
        throw toError(name, thrown);
      }
    },
    open: link.open,
    close: link.close,
  };
}
