import { z } from 'zod';
import { countOr, flag } from '../../../config/fields.js';
import { defineComponent } from '../../component.js';
import { thrownFaults } from '../../thrown-faults.js';
import { maxAttempts } from '../options.js';
import { receiveFrom } from '../subscriber.js';
import { placeOf } from './place.js';
import { createAmqpSubscription } from './subscription.js';
import { amqpName, checkTopology, topology } from './topology.js';

const schema = z.strictObject({
  name: amqpName()
    .min(1)
    .meta({ description: 'The queue, which is declared.', examples: ['orders'] }),
  exchange: amqpName()
    .default('')
    .meta({
      description: 'The exchange that the queue is bound to, declared as a `topic`.',
      examples: ['shop'],
    }),
  routing_key: z
    .array(amqpName())
    .default([])
    .meta({ description: 'What the queue gets of the exchange.', examples: [['order.*']] }),
  prefetch_count: countOr(10, 65_535).meta({
    description: 'Messages that this gateway may hold unanswered; 0 means the default.',
    label: '0 to 65,535',
    examples: [20],
  }),
  auto_ack: flag().meta({
    description: 'The broker forgets a message when it hands it out; what is lost after that is lost.',
    examples: [true],
  }),
  max_attempts: maxAttempts('it is rejected, and goes where the queue sends its dead letters'),
  nack_discard: flag().meta({ description: 'The same as `max_attempts: 1`.', examples: [true] }),
  exclusive: flag().meta({ description: 'The queue belongs to this connection alone.', examples: [true] }),
  ...topology,
  no_local: flag().meta({
    description: 'Without effect: RabbitMQ knows no difference.',
    isIdle: true,
    examples: [true],
  }),
  prefetch_size: z
    .literal(0)
    .default(0)
    .meta({ description: 'RabbitMQ has none; must be 0.', isIdle: true, examples: [0] }),
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
      prefetch: config.prefetch_count,
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
