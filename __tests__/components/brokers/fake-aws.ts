import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSigned } from '../../support/aws-signature.js';
import { createFakeQueue, type FakeQueue } from './fake-queue.js';

export interface StoredMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, { DataType: string; StringValue: string }>>;
  readonly group?: string | undefined;
  readonly deduplication?: string | undefined;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Nothing is answered at all. */
  readonly isSilent?: boolean;
}
export interface AwsCall {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Queues by the JSON protocol of SQS and topics by the query protocol of SNS, on a loopback port; calls are signed. */
export async function startFakeAws() {
  const queues = new Map<string, FakeQueue<StoredMessage>>();
  const topics = new Map<string, { published: StoredMessage[]; queue?: string }>();
  const calls: AwsCall[] = [];
  let refusal: ((call: AwsCall) => Answer | undefined) | undefined;

  async function answerSqs(action: string, body: Buffer, left: AbortSignal): Promise<Answer> {
    const input = JSON.parse(body.toString()) as Record<string, unknown>;
    calls.push({ action, input });
    const refused = refusal?.({ action, input });
    if (refused) return refused;
    const queue = queues.get(new URL(String(input['QueueUrl'])).pathname);
    if (!queue) return sqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    switch (action) {
      case 'SendMessage': {
        const text = String(input['MessageBody']);
        const id = queue.put({
          body: text,
          attributes: (input['MessageAttributes'] ?? {}) as StoredMessage['attributes'],
          group: input['MessageGroupId'] as string | undefined,
          deduplication: input['MessageDeduplicationId'] as string | undefined,
        });
        return json({ MessageId: id, MD5OfMessageBody: md5(text) });
      }
      case 'ReceiveMessage': {
        const seconds = Number(input['WaitTimeSeconds'] ?? 0);
        const patience = AbortSignal.any([AbortSignal.timeout(seconds * 1_000), left]);
        const entries = await queue.take(Number(input['MaxNumberOfMessages'] ?? 1), patience);
        const Messages = entries.map(({ id, handle, message }) => ({
          MessageId: id,
          ReceiptHandle: handle,
          Body: message.body,
          MD5OfBody: md5(message.body),
          ...(Object.keys(message.attributes).length > 0 && { MessageAttributes: message.attributes }),
        }));
        return json(Messages.length > 0 ? { Messages } : {});
      }
      case 'DeleteMessage':
        queue.remove(String(input['ReceiptHandle']));
        return json({});
      case 'ChangeMessageVisibility':
        if (input['VisibilityTimeout'] === 0) queue.show(String(input['ReceiptHandle']));
        return json({});
      default:
        return sqsError('InvalidAction', 'no such action');
    }
  }

  function answerSns(form: URLSearchParams): Answer {
    const arn = form.get('TopicArn') ?? '';
    const call = { action: form.get('Action') ?? '', input: Object.fromEntries(form) };
    calls.push(call);
    const refused = refusal?.(call);
    if (refused) return refused;
    const topic = topics.get(arn);
    if (!topic) return snsError('NotFound', `Topic does not exist: ${arn}`);
    const attributes: Record<string, { DataType: string; StringValue: string }> = {};
    for (let n = 1; form.has(`MessageAttributes.entry.${n}.Name`); n++) {
      const prefix = `MessageAttributes.entry.${n}`;
      attributes[String(form.get(`${prefix}.Name`))] = {
        DataType: String(form.get(`${prefix}.Value.DataType`)),
        StringValue: String(form.get(`${prefix}.Value.StringValue`)),
      };
    }
    const body = form.get('Message') ?? '';
    topic.published.push({
      body,
      attributes,
      group: form.get('MessageGroupId') ?? undefined,
      deduplication: form.get('MessageDeduplicationId') ?? undefined,
    });
    if (topic.queue !== undefined) notify(arn, topic.queue, body, attributes);
    const id = randomUUID();
    return {
      headers: { 'content-type': 'text/xml' },
      body: `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId></PublishResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></PublishResponse>`,
    };
  }

  /** What SNS puts into a queue without raw delivery. */
  function notify(arn: string, queue: string, Message: string, attributes: StoredMessage['attributes']): void {
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, { DataType, StringValue }]) => [
        name,
        { Type: DataType, Value: StringValue },
      ]),
    );
    const notification = { Type: 'Notification', MessageId: randomUUID(), TopicArn: arn, Message, MessageAttributes };
    queues.get(queue)?.put({ body: JSON.stringify(notification), attributes: {} });
  }

  async function answer(request: IncomingMessage, body: Buffer, left: AbortSignal): Promise<Answer> {
    const [, sqs] = /^AmazonSQS\.(\w+)$/.exec(String(request.headers['x-amz-target'])) ?? [];
    if (!isSigned(request, body, sqs === undefined ? 'sns' : 'sqs')) {
      return sqs === undefined ? snsError('SignatureDoesNotMatch', 'x') : sqsError('InvalidSecurity', 'x');
    }
    return sqs === undefined ? answerSns(new URLSearchParams(body.toString())) : answerSqs(sqs, body, left);
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    const left = new AbortController();
    response.on('close', () => left.abort());
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const { status = 200, headers, body, isSilent } = await answer(request, Buffer.concat(chunks), left.signal);
      if (isSilent) return;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
      response.end(body ?? '{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    host,
    endpoint: `http://${host}`,
    calls,
    topics,
    queue(name: string): FakeQueue<StoredMessage> {
      const path = `/123456789012/${name}`;
      const queue = queues.get(path) ?? createFakeQueue<StoredMessage>();
      queues.set(path, queue);
      return queue;
    },
    /** Answers calls instead of the queues and topics. */
    refuse(how: typeof refusal) {
      refusal = how;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type FakeAws = Awaited<ReturnType<typeof startFakeAws>>;

export function sqsError(type: string, message: string): Answer {
  return { status: 400, body: JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message }) };
}

export function snsError(code: string, message: string): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return {
    status: 400,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${error}<RequestId>r</RequestId></ErrorResponse>`,
  };
}

function json(value: unknown): Answer {
  return { body: JSON.stringify(value) };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
