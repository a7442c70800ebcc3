import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import rhea, { type Delivery, type EventContext, type Message, type Sender, type Typed } from 'rhea';
import { createFakeQueue } from './fake-queue.js';

export interface BusMessage {
  readonly body: Buffer;
  readonly contentType?: string | undefined;
  readonly properties?: Record<string, string> | undefined;
}
export interface AmqpError {
  readonly condition: string;
  readonly description: string;
}

type Outcome = (state?: object) => { described(): Typed };
interface Outcomes {
  readonly accepted: Outcome;
  readonly modified: Outcome;
  readonly rejected: Outcome;
}

/** Service Bus by AMQP 1.0 on a loopback port, as its emulator has it: one queue behind every name. */
export async function startFakeServiceBus() {
  const queue = createFakeQueue<BusMessage>();
  const dead: Buffer[] = [];
  const reasons: string[] = [];
  const out = new Map<Delivery, string>();
  const serving = new Set<Sender>();
  const refusals = new Map<'send' | 'complete', AmqpError>();
  const sockets = new Set<Socket>();
  const end = new AbortController();
  // Its types lack the outcomes of messages.
  const amqp = rhea.message as typeof rhea.message & Outcomes;
  const createContainer = rhea.create_container;
  const container = createContainer({ id: 'fake', autoaccept: false });
  container.sasl_server_mechanisms.enable_anonymous();

  /** Hands out messages while there is credit. */
  async function serve(sender: Sender): Promise<void> {
    if (serving.has(sender)) return;
    serving.add(sender);
    while (sender.sendable()) {
      const [entry] = await queue.take(1, end.signal);
      if (!entry) break;
      if (!sender.sendable()) {
        queue.show(entry.handle);
        break;
      }
      const { body, contentType, properties } = entry.message;
      const letter: Message = {
        body: amqp.data_section(body),
        message_annotations: { 'x-opt-sequence-number': Number(entry.id.slice(2)) },
        ...(contentType !== undefined && { content_type: contentType }),
        ...(properties !== undefined && { application_properties: properties }),
      };
      out.set(sender.send(letter, randomBytes(16)), entry.handle);
      // Only then it counts against the credit.
      await new Promise((resolve) => setImmediate(resolve));
    }
    serving.delete(sender);
  }

  container.on('receiver_open', ({ receiver }: EventContext) => receiver?.set_target(receiver.target));
  container.on('sender_open', ({ sender, connection }: EventContext) => {
    sender?.set_source(sender.source);
    // Where the answers go about who may do what.
    if (sender?.source.address === '$cbs') Object.assign(connection, { claims: sender });
  });
  container.on('sendable', ({ sender }: EventContext) => {
    if (sender && sender.source.address !== '$cbs') void serve(sender);
  });
  container.on('sender_draining', ({ sender }: EventContext) => sender?.set_drained(true));
  container.on('message', ({ message, receiver, delivery, connection }: EventContext) => {
    if (!message || !delivery) return;
    if (receiver?.target.address === '$cbs') {
      delivery.accept();
      const { claims } = connection as unknown as { claims: Sender };
      claims.send({
        correlation_id: message.message_id as string,
        body: undefined,
        application_properties: { 'status-code': 200, 'status-description': 'OK' },
      });
      return;
    }
    const refused = refusals.get('send');
    if (refused) {
      delivery.reject({ ...refused });
      return;
    }
    const { body, content_type: contentType, application_properties: properties } = message;
    queue.put({ body: (body as { content: Buffer }).content, contentType, properties });
    delivery.accept();
  });
  container.on('accepted', ({ delivery }: EventContext) => {
    const handle = delivery && out.get(delivery);
    const refused = refusals.get('complete');
    if (!handle) return;
    if (refused) return void delivery.update(true, amqp.rejected({ error: refused }).described());
    queue.remove(handle);
    delivery.update(true, amqp.accepted().described());
  });
  container.on('modified', ({ delivery }: EventContext) => {
    const handle = delivery && out.get(delivery);
    if (!handle) return;
    queue.show(handle);
    delivery.update(true, amqp.modified().described());
  });
  container.on('rejected', ({ delivery }: EventContext) => {
    const handle = delivery && out.get(delivery);
    const entry = queue.entries.find((other) => other.handle === handle);
    if (!handle || !entry) return;
    queue.remove(handle);
    dead.push(entry.message.body);
    const { error } = delivery.remote_state as unknown as { error: { info: { DeadLetterReason: string } } };
    reasons.push(error.info.DeadLetterReason);
    delivery.update(true, amqp.rejected({}).described());
  });
  container.on('disconnected', () => {});

  const server = container.listen({ port: 0, host: '127.0.0.1' }) as Server;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    address: `Endpoint=sb://127.0.0.1:${port}/;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true`,
    queue,
    dead,
    reasons,
    refuse: (what: 'send' | 'complete', error: AmqpError) => void refusals.set(what, error),
    /** Ends every connection, as a network does. */
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      end.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
