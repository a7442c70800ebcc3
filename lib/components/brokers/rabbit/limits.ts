import { RequestError } from '../../../errors.js';
import type { AmqpMessage } from './publisher.js';

/** Bytes of a short string of AMQP, in UTF-8. The client library writes a longer one all the same, with a wrong length. */
export const SHORT_STRING = 255;
/** Bytes of all that is said about one message: it has to fit into one frame, and into the buffer of the client library. */
const PROPERTIES = 60_000;

/** Whether it fits into a short string of AMQP. */
export function isShort(text: string): boolean {
  return Buffer.byteLength(text) <= SHORT_STRING;
}

/**
 * Refuses what cannot be written as AMQP, before anything is: a broker ends the connection over it, and with that the
 * messages of all others which wait for their confirmation.
 *
 * @throws RequestError that says what is too long
 */
export function checkMessage({ routingKey, headers, options: { replyTo, messageId, contentType } }: AmqpMessage): void {
  checkShort('The routing key', routingKey, 'ERR_REQUEST_PATH');
  checkShort('The queue for answers', replyTo, 'ERR_REQUEST_PATH');
  checkShort('The id of the message', messageId, 'ERR_REQUEST_PATH');
  checkShort('The header "content-type"', contentType, 'ERR_REQUEST_HEADERS');
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    checkShort('The name of a header', name, 'ERR_REQUEST_HEADERS');
    // Before each value, AMQP has its length and its type.
    size += name.length + Buffer.byteLength(value) + 6;
  }
  if (size <= PROPERTIES) return;
  throw new RequestError('ERR_REQUEST_HEADERS', `The headers are larger than AMQP takes: ${PROPERTIES} bytes.`);
}

function checkShort(what: string, text: string | undefined, code: 'ERR_REQUEST_PATH' | 'ERR_REQUEST_HEADERS'): void {
  if (text === undefined || isShort(text)) return;
  throw new RequestError(code, `${what} is longer than AMQP takes: ${SHORT_STRING} bytes.`);
}
