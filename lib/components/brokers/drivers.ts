import { sns } from './aws/sns.js';
import { sqs } from './aws/sqs.js';
import { azure } from './azure/azure.js';
import type { Driver } from './driver.js';
import { gcp } from './gcp/gcp.js';
import { kafka } from './kafka/kafka.js';
import { nats } from './nats/nats.js';
import { rabbit } from './rabbit/pubsub.js';
import { redis } from './redis/redis.js';

/** Every kind of broker, by the scheme of its URLs. */
export const drivers: ReadonlyMap<string, Driver> = new Map([
  ['kafka', kafka],
  ['nats', nats],
  ['rabbit', rabbit],
  ['redis', redis],
  ['awssns', sns],
  ['awssqs', sqs],
  ['azuresb', azure],
  ['gcppubsub', gcp],
]);
