import type { BrokerUrl, Driver } from '../driver.js';
import { kafkaPeer } from './connection.js';
import { createKafkaPublisher } from './publisher.js';
import { createKafkaSubscription } from './subscription.js';

const TOPIC = /^(?!\.{1,2}$)[\w.-]{1,249}$/;

/**
 * Kafka, by kafkajs. `kafka://topic?key_name=header` to write: `acks=all`, one message a request.
 * `kafka://group?topic=a&topic=b&offset=oldest|newest` to read: a message is committed once it is settled as used.
 */
export const kafka: Driver = {
  peers: [kafkaPeer],
  clientHas: ['producer', 'consumer'],
  hasDeadLetters: true,
  parameters: { publish: ['key_name', 'idempotent'], subscribe: ['topic', 'offset'] },

  faultOf({ target, query }: BrokerUrl, use) {
    if (target === '') return use === 'publish' ? 'names no topic' : 'names no group';
    const topics = use === 'publish' ? [target] : query.getAll('topic').filter((topic) => topic !== '');
    if (!topics.every((topic) => TOPIC.test(topic))) return 'names a topic that Kafka cannot have';
    if (!['true', 'false', null].includes(query.get('idempotent'))) return 'needs "true" or "false" for "idempotent"';
    if (!['oldest', 'newest', null].includes(query.get('offset'))) return 'needs "oldest" or "newest" for "offset"';
    return use === 'subscribe' && !query.get('topic') ? 'names no topic: add "?topic=…"' : undefined;
  },
  publisher: createKafkaPublisher,
  subscription: createKafkaSubscription,
};
