import type { ConfirmChannel, Options } from 'amqplib';
import { BackendError } from '../../../errors.js';
import type { Outgoing, Publisher } from '../driver.js';
import { createReconnecting, unreachable } from '../reconnecting.js';
import { type AmqpPlace, type Opened, openChannel } from './connection.js';
import { checkMessage } from './limits.js';

/** What is said about a message; `undefined` says nothing. */
export type MessageOptions = { readonly [K in keyof Options.Publish]?: Options.Publish[K] | undefined };

/** A message, and where on the broker it goes. */
export interface AmqpMessage extends Outgoing {
  readonly routingKey: string;
  readonly options: MessageOptions;
}

export interface AmqpTopic extends AmqpPlace {
  readonly exchange: string;
  /** True where a message that reaches no queue is a failure. */
  readonly mandatory: boolean;
  /** Declares what the exchange needs. */
  prepare(channel: ConfirmChannel): Promise<void>;
}

/** Marks a message for as long as it is out, so that one the broker returns can be told from the others. */
const MARK = 'x-publication';

/** Writes to an exchange; each message is confirmed by the broker. */
export function createAmqpPublisher(topic: AmqpTopic): Publisher<AmqpMessage> {
  const { name, exchange, mandatory } = topic;
  const returned = new Set<number>();
  let count = 0;

  const link = createReconnecting<Opened<ConfirmChannel>>({
    name,
    async open(onEnd) {
      const opened = await openChannel(topic, (connection) => connection.createConfirmChannel(), onEnd);
      opened.channel.on('return', ({ properties }) => returned.add(Number(properties.headers?.[MARK])));
      try {
        await topic.prepare(opened.channel);
      } catch {
        await opened.close();
        throw opened.refusal() ?? unreachable(name);
      }
      return opened;
    },
    close: (opened) => opened.close(),
  });

  function send({ channel, refusal }: Opened<ConfirmChannel>, message: AmqpMessage): Promise<void> {
    const { body, headers, routingKey } = message;
    const mark = count++;
    const options: MessageOptions = {
      // A confirmed message has to outlive the broker.
      persistent: true,
      ...message.options,
      headers: mandatory ? { ...headers, [MARK]: mark } : headers,
      mandatory,
    };
    return new Promise<void>(function untilConfirmed(resolve, reject) {
      function onConfirm(error: unknown): void {
        if (returned.delete(mark)) {
          reject(new BackendError('ERR_BACKEND_STATUS', `${name}: the message reaches no queue`));
        } else if (error) reject(refusal() ?? failureOf(error));
        else resolve();
      }
      try {
        channel.publish(exchange, routingKey, body, options as Options.Publish, onConfirm);
      } catch {
        reject(refusal() ?? unreachable(name));
      }
    });
  }

  function failureOf(error: unknown): BackendError {
    const isNack = error instanceof Error && error.message === 'message nacked';
    if (isNack) return new BackendError('ERR_BACKEND_STATUS', `${name}: its broker refused the message`);
    return unreachable(name);
  }

  return {
    async publish(message) {
      checkMessage(message);
      await send(await link.get(), message);
      return undefined;
    },
    open: link.open,
    close: link.close,
  };
}
