import { z } from 'zod';
import { defineComponent } from '../../component.js';
import { thrownFaults } from '../../thrown-faults.js';
import { maxAttempts } from '../options.js';
import { receiveFrom } from '../subscriber.js';
import { placeOf } from './place.js';
import { createAmqpSubscription } from './subscription.js';
import { amqpName, checkTopology, topology } from './topology.js';

const DEFAULT_PREFETCH = 10;

const schema = z.strictObject({
  ...topology,
  name: amqpName()
    .min(1)
    .meta({ description: 'The queue.', examples: ['orders'] }),
  exchange: amqpName()
    .default('')
    .meta({ description: 'Declared as a topic, for the queue to be bound to.', examples: ['shop'] }),
  routing_key: z
    .array(amqpName())
    .default([])
    .meta({ description: 'What the queue gets of the exchange.', examples: [['order.*']] }),
  no_local: z
    .boolean()
    .default(false)
    .meta({ description: 'Accepted; RabbitMQ knows no difference.', examples: [false] }),
  prefetch_count: z
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .meta({ description: 'Unanswered messages this gateway may hold; 0 for 10.', examples: [20] }),
  prefetch_size: z
    .literal(0)
    .default(0)
    .meta({ description: 'RabbitMQ has none; must be 0.', examples: [0] }),
  auto_ack: z
    .boolean()
    .default(false)
    .meta({
      description: 'The broker forgets a message when it hands it out; what is lost after that is lost.',
      examples: [true],
    }),
  nack_discard: z
    .boolean()
    .default(false)
    .meta({ description: 'Give back what cannot be decoded the first time.', examples: [true] }),
  max_attempts: maxAttempts,
});

/** Messages of a RabbitMQ queue as backends: each request takes one, or waits for one until its deadline. */
export const amqpConsumer = defineComponent({
  namespace: 'backend/amqp/consumer',
  aliases: ['github.com/devopsfaith/krakend-amqp/consume'],
  schema,
  replacesWire: true,
  check: checkTopology,
  checkAt: ({ client }, { backend, clients }) =>
    backend ? thrownFaults([() => placeOf(client, { backend, clients })]) : [],

  transport(config, scope) {
    const { name: queue, exchange, durable, exclusive, delete: autoDelete } = config;
    const subscription = createAmqpSubscription({
      ...placeOf(config.client, scope),
      queue,
      prefetch: config.prefetch_count || DEFAULT_PREFETCH,
      consume: { noAck: config.auto_ack, exclusive, noLocal: config.no_local },
      maxAttempts: config.nack_discard ? 1 : config.max_attempts,
      logger: scope.logger,
      async prepare(channel) {
        await channel.assertQueue(queue, { durable, exclusive, autoDelete });
        if (exchange === '') return;
        await channel.assertExchange(exchange, 'topic', { durable, autoDelete });
        for (const key of config.routing_key) await channel.bindQueue(queue, exchange, key);
      },
    });
    return receiveFrom(subscription, scope, config.connect_at_start);
  },
});
