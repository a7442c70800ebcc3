import { SQS } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { sqs } from '../../../../lib/components/brokers/aws/sqs.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';
import type { GatewayOptions } from '../../../../lib/index.js';
import { type Logger, silentLogger } from '../../../../lib/logger.js';
import type { TestGateway } from '../../../../lib/testing/index.js';
import { describePulledBroker } from '../../../contracts/pubsub.js';
import { CREDENTIALS } from '../../../support/aws-signature.js';
import { createPubSubGateway, next, type PubSubSettings, post } from '../../../support/pubsub-gateway.js';
import { type FakeAws, sqsError, startFakeAws } from '../fake-aws.js';

const ARN = 'arn:aws:sns:eu-west-1:123456789012:orders';
const ACTIONS = { write: 'SendMessage', acknowledge: 'DeleteMessage' };

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.key);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secret);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
});
afterAll(() => vi.unstubAllEnvs());

describePulledBroker('SQS', async () => {
  const aws = await startFakeAws();
  const url = `awssqs://http://${aws.host}/123456789012/orders?region=eu-west-1`;
  const queue = aws.queue('orders');
  const dead = aws.queue('orders-unread');
  return {
    publish: url,
    subscribe: url,
    deadLetter: 'orders-unread',
    put: (body) => void queue.put({ body, attributes: {} }),
    kept: () => queue.entries.map(({ message, isHidden }) => ({ body: message.body, isHidden })),
    dead: () => dead.entries.map(({ message }) => message.body),
    refuse: (what, secret) =>
      aws.refuse(({ action }) => (action === ACTIONS[what] ? sqsError('OverLimit', secret) : undefined)),
    close: aws.close,
  };
});

describe('SQS by its SDK', () => {
  let aws: FakeAws;
  const gateways: TestGateway[] = [];
  beforeEach(async () => {
    aws = await startFakeAws();
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    await aws.close();
  });
  const urlOf = (queue: string, query = '') =>
    `awssqs://http://${aws.host}/123456789012/${queue}?region=eu-west-1${query}`;

  function gatewayOf(settings: PubSubSettings, options?: GatewayOptions): TestGateway {
    const gateway = createPubSubGateway(settings, options);
    gateways.push(gateway);
    return gateway;
  }

  test('headers are attributes; a body that is no text goes as base64, and comes back as it was', async () => {
    const queue = aws.queue('q');
    const gateway = gatewayOf({ publish: urlOf('q'), subscribe: urlOf('q'), backend: { encoding: 'string' } });
    for (const body of [Buffer.from('a\u0001b'), Buffer.from('grün\n'), Buffer.from([0xff, 0xfe, 0])]) {
      await gateway.call(post(body, { 'x-tenant': 'acme', 'x-a': '' }));
    }
    expect(
      queue.entries.map(({ message }) => [message.body, message.attributes['base64encoded']?.StringValue]),
    ).toEqual([
      ['YQFi', 'true'],
      ['grün\n', undefined],
      ['//4A', 'true'],
    ]);
    const [first] = queue.entries;
    expect(first?.message.attributes).toMatchObject({ 'x-tenant': { DataType: 'String', StringValue: 'acme' } });
    expect(first?.message.attributes).not.toHaveProperty('x-a');
    const { body, headers } = await gateway.call(next);
    expect([body, 'base64encoded' in headers]).toEqual([{ content: 'a\u0001b' }, false]);
  });

  test('a message stays hidden for half a minute, or ten seconds more than the deadline', async () => {
    for (const name of ['a', 'b']) aws.queue(name).put({ body: '{}', attributes: {} });
    await gatewayOf({ subscribe: urlOf('a') }).call(next);
    await gatewayOf({ subscribe: urlOf('b'), backend: { timeout: '5s' } }).call(next);
    const asked = aws.calls.filter(({ action }) => action === 'ReceiveMessage').map(({ input }) => input);
    expect(asked[0]).toMatchObject({ VisibilityTimeout: 30, WaitTimeSeconds: 5, MaxNumberOfMessages: 1 });
  });

  test('a queue that keeps an order gets the key as group, or one group for all', async () => {
    aws.queue('q.fifo');
    await gatewayOf({ publish: urlOf('q.fifo', '&key_name=X-Tenant') }).call(post('a'));
    await gatewayOf({ publish: urlOf('q.fifo') }).call(post('a'));
    const [first, second] = aws.queue('q.fifo').entries.map(({ message }) => message);
    expect([first?.group, second?.group]).toEqual(['acme', 'express-tributary']);
    expect(first?.deduplication).toMatch(/^[\da-f-]{36}$/);
    expect(second?.deduplication).not.toBe(first?.deduplication);
  });

  test('a notification of SNS is unwrapped, unless raw=true', async () => {
    const notification = JSON.stringify({
      Type: 'Notification',
      TopicArn: ARN,
      Message: '{"n":1}',
      MessageAttributes: { 'x-tenant': { Type: 'String', Value: 'acme' }, odd: null },
    });
    for (let n = 0; n < 2; n++) aws.queue('q').put({ body: notification, attributes: {} });
    const backend = { output_headers: ['X-Tenant'] };
    const unwrapped = await gatewayOf({ subscribe: urlOf('q'), backend }).call(next);
    expect([unwrapped.text, unwrapped.headers['x-tenant']]).toEqual(['{"n":1}', 'acme']);
    const raw = await gatewayOf({ subscribe: urlOf('q', '&raw=true') }).call(next);
    expect(raw.body).toMatchObject({ TopicArn: ARN, Message: '{"n":1}' });
  });

  test.each(['{"TopicArn":1,"Message":"a"}', '{"TopicArn":"a"}'])('%s only looks like one', async (body) => {
    aws.queue('q').put({ body, attributes: {} });
    expect((await gatewayOf({ subscribe: urlOf('q') }).call(next)).text).toBe(body);
  });

  test('N02 without dead letters, poison is left to the redrive policy of its queue, and logged', async () => {
    const logged: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (...entry: unknown[]) => void logged.push(entry) };
    const queue = aws.queue('q');
    queue.put({ body: 'poison', attributes: {} });
    const gateway = gatewayOf({ subscribe: urlOf('q'), read: { max_attempts: 1 } }, { logger });
    expect((await gateway.call(next)).status).toBe(502);
    await vi.waitFor(() => expect(JSON.stringify(logged)).toContain('is left to its queue'));
    expect(queue.entries).toMatchObject([{ isHidden: true, handedOut: 1 }]);
  });

  test.each([
    ['no body', '', {}, 400, 'ERR_REQUEST_BODY"'],
    ['more than 1 MiB', 'x'.repeat(2 ** 20), {}, 413, 'ERR_REQUEST_BODY_SIZE'],
    ['more than max_size', 'x'.repeat(1_990), { 'x-0': 'y' }, 413, 'ERR_REQUEST_BODY_SIZE'],
    ['more than 1 MiB in base64', Buffer.alloc(800_000, 0xff), {}, 413, 'ERR_REQUEST_BODY_SIZE'],
    [
      'eleven headers',
      'x',
      Object.fromEntries([...'0123456789a'].map((n) => [`x-${n}`, n])),
      431,
      'ERR_REQUEST_HEADERS',
    ],
  ])('%s is refused before the call', async (what, body, headers, status, text) => {
    aws.queue('q');
    const gateway = gatewayOf({
      publish: urlOf('q', what.includes('max_size') ? '&max_size=2000' : ''),
      input_headers: [...'0123456789a'].map((n) => `X-${n}`),
    });
    const answer = await gateway.call(post(body, headers));
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)]);
    expect(aws.calls).toEqual([]);
  });

  test('a broker that does not answer ends with the deadline; one that is not there fails by name', async () => {
    aws.queue('q');
    aws.refuse(() => ({ isSilent: true }));
    const silent = await gatewayOf({ publish: urlOf('q'), backend: { timeout: '100ms' } }).call(post('x'));
    expect([silent.status, silent.text]).toEqual([504, expect.stringContaining('TIMEOUT')]);
    const lost = await gatewayOf({ publish: 'awssqs://http://127.0.0.1:1/1/q?region=eu-west-1' }).call(post('x'));
    expect([lost.status, lost.text]).toEqual([502, expect.stringContaining('ERR_BACKEND_CONNECTION')]);
    expect(lost.text).not.toContain('127.0.0.1');
  });

  test('a queue that is not there is a refusal', async () => {
    const { text } = await gatewayOf({ subscribe: urlOf('none') }).call(next);
    expect(text).toContain('refused the call (QueueDoesNotExist)');
  });

  test('without credentials the call says what to set', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    try {
      aws.queue('q');
      const { text } = await gatewayOf({ publish: urlOf('q') }).call(post('x'));
      expect(text).toContain('there are no credentials for AWS; set the usual variables');
    } finally {
      vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.key);
    }
  });

  test('an injected client is used, and left open', async () => {
    aws.queue('q').put({ body: '{"n":1}', attributes: {} });
    const credentials = { accessKeyId: CREDENTIALS.key, secretAccessKey: CREDENTIALS.secret };
    const mine = new SQS({ region: 'eu-west-1', endpoint: aws.endpoint, credentials });
    const gateway = gatewayOf({ subscribe: urlOf('q'), read: { client: 'mine' } }, { clients: { mine } });
    expect((await gateway.call(next)).text).toBe('{"n":1}');
    const destroy = vi.spyOn(mine, 'destroy');
    await gateway.close();
    expect(destroy).not.toHaveBeenCalled();
    mine.destroy();
  });

  test('closing ends the question that is open at the broker', async () => {
    aws.queue('q');
    const gateway = gatewayOf({ subscribe: urlOf('q'), backend: { timeout: '50ms' } });
    await gateway.call(next);
    const start = performance.now();
    await gateway.close();
    expect(performance.now() - start).toBeLessThan(4_000);
  });
});

describe('the URL of a queue', () => {
  test.each([
    ['awssqs://orders', 'names no queue of SQS'],
    ['awssqs://sqs.eu-west-1.amazonaws.com/1/a b', 'names no queue of SQS'],
    ['awssqs://localhost:4566/000000000000/orders', 'names no region'],
    ['awssqs://sqs.eu-west-1.amazonaws.com/1/q?max_size=1', '"max_size"'],
    ['awssqs://sqs.eu-west-1.amazonaws.com/1/q?max_size=1048577', '"max_size"'],
    ['awssqs://sqs.eu-west-1.amazonaws.com/1/q?raw=1', '"raw"'],
  ])('%s is refused', (text, message) => {
    const url = parseBrokerUrl(text);
    expect(url && sqs.faultOf(url, 'publish')).toContain(message);
  });

  test.each([
    'awssqs://sqs.us-east-2.amazonaws.com/123456789012/orders?region=us-east-2',
    'awssqs://https://sqs.us-east-2.amazonaws.com/123456789012/orders',
    'awssqs://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders.fifo?max_size=2000',
    'awssqs://vpce-1a.sqs.eu-central-1.vpce.amazonaws.com/123456789012/orders?awssdk=v2',
    'awssqs://localhost:4566/000000000000/orders?region=eu-west-1',
  ])('%s is one', (text) => {
    const url = parseBrokerUrl(text);
    expect(url && sqs.faultOf(url, 'subscribe')).toBeUndefined();
  });

  test('it may be split as KrakenD has it', () => {
    const settings = {
      publish: 'https://sqs.us-east-2.amazonaws.com/123456789012/orders',
      backend: { host: ['awssqs://'], disable_host_sanitize: true },
    };
    expect(() => createPubSubGateway(settings)).not.toThrow();
  });
});
