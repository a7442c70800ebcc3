import { SNS } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { sns } from '../../../../lib/components/brokers/aws/sns.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import type { GatewayOptions } from '../../../../lib/index.js';
import type { TestGateway } from '../../../../lib/testing/index.js';
import { CREDENTIALS } from '../../../support/aws-signature.js';
import { createPubSubGateway, next, type PubSubSettings, post } from '../../../support/pubsub-gateway.js';
import { type FakeAws, type StoredMessage, snsError, startFakeAws } from '../fake-aws.js';

const ARN = 'arn:aws:sns:eu-west-1:123456789012:orders';

describe('SNS by its SDK', () => {
  let aws: FakeAws;
  const gateways: TestGateway[] = [];
  beforeAll(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.key);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secret);
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  });
  afterAll(() => vi.unstubAllEnvs());
  beforeEach(async () => {
    aws = await startFakeAws();
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    await aws.close();
  });

  function topicOf(arn: string): StoredMessage[] {
    const published: StoredMessage[] = [];
    aws.topics.set(arn, { published });
    return published;
  }
  const urlOf = (arn: string, query = '') => `awssns:///${arn}?endpoint=${aws.endpoint}${query}`;
  function gatewayOf(settings: PubSubSettings, options?: GatewayOptions): TestGateway {
    const gateway = createPubSubGateway(settings, options);
    gateways.push(gateway);
    return gateway;
  }

  test('a publication is in the topic when it is answered, signed for the region of its ARN', async () => {
    const published = topicOf(ARN);
    const { status, text } = await gatewayOf({ publish: urlOf(ARN) }).call(post('{"n":1}'));
    expect([status, text]).toEqual([200, '{}']);
    expect(published).toMatchObject([
      { body: '{"n":1}', attributes: { 'x-tenant': { DataType: 'String', StringValue: 'acme' } } },
    ]);
  });

  test('a topic that keeps an order gets the key as group, or one group for all', async () => {
    const arn = `${ARN}.fifo`;
    const published = topicOf(arn);
    await gatewayOf({ publish: urlOf(arn, '&key_name=X-Tenant') }).call(post('a'));
    await gatewayOf({ publish: urlOf(arn) }).call(post('a'));
    expect(published.map(({ group }) => group)).toEqual(['acme', 'express-tributary']);
    expect(new Set(published.map(({ deduplication }) => deduplication)).size).toBe(2);
  });

  test('what goes into a topic comes out of the queue behind it', async () => {
    const path = '/123456789012/q';
    aws.queue('q');
    aws.topics.set(ARN, { published: [], queue: path });
    const gateway = gatewayOf({
      publish: urlOf(ARN),
      subscribe: `awssqs://${aws.endpoint}${path}?region=eu-west-1`,
      backend: { output_headers: ['X-Tenant'] },
    });
    await gateway.call(post('{"n":0.10}'));
    const { text, headers } = await gateway.call(next);
    expect([text, headers['x-tenant']]).toEqual(['{"n":0.10}', 'acme']);
  });

  test('a refusal is told by its code, and nothing else of it', async () => {
    const gateway = gatewayOf({ publish: urlOf(ARN) });
    const { status, text } = await gateway.call(post('x'));
    expect([status, text]).toEqual([502, expect.stringMatching(/refused the call \(NotFound\w*\)/)]);
    aws.refuse(() => snsError('AuthorizationError', 'geheim'));
    expect((await gateway.call(post('x'))).text).not.toMatch(/geheim|123456789012/);
  });

  test('256 KiB is refused before the call, unless max_size says that the topic takes more', async () => {
    const published = topicOf(ARN);
    const body = 'x'.repeat(2 ** 18);
    const { status, text } = await gatewayOf({ publish: urlOf(ARN) }).call(post(body));
    expect([status, text]).toEqual([413, expect.stringContaining('ERR_REQUEST_BODY_SIZE')]);
    expect(aws.calls).toEqual([]);
    expect((await gatewayOf({ publish: urlOf(ARN, '&max_size=1048576') }).call(post(body))).status).toBe(200);
    expect(published).toHaveLength(1);
  });

  test('an injected client is used, and left open', async () => {
    const published = topicOf(ARN);
    const credentials = { accessKeyId: CREDENTIALS.key, secretAccessKey: CREDENTIALS.secret };
    const mine = new SNS({ region: 'eu-west-1', endpoint: aws.endpoint, credentials });
    const destroy = vi.spyOn(mine, 'destroy');
    const gateway = gatewayOf({ publish: `awssns:///${ARN}`, write: { client: 'mine' } }, { clients: { mine } });
    await gateway.call(post('x'));
    await gateway.close();
    expect([published.length, destroy.mock.calls.length]).toEqual([1, 0]);
    mine.destroy();
  });
});

describe('the URL of a topic', () => {
  test.each([
    ['awssns:///', 'names no topic'],
    ['awssns://orders', 'names no topic of SNS'],
    ['awssns:///arn:aws:sqs:eu-west-1:123456789012:orders', 'names no topic of SNS'],
    [`awssns:///${ARN}?max_size=2097152`, '"max_size"'],
  ])('%s is refused', (text, message) => {
    const url = parseBrokerUrl(text);
    expect(url && sns.faultOf(url, 'publish')).toContain(message);
  });

  test.each([
    `awssns:///${ARN}?region=eu-west-1`,
    `awssns://${ARN}`,
    'awssns:///arn:aws-cn:sns:cn-north-1:123456789012:orders.fifo?key_name=X-Id&awssdk=v2',
  ])('%s is one', (text) => {
    const url = parseBrokerUrl(text);
    expect(url && sns.faultOf(url, 'publish')).toBeUndefined();
  });

  test('there is nothing to read from it', () => {
    expect(() => createPubSubGateway({ subscribe: `awssns:///${ARN}` })).toThrow(/cannot subscribe over "awssns:\/\/"/);
  });
});
