import { lazyPeer } from '../../../core/peer.js';
import type { BrokerUrl, Driver, Place, Publisher } from '../driver.js';
import { maxSizeFault, maxSizeOf } from '../limits.js';
import { type AwsCall, type AwsMessage, createAwsLink, createAwsPublisher, LARGEST } from './aws.js';

const peer = lazyPeer('@aws-sdk/client-sns', '"awssns://"', () => import('@aws-sdk/client-sns'));

const ARN = /^\/?(arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[\w-]{1,256}(\.fifo)?)$/;
/** What a topic takes unless its `MaximumMessageSize` says otherwise. */
const USUAL_SIZE = 2 ** 18;

/** What is used of the client `SNS`. */
interface SnsClient {
  readonly publish: AwsCall<AwsMessage & { TopicArn: string; Message: string }>;
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
  const { arn = '', region, isFifo = false } = topicOf(place.url) ?? {};
  const endpoint = place.url.query.get('endpoint') ?? undefined;
  const link = createAwsLink<SnsClient>(
    place,
    { region, endpoint },
    async (settings) => new (await peer.load()).SNS(settings),
  );

  return createAwsPublisher(place, {
    link,
    isFifo,
    limits: { broker: 'SNS', bytes: maxSizeOf(place.url, USUAL_SIZE), needsBody: true },
    send: (client, { text, ...input }, options) => client.publish({ ...input, TopicArn: arn, Message: text }, options),
  });
}
