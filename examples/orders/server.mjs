import express from 'express';
import { listen, onExit } from '../support/listen.mjs';
import { createOrderGateway } from './gateway.mjs';
import { connectKafka, createTopics, kafkaTopics } from './kafka.mjs';
import { createMailbox } from './mailbox.mjs';
import { createMemoryTopics } from './memory.mjs';

const brokers = process.env.KAFKA_BROKERS?.split(',');
const mailbox = createMailbox();
const gateway = createOrderGateway(brokers ? kafkaTopics : createMemoryTopics(mailbox), mailbox);

// Where there is no broker, ready() rejects, lists what needs it, and so ends this process.
if (brokers) await createTopics(brokers).catch(() => {});
await gateway.ready();
const disconnect = brokers ? await connectKafka(brokers, mailbox) : () => {};

const { server, url } = await listen(express().use('/api', gateway));

console.log(`The gateway listens at ${url}/api, with ${brokers ? 'Kafka' : 'functions in place of Kafka'}. Try:

  curl -i -X POST -H 'Content-Type: application/json' -d '{"item":"tea","count":2}' ${url}/api/orders
  curl -i ${url}/api/confirmations/next
`);

onExit(async () => {
  server.close();
  await gateway.close({ timeout: 1000 });
  await disconnect();
  server.closeIdleConnections();
});
