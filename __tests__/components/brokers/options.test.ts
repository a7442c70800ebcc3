import { describe, expect, test } from 'vitest';
import { publisher } from '../../../lib/components/brokers/publisher.js';
import { amqpConsumer } from '../../../lib/components/brokers/rabbit/consumer.js';
import { amqpProducer } from '../../../lib/components/brokers/rabbit/producer.js';
import { subscriber } from '../../../lib/components/brokers/subscriber.js';

const WRITES = [
  [publisher, { topic_url: 'kafka://a' }],
  [amqpProducer, {}],
] as const;
const READS = [
  [subscriber, { subscription_url: 'kafka://g?topic=a' }],
  [amqpConsumer, { name: 'a' }],
] as const;

describe.each([...WRITES, ...READS])('$namespace', ({ schema }, settings) => {
  test('a client has a name, and a connection at start is asked for', () => {
    expect(schema.parse(settings)).toMatchObject({ connect_at_start: false });
    expect(schema.safeParse({ ...settings, client: 'mine', connect_at_start: true }).success).toBe(true);
    expect(schema.safeParse({ ...settings, client: '' }).success).toBe(false);
    expect(schema.safeParse({ ...settings, connect_at_start: 'yes' }).success).toBe(false);
  });
});

describe.each(READS)('$namespace', ({ schema }, settings) => {
  test('a message is handed out 1 to 100 times, by default five', () => {
    expect(schema.parse(settings)).toMatchObject({ max_attempts: 5 });
    for (const max_attempts of [1, 100]) expect(schema.safeParse({ ...settings, max_attempts }).success).toBe(true);
    for (const max_attempts of [0, 101, 1.5])
      expect(schema.safeParse({ ...settings, max_attempts }).success).toBe(false);
  });
});
