import { z } from 'zod';
import { BackendError } from '../../errors.js';
import { NO_HEADERS } from '../../proxy.js';
import type { BackendResponse, TransportMiddleware } from '../../transport/transport.js';
import { type BackendScope, defineComponent } from '../component.js';
import { type BufferedRequest, callWithoutHttp } from '../non-http-backend.js';
import { thrownFaults } from '../thrown-faults.js';
import type { Outgoing, Publisher } from './driver.js';
import { toHeaders, toMetadata } from './metadata.js';
import { client, connectAtStart } from './options.js';
import { findPlace } from './place.js';

const schema = z.strictObject({
  topic_url: z
    .string()
    .meta({ description: 'Where to write, such as `kafka://orders`.', examples: ['kafka://orders'] }),
  client: client('The name of a client in `options.clients`, for anything the variables cannot say.', 'kafka'),
  connect_at_start: connectAtStart('message'),
});

const OPTION = 'extra_config["backend/pubsub/publisher"].topic_url';

/** Messages to a broker as backends: the request is published, and answered when the broker has confirmed it. */
export const publisher = defineComponent({
  namespace: 'backend/pubsub/publisher',
  aliases: ['github.com/devopsfaith/krakend-pubsub/publisher'],
  schema,
  replacesWire: true,

  checkAt({ topic_url: url, client }, { backend, clients, logger }) {
    return backend
      ? thrownFaults([() => findPlace({ option: OPTION, url, client }, 'publish', { backend, clients, logger })])
      : [];
  },

  transport({ topic_url: url, client, connect_at_start }, scope) {
    const { driver, place } = findPlace({ option: OPTION, url, client }, 'publish', scope);
    const topic = driver.publisher?.(place) as Publisher;
    return publishTo(topic, scope, connect_at_start, ({ body, headers }) => ({
      body: body ?? Buffer.alloc(0),
      headers: toMetadata(headers),
    }));
  },
});

/** A confirmed message has nothing to say: it adds nothing to the answer, which is complete. */
const CONFIRMED: BackendResponse = { status: 200, headers: NO_HEADERS, body: Buffer.alloc(0) };

/** The layer in front of a topic: bounded, and answering nothing but confirmations. */
export function publishTo<M extends Outgoing>(
  topic: Publisher<M>,
  scope: BackendScope,
  connectAtStart: boolean,
  toMessage: (request: BufferedRequest) => M,
): TransportMiddleware {
  const { backend, onClose, onReady, logger } = scope;
  /** Also counts messages whose request has ended without a confirmation: the client library still holds those. */
  let unconfirmed = 0;
  onClose(() => topic.close());
  onReady(() => topic.open());
  if (connectAtStart) topic.open().catch((err) => logger.error({ err, at: backend.at }, 'a broker cannot be reached'));

  return callWithoutHttp(scope, async function publishRequest(request) {
    if (unconfirmed >= backend.max_pending) {
      const message = `${backend.name}: ${unconfirmed} messages still wait for their confirmation; no more are sent`;
      throw new BackendError('ERR_OVERLOADED', message);
    }
    unconfirmed++;
    try {
      const reply = await topic.publish(toMessage(request));
      return reply ? { status: 200, headers: toHeaders(reply.headers), body: reply.body } : CONFIRMED;
    } finally {
      unconfirmed--;
    }
  });
}
