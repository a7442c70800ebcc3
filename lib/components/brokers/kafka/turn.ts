import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Settlement } from '../../../transport/transport.js';
import type { AsyncQueue } from '../async-queue.js';
import type { Received } from '../driver.js';
import { toHeaders } from '../metadata.js';
import { unreachable } from '../reconnecting.js';
import { toError } from './connection.js';

const HEARTBEAT = 3_000;

export interface Delivery {
  readonly body: Buffer;
  readonly headers: Received['headers'];
  /** The signal is that of the request which got it. */
  settle(settlement: Settlement, signal: AbortSignal): Promise<void>;
}

/** One message out of a partition, from the moment it may be taken. */
export interface Turn {
  readonly message: KafkaMessage;
  /** True from the first attempt to commit it until it is an answer or the broker has refused. */
  readonly mayBeCommitted: boolean;
  /** True when the message is done with, until when its partition waits; false when it was given up. */
  readonly isDone: Promise<boolean>;
  /** Takes it back: it will be read again. */
  letGo(): void;
  /** Lets it go to another member of the group. */
  giveBack(): Promise<void>;
}

export interface TurnOptions {
  /** How messages name the backend. */
  readonly name: string;
  /** How often it is handed out before it is given up. */
  readonly maxAttempts: number;
  readonly queue: AsyncQueue<Delivery>;
  /** Puts a message aside that cannot be used. */
  giveUp(delivery: Delivery): Promise<void>;
  /** It has become an answer, or was put aside, and is committed. */
  onDone(): void;
}

/** Hands a message out. `last` is the one before it in its partition, which may be the same message. */
export function startTurn(
  { name, maxAttempts, queue, giveUp, onDone }: TurnOptions,
  { batch, heartbeat, commitOffsetsIfNecessary }: EachBatchPayload,
  message: KafkaMessage,
  last: Turn | undefined,
): Turn {
  const { topic, partition } = batch;
  const offset = BigInt(message.offset);
  let mayBeCommitted = last?.message.offset === message.offset && last.mayBeCommitted;
  let attempts = 0;
  let isOut = true;
  let resolve: (isDone: boolean) => void = ignore;
  let reject: (reason: unknown) => void = ignore;
  const isDone = new Promise<boolean>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  const delivery: Delivery = {
    body: message.value ?? Buffer.alloc(0),
    headers: toHeaders({ ...message.headers, ...(message.key && { 'kafka-key': message.key }) }),
    settle,
  };
  // The group removes a silent member, however long the clients let us wait.
  const timer = setInterval(() => heartbeat().catch(fail), HEARTBEAT);
  queue.put(delivery);

  function commit(next: bigint): Promise<void> {
    return commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(next) }] }] });
  }

  function end(isSettled: boolean): void {
    isOut = false;
    clearInterval(timer);
    queue.withdraw(delivery);
    resolve(isSettled);
  }

  function fail(thrown: unknown): void {
    reject(thrown);
    end(false);
  }

  async function settle(settlement: Settlement, signal: AbortSignal): Promise<void> {
    const isUsed = settlement === 'used';
    if (settlement === 'refused') attempts++;
    if (!isOut) throw unreachable(name);
    if (!isUsed && attempts < maxAttempts) return queue.put(delivery, 'front');
    const before = mayBeCommitted;
    try {
      if (!isUsed) await giveUp(delivery);
      mayBeCommitted = isUsed;
      await commit(offset + 1n);
    } catch (thrown) {
      const error = toError(name, thrown);
      if (error.code === 'ERR_BACKEND_STATUS') mayBeCommitted = before;
      fail(thrown);
      throw error;
    }
    // Its partition is read once more: the request that gets it then gets it whole.
    if (!isOut) throw unreachable(name);
    // Committed, but the request that waited for it has left.
    if (isUsed && signal.aborted) return queue.put(delivery, 'front');
    mayBeCommitted = false;
    onDone();
    end(true);
  }

  return {
    message,
    get mayBeCommitted() {
      return mayBeCommitted;
    },
    isDone,
    letGo: () => end(false),
    async giveBack() {
      const isCommitted = isOut && mayBeCommitted;
      end(false);
      if (isCommitted) await commit(offset);
    },
  };
}

function ignore(): void {}
