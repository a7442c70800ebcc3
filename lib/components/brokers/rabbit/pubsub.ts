import type { Driver, Place } from '../driver.js';
import { type AmqpConnection, type AmqpPlace, amqpPeer } from './connection.js';
import { isShort } from './limits.js';
import { createAmqpPublisher } from './publisher.js';
import { createAmqpSubscription } from './subscription.js';

const DEFAULT_URL = 'amqp://127.0.0.1:5672';
const DEFAULT_PREFETCH = 10;

/** RabbitMQ, by amqplib: `rabbit://exchange` to write, `rabbit://queue?prefetch_count=10` to read. Both must exist. */
export const rabbit: Driver = {
  peers: [amqpPeer],
  clientHas: ['createChannel', 'createConfirmChannel'],
  parameters: { publish: [], subscribe: ['prefetch_count'] },

  faultOf({ target, query }, use) {
    if (target === '') return use === 'publish' ? 'names no exchange' : 'names no queue';
    if (!isShort(target)) return 'names what is longer than AMQP takes: 255 bytes';
    const isCount = /^[1-9]\d{0,4}$/.test(query.get('prefetch_count') ?? '1');
    return isCount ? undefined : 'needs a number from 1 for "prefetch_count"';
  },

  publisher(place) {
    const exchange = place.url.target;
    const topic = createAmqpPublisher({
      ...wireOf(place),
      exchange,
      mandatory: false,
      async prepare(channel) {
        await channel.checkExchange(exchange);
      },
    });
    return {
      ...topic,
      publish: (message) =>
        topic.publish({ ...message, routingKey: '', options: { contentType: message.headers['content-type'] } }),
    };
  },

  subscription(place) {
    const queue = place.url.target;
    return createAmqpSubscription({
      ...wireOf(place),
      queue,
      prefetch: Number(place.url.query.get('prefetch_count') ?? DEFAULT_PREFETCH),
      consume: {},
      maxAttempts: place.maxAttempts,
      logger: place.logger,
      async prepare(channel) {
        await channel.checkQueue(queue);
      },
    });
  },
};

function wireOf({ name, client, connectTimeout }: Place): AmqpPlace {
  const url = process.env['RABBIT_SERVER_URL'] || DEFAULT_URL;
  return { name, url, client: client as AmqpConnection | undefined, connectTimeout };
}
