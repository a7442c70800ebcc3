import { randomUUID } from 'node:crypto';
import { lazyPeer } from '../peer.js';
import {
  type Attribute,
  type AwsCall,
  asCounted,
  callAws,
  createAwsLink,
  LARGEST,
  ONE_ORDER,
  toAttributes,
} from './aws.js';
import type { BrokerUrl, Driver, Place, Publisher } from './driver.js';
import { checkLimits, createKeyReader, maxSizeFault, maxSizeOf } from './limits.js';

const peer = lazyPeer('@aws-sdk/client-sns', '"awssns://"', () => import('@aws-sdk/client-sns'));

const ARN = /^\/?(arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[\w-]{1,256}(\.fifo)?)$/;
/** What a topic takes unless its `MaximumMessageSize` says otherwise. */
const USUAL_SIZE = 2 ** 18;

/** What is used of the client `SNS`. */
interface SnsClient {
  readonly publish: AwsCall<{
    TopicArn: string;
    Message: string;
    MessageAttributes: Record<string, Attribute>;
    MessageGroupId?: string;
    MessageDeduplicationId?: string;
  }>;
}

/** Topics of AWS SNS, to write: `awssns:///arn:aws:sns:eu-west-1:123456789012:orders`. */
export const sns: Driver = {
  peers: [peer],
  clientHas: ['publish'],
  parameters: { publish: ['region', 'endpoint', 'key_name', 'max_size', 'awssdk'], subscribe: [] },

  faultOf(url) {
    if (url.target.replace('/', '') === '') return 'names no topic';
    if (!topicOf(url)) return 'names no topic of SNS: "awssns:///" and its ARN are needed';
    return maxSizeFault(url, LARGEST);
  },
  publisher: createSnsPublisher,
};

function topicOf({ target, query }: BrokerUrl) {
  const [, arn, region, fifo] = ARN.exec(target) ?? [];
  return arn === undefined ? undefined : { arn, region: query.get('region') ?? region, isFifo: fifo !== undefined };
}

function createSnsPublisher(place: Place): Publisher {
  const { name, url, timeout } = place;
  const { arn = '', region, isFifo } = topicOf(url) ?? {};
  const endpoint = url.query.get('endpoint') ?? undefined;
  const keyOf = createKeyReader(url);
  const limits = { broker: 'SNS', bytes: maxSizeOf(url, USUAL_SIZE), needsBody: true };
  const link = createAwsLink<SnsClient>(
    place,
    { region, endpoint },
    async (settings) => new (await peer.load()).SNS(settings),
  );

  return {
    async publish(message) {
      const { text, attributes } = toAttributes(message);
      checkLimits(limits, asCounted(text, attributes));
      const key = keyOf(message) ?? (isFifo ? ONE_ORDER : undefined);
      const client = await link.get();
      const input = {
        TopicArn: arn,
        Message: text,
        MessageAttributes: attributes,
        ...(key !== undefined && { MessageGroupId: key }),
        ...(isFifo && { MessageDeduplicationId: randomUUID() }),
      };
      await callAws(name, timeout, (options) => client.publish(input, options));
      return undefined;
    },
    async open() {
      await link.get();
    },
    close: link.close,
  };
}
