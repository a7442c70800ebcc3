import type { Outgoing, Place, Publisher } from '../driver.js';
import { checkLimits } from '../limits.js';
import { createRedisLink, toError } from './connection.js';

/** Marks the fields of an entry that are headers of the message. */
export const HEADER = 'header:';
export const BODY = 'body';

/** Redis ends the connection over a longer text, unless it is configured otherwise. */
const LIMITS = { broker: 'Redis', bytes: 512 * 2 ** 20 };

/** The fields of an entry, names and values by turns. */
export function toFields({ body, headers }: Outgoing): (string | Buffer)[] {
  return [BODY, body, ...Object.entries(headers).flatMap(([name, value]) => [HEADER + name, value])];
}

/** Appends to a stream. */
export function createRedisPublisher(place: Place): Publisher {
  const { name, url } = place;
  const maxlen = url.query.get('maxlen');
  const target = maxlen === null ? [url.target] : [url.target, 'MAXLEN', '~', maxlen];
  const link = createRedisLink(place, async () => {});

  return {
    async publish(message) {
      checkLimits(LIMITS, message);
      const connection = await link.get();
      try {
        await connection.call('XADD', ...target, '*', ...toFields(message));
        return undefined;
      } catch (thrown) {
        throw toError(name, thrown);
      }
    },
    open: link.open,
    close: link.close,
  };
}
