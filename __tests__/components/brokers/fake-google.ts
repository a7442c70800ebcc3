import { protos } from '@google-cloud/pubsub';
import { Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js';
import { createFakeQueue, type FakeQueue } from './fake-queue.js';

const { PublishRequest, PublishResponse, PullRequest, PullResponse, AcknowledgeRequest, ModifyAckDeadlineRequest } =
  protos.google.pubsub.v1;
const { Empty } = protos.google.protobuf;

export interface GoogleMessage {
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}
interface Codec<T> {
  decode(bytes: Uint8Array): unknown;
  encode(message: T): { finish(): Uint8Array };
}

function method<Q, A>(service: string, name: string, request: Codec<Q>, answer: Codec<A>) {
  return {
    path: `/google.pubsub.v1.${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: Q) => Buffer.from(request.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (message: A) => Buffer.from(answer.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => answer.decode(bytes),
  };
}
const PUBLISHER = { publish: method('Publisher', 'Publish', PublishRequest, PublishResponse) };
const SUBSCRIBER = {
  pull: method('Subscriber', 'Pull', PullRequest, PullResponse),
  acknowledge: method('Subscriber', 'Acknowledge', AcknowledgeRequest, Empty),
  modifyAckDeadline: method('Subscriber', 'ModifyAckDeadline', ModifyAckDeadlineRequest, Empty),
};
type Reply = (error: { code: number; details: string } | null, answer?: object) => void;

/** Topics and subscriptions of Pub/Sub by gRPC on a loopback port, as the emulator has them: one of each, by one name. */
export async function startFakeGoogle() {
  const queues = new Map<string, FakeQueue<GoogleMessage>>();
  const calls: string[] = [];
  let refusal: ((name: string) => { code: number; details: string } | 'silence' | undefined) | undefined;

  /** Calls are answered by `run`, unless they are refused or name what is not there. */
  function handle<Q>(
    name: string,
    pathOf: (request: Q) => string,
    run: (queue: FakeQueue<GoogleMessage>, request: Q, call: Cancellable) => Promise<object>,
  ) {
    return async function answer(call: Cancellable & { request: Q }, reply: Reply): Promise<void> {
      calls.push(name);
      const refused = refusal?.(name);
      if (refused === 'silence') return;
      const path = pathOf(call.request).replace('/topics/', '/').replace('/subscriptions/', '/');
      const queue = queues.get(path);
      if (refused) reply(refused);
      else if (!queue) reply({ code: status.NOT_FOUND, details: `Resource not found (resource=${path}).` });
      else reply(null, await run(queue, call.request, call));
    };
  }

  const server = new Server();
  server.addService(PUBLISHER as unknown as ServiceDefinition, {
    publish: handle<protos.google.pubsub.v1.PublishRequest>(
      'Publish',
      ({ topic }) => topic,
      async (queue, { messages }) => ({
        messageIds: messages.map(({ data, attributes, orderingKey }) =>
          queue.put({
            data: Buffer.from(data as Uint8Array).toString('latin1'),
            attributes: { ...attributes },
            orderingKey: orderingKey ?? '',
          }),
        ),
      }),
    ),
  });
  server.addService(SUBSCRIBER as unknown as ServiceDefinition, {
    pull: handle<protos.google.pubsub.v1.PullRequest>(
      'Pull',
      ({ subscription }) => subscription,
      async (queue, { maxMessages }, call) => {
        const left = new AbortController();
        call.on('cancelled', () => left.abort());
        const entries = await queue.take(maxMessages, left.signal);
        return {
          receivedMessages: entries.map(({ id, handle: ackId, message }) => ({
            ackId,
            message: { messageId: id, data: Buffer.from(message.data, 'latin1'), attributes: message.attributes },
          })),
        };
      },
    ),
    acknowledge: handle<protos.google.pubsub.v1.AcknowledgeRequest>(
      'Acknowledge',
      ({ subscription }) => subscription,
      async (queue, { ackIds }) => {
        for (const ackId of ackIds) queue.remove(ackId);
        return {};
      },
    ),
    modifyAckDeadline: handle<protos.google.pubsub.v1.ModifyAckDeadlineRequest>(
      'ModifyAckDeadline',
      ({ subscription }) => subscription,
      async (queue, { ackIds, ackDeadlineSeconds }) => {
        for (const ackId of ackDeadlineSeconds === 0 ? ackIds : []) queue.show(ackId);
        return {};
      },
    ),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });

  return {
    host: `127.0.0.1:${port}`,
    calls,
    queue(path: string): FakeQueue<GoogleMessage> {
      const queue = queues.get(path) ?? createFakeQueue<GoogleMessage>();
      queues.set(path, queue);
      return queue;
    },
    /** Answers calls by their name instead of the queues. */
    refuse(how: typeof refusal) {
      refusal = how;
    },
    async close() {
      server.forceShutdown();
    },
  };
}
export type FakeGoogle = Awaited<ReturnType<typeof startFakeGoogle>>;

interface Cancellable {
  on(event: 'cancelled', listener: () => void): unknown;
}
