import { z } from 'zod';
import type { TransportMiddleware } from '../../transport/transport.js';
import { type BackendScope, defineComponent } from '../component.js';
import { callWithoutHttp } from '../non-http-backend.js';
import { thrownFaults } from '../thrown-faults.js';
import type { Subscription } from './driver.js';
import { toHeaders } from './metadata.js';
import { client, connectAtStart, maxAttempts } from './options.js';
import { type Connection, findPlace } from './place.js';

const schema = z.strictObject({
  subscription_url: z.string().meta({
    description: 'What to read, such as `kafka://group?topic=orders`.',
    examples: ['kafka://shop?topic=orders'],
  }),
  client: client('The name of a client in `options.clients`, for anything the variables cannot say.', 'kafka'),
  connect_at_start: connectAtStart('request'),
  max_attempts: maxAttempts('it goes to `dead_letter`'),
  dead_letter: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'The topic such messages go to after that; without it they are dropped, and their place is logged, unless the queue of a cloud keeps them.',
      more: 'See [queues of a cloud](#queues-of-a-cloud).',
      examples: ['orders-unread'],
    }),
});

/** Messages of a broker as backends: each request takes one, or waits for one until its deadline. */
export const subscriber = defineComponent({
  namespace: 'backend/pubsub/subscriber',
  aliases: ['github.com/devopsfaith/krakend-pubsub/subscriber'],
  schema,
  replacesWire: true,

  checkAt(config, { backend, clients, logger }) {
    return backend
      ? thrownFaults([() => findPlace(connectionOf(config), 'subscribe', { backend, clients, logger })])
      : [];
  },

  transport(config, scope) {
    const { driver, place } = findPlace(connectionOf(config), 'subscribe', scope);
    return receiveFrom(driver.subscription?.(place) as Subscription, scope, config.connect_at_start);
  },
});

function connectionOf(config: z.output<typeof schema>): Connection {
  const { subscription_url: url, client, max_attempts: maxAttempts, dead_letter: deadLetter } = config;
  const option = 'extra_config["backend/pubsub/subscriber"].subscription_url';
  return { option, url, client, maxAttempts, deadLetter };
}

/** The layer in front of a subscription: one message for each request, settled when it has become an answer. */
export function receiveFrom(
  subscription: Subscription,
  scope: BackendScope,
  connectAtStart: boolean,
): TransportMiddleware {
  const { backend, onClose, onReady, logger } = scope;
  onClose(() => subscription.close());
  onReady(() => subscription.open());
  if (connectAtStart) {
    subscription.open().catch((err) => logger.error({ err, at: backend.at }, 'a broker cannot be reached'));
  }

  return callWithoutHttp(scope, async function receiveMessage({ signal }) {
    const { body, headers, settle } = await subscription.receive(signal);
    return { status: 200, headers: toHeaders(headers), body, settle };
  });
}
