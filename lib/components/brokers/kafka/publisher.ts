import type { Producer } from 'kafkajs';
import { RequestError } from '../../../errors.js';
import type { Place, Publisher } from '../driver.js';
import { createReconnecting } from '../reconnecting.js';
import { connectToKafka, isTooLarge, toError } from './connection.js';

/**
 * Each publication is written at most once. The idempotent producer of kafkajs is not used for that: it gives the number
 * of a message that failed to the next one, which the broker then takes for a repetition and confirms without storing it.
 */
const WRITE_ONCE = { retry: { retries: 0 } };

/** Writes to a topic. */
export function createKafkaPublisher(place: Place): Publisher {
  const { name, timeout } = place;
  const { target: topic, query } = place.url;
  const keyName = query.get('key_name')?.toLowerCase();
  const idempotent = query.get('idempotent') === 'true';
  const link = createReconnecting<Producer>({
    name,
    async open() {
      const producer = (await connectToKafka(place)).producer(idempotent ? WRITE_ONCE : {});
      await producer.connect();
      return producer;
    },
    close: (producer) => producer.disconnect(),
  });

  return {
    async publish({ body, headers }) {
      const producer = await link.get();
      const key = keyName === undefined ? undefined : headers[keyName];
      try {
        await producer.send({ topic, acks: -1, timeout, messages: [{ value: body, headers, key: key ?? null }] });
        return undefined;
      } catch (thrown) {
        if (!isTooLarge(thrown)) throw toError(name, thrown);
        throw new RequestError('ERR_REQUEST_BODY_SIZE', 'The request is larger than its topic takes.');
      }
    },
    open: link.open,
    close: link.close,
  };
}
