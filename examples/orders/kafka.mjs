import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { confirm } from './warehouse.mjs';

/** The broker's topics as backends. The gateway finds the broker by `KAFKA_BROKERS`. */
export const kafkaTopics = {
  orders: { 'backend/pubsub/publisher': { topic_url: 'kafka://orders?key_name=X-Order-Id' } },
  confirmations: { 'backend/pubsub/subscriber': { subscription_url: 'kafka://back-office?topic=confirmations' } },
};

/** A topic that is not there cannot be read; those of a real shop are made when it is set up. */
export async function createTopics(brokers) {
  const admin = createClient(brokers, { retry: { initialRetryTime: 100, retries: 2 } }).admin();
  await admin.connect();
  await admin.createTopics({ topics: ['orders', 'confirmations'].map((topic) => ({ topic, numPartitions: 3 })) });
  await admin.disconnect();
}

/** Starts the warehouse, which would be another service, and reads this process' confirmations into its mailbox. */
export async function connectKafka(brokers, mailbox) {
  const kafka = createClient(brokers);
  const producer = kafka.producer();
  await producer.connect();

  const warehouse = await consume(kafka, 'warehouse', 'orders', async ({ key, value }) => {
    const confirmation = JSON.stringify(confirm(String(key), String(value)));
    await producer.send({ topic: 'confirmations', messages: [{ key, value: confirmation }] });
  });
  // A group of its own for each process: each one reads all confirmations and keeps those it waits for.
  const reader = await consume(kafka, `orders-${randomUUID()}`, 'confirmations', async ({ key, value }) => {
    mailbox.deliver(String(key), JSON.parse(String(value)));
  });

  return async function disconnect() {
    await Promise.all([warehouse.disconnect(), reader.disconnect()]);
    await producer.disconnect();
  };
}

function createClient(brokers, options = {}) {
  return new Kafka({ clientId: 'orders-example', brokers, logLevel: logLevel.NOTHING, ...options });
}

/** Resolves once the group reads: what is written from then on is not missed. */
async function consume(kafka, groupId, topic, onMessage) {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  const reads = new Promise((resolve) => consumer.on(consumer.events.FETCH, resolve));
  await consumer.run({ eachMessage: ({ message }) => onMessage(message) });
  await reads;
  return consumer;
}
