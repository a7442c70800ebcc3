import { createFakeQueue, type Entry } from './fake-queue.js';

export interface AzureMessage {
  readonly body: unknown;
  readonly contentType?: string;
  readonly sessionId?: string;
  readonly applicationProperties?: Readonly<Record<string, unknown>>;
}
interface Received extends AzureMessage {
  readonly sequenceNumber: string;
  readonly entry: Entry<AzureMessage>;
}
export type AzureAction = 'send' | 'receive' | 'complete' | 'abandon' | 'deadLetter';

export function azureError(code: string, message = 'x'): Error {
  return Object.assign(new Error(message), { name: 'ServiceBusError', code });
}

/** A `ServiceBusClient` as its documentation has it, with one queue behind every name. */
export function createFakeAzure() {
  const queue = createFakeQueue<AzureMessage>();
  const dead: AzureMessage[] = [];
  const reasons: string[] = [];
  const opened: unknown[][] = [];
  const closed: string[] = [];
  let refusal: ((action: AzureAction) => Error | 'silence' | undefined) | undefined;

  /** Runs an action, unless it is refused; a refusal as `closes` closes the sender or receiver, as a lost entity does. */
  async function act<T>(
    actor: { isClosed: boolean },
    action: AzureAction,
    signal: AbortSignal | undefined,
    run: () => T,
  ): Promise<T> {
    const refused = refusal?.(action);
    if (refused === 'silence') {
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(Object.assign(new Error('x'), { name: 'AbortError' }))),
      );
    }
    if (refused) {
      if ('closes' in refused) actor.isClosed = true;
      throw refused;
    }
    if (actor.isClosed) throw Object.assign(new Error('The receiver is closed.'), { name: 'Error' });
    return run();
  }

  function locked(done: boolean): void {
    if (!done) throw azureError('MessageLockLost');
  }

  function createSender(entity: string) {
    const sender = {
      isClosed: false,
      sendMessages: (message: AzureMessage, { abortSignal }: { abortSignal?: AbortSignal } = {}) =>
        act(sender, 'send', abortSignal, () => void queue.put(message)),
      async close() {
        sender.isClosed = true;
        closed.push(`sender of ${entity}`);
      },
    };
    opened.push(['sender', entity]);
    return sender;
  }

  function createReceiver(...address: unknown[]) {
    const { skipParsingBodyAsJson } = address.at(-1) as { skipParsingBodyAsJson?: boolean };
    const receiver = {
      isClosed: false,
      async receiveMessages(
        count: number,
        { maxWaitTimeInMs, abortSignal }: { maxWaitTimeInMs: number; abortSignal: AbortSignal },
      ): Promise<Received[]> {
        const patience = AbortSignal.any([abortSignal, AbortSignal.timeout(maxWaitTimeInMs)]);
        const entries = await act(receiver, 'receive', abortSignal, () => queue.take(count, patience));
        if (abortSignal.aborted) throw Object.assign(new Error('x'), { name: 'AbortError' });
        return entries.map((entry) => {
          const { body } = entry.message;
          const parsed = Buffer.isBuffer(body) && !skipParsingBodyAsJson ? JSON.parse(body.toString()) : body;
          return { ...entry.message, body: parsed, sequenceNumber: entry.id, entry };
        });
      },
      completeMessage: ({ entry }: Received) =>
        act(receiver, 'complete', undefined, () => locked(queue.remove(entry.handle))),
      abandonMessage: ({ entry }: Received) =>
        act(receiver, 'abandon', undefined, () => locked(queue.show(entry.handle))),
      deadLetterMessage: ({ entry }: Received, { deadLetterReason }: { deadLetterReason: string }) =>
        act(receiver, 'deadLetter', undefined, () => {
          locked(queue.remove(entry.handle));
          dead.push(entry.message);
          reasons.push(deadLetterReason);
        }),
      async close() {
        receiver.isClosed = true;
        closed.push('receiver');
      },
    };
    opened.push(['receiver', ...address]);
    return receiver;
  }

  return {
    client: {
      createSender,
      createReceiver,
      async close() {
        closed.push('client');
      },
    },
    queue,
    dead,
    reasons,
    opened,
    closed,
    refuse(how: typeof refusal) {
      refusal = how;
    },
  };
}
