import { z } from 'zod';
import { flag } from '../../../config/fields.js';
import type { EndpointConfig } from '../../../config/resolved.js';
import { ConfigError } from '../../../errors.js';
import { type BackendScope, defineComponent } from '../../component.js';
import type { BufferedRequest } from '../../non-http-backend.js';
import { findParam } from '../../path-param.js';
import { thrownFaults } from '../../thrown-faults.js';
import { toMetadata } from '../metadata.js';
import { publishTo } from '../publisher.js';
import { placeOf } from './place.js';
import { createAmqpPublisher } from './publisher.js';
import { amqpName, checkTopology, topology } from './topology.js';

const param = z.string().optional();
const schema = z.strictObject({
  exchange: amqpName()
    .default('')
    .meta({
      description: 'The exchange, declared as a `topic`; without one, messages go to the queue that the key names.',
      examples: ['orders'],
    }),
  routing_key: amqpName()
    .default('')
    .meta({
      description: 'The `{param}` with the routing key; with `static_routing_key` the key itself.',
      examples: ['key'],
    }),
  static_routing_key: flag().meta({
    description: '`routing_key` is the key, and no name of a `{param}`.',
    examples: [true],
  }),
  exp_key: param.meta({
    description: 'The `{param}` with the milliseconds until the message expires.',
    examples: ['ttl'],
  }),
  reply_to_key: param.meta({ description: 'The `{param}` with the queue for replies.', examples: ['replyTo'] }),
  msg_id_key: param.meta({ description: 'The `{param}` with the id of the message.', examples: ['id'] }),
  priority_key: param.meta({ description: 'The `{param}` with the priority of the message.', examples: ['priority'] }),
  mandatory: flag().meta({ description: 'A message that reaches no queue is a failure.', examples: [true] }),
  ...topology,
  exclusive: flag().meta({
    description: 'Without effect: a producer declares no queue.',
    isIdle: true,
    examples: [true],
  }),
  immediate: flag().meta({
    description: 'RabbitMQ has it no more; must be `false`.',
    isIdle: true,
    examples: [false],
  }),
});
const PARAM_KEYS = ['routing_key', 'exp_key', 'reply_to_key', 'msg_id_key', 'priority_key'] as const;
type ProducerConfig = z.output<typeof schema>;

/** Messages to RabbitMQ as backends: the request is published, and answered when the broker has confirmed it. */
export const amqpProducer = defineComponent({
  namespace: 'backend/amqp/producer',
  aliases: ['github.com/devopsfaith/krakend-amqp/produce'],
  schema,
  replacesWire: true,

  check(config, context) {
    const faults = checkTopology(config, context);
    return config.immediate
      ? [...faults, { path: ['immediate'], message: 'RabbitMQ has it no more; remove it' }]
      : faults;
  },

  checkAt(config, { endpoint, backend, clients }) {
    if (!backend) return [];
    const keys = config.static_routing_key ? PARAM_KEYS.filter((key) => key !== 'routing_key') : PARAM_KEYS;
    return thrownFaults([
      () => placeOf(config.client, { backend, clients }),
      ...keys.map((key) => () => paramOf(config, key, endpoint)),
    ]);
  },

  transport(config, scope) {
    const { exchange, durable, delete: autoDelete, mandatory } = config;
    const topic = createAmqpPublisher({
      ...placeOf(config.client, scope),
      exchange,
      mandatory,
      async prepare(channel) {
        if (exchange !== '') await channel.assertExchange(exchange, 'topic', { durable, autoDelete });
      },
    });
    const addressOf = createAddress(config, scope);
    return publishTo(topic, scope, config.connect_at_start, (request) => ({
      body: request.body ?? Buffer.alloc(0),
      headers: toMetadata(request.headers),
      ...addressOf(request),
    }));
  },
});

/** Where a message goes and what is said about it, from the params of its request. */
function createAddress(config: ProducerConfig, { endpoint }: BackendScope) {
  const routingKey = config.static_routing_key ? () => config.routing_key : paramOf(config, 'routing_key', endpoint);
  const expiration = paramOf(config, 'exp_key', endpoint);
  const replyTo = paramOf(config, 'reply_to_key', endpoint);
  const messageId = paramOf(config, 'msg_id_key', endpoint);
  const priority = paramOf(config, 'priority_key', endpoint);

  return function addressOf(request: BufferedRequest) {
    const contentType = request.headers['content-type'];
    const level = wholeNumber(priority(request), 255);
    return {
      routingKey: routingKey(request) ?? '',
      options: {
        timestamp: Math.floor(Date.now() / 1_000),
        contentType: typeof contentType === 'string' ? contentType : undefined,
        expiration: wholeNumber(expiration(request), 2 ** 32 - 1)?.toString(),
        replyTo: replyTo(request),
        messageId: messageId(request),
        ...(level !== undefined && { priority: level }),
      },
    };
  };
}

type ParamKey = (typeof PARAM_KEYS)[number];

/** @throws {ConfigError} when the path has no such param: the message would go somewhere else than it was meant to */
function paramOf(
  config: ProducerConfig,
  key: ParamKey,
  endpoint: EndpointConfig,
): (request: BufferedRequest) => string | undefined {
  const wanted = config[key] ?? '';
  if (wanted === '') return () => undefined;
  const name = findParam(wanted, endpoint);
  if (name !== undefined) return ({ params }) => params[name];
  const advice = key === 'routing_key' ? ', or set static_routing_key' : '';
  throw new ConfigError([
    {
      path: endpoint.at,
      message: `has no {${wanted}} in its path, which ${key} of "backend/amqp/producer" names; add it${advice}.`,
    },
  ]);
}

/** What is no number is left out: over such a value a broker closes the channel that all calls share. */
function wholeNumber(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  return Math.min(Number(text), most);
}
