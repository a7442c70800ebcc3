import { pause } from '../../core/signal.js';
import type { Settlement } from '../../transport/transport.js';
import { createAsyncQueue } from './async-queue.js';
import type { Place, Publisher, Received, Subscription } from './driver.js';
import { closing } from './reconnecting.js';

/** Milliseconds that one pull waits at the broker; then the next one asks, as long as a request waits. */
export const WAIT = 5_000;
/** Milliseconds between two pulls that brought nothing: a broker may answer without having waited. */
const PAUSE = 250;
/** Messages whose refusals are remembered. */
const REMEMBERED = 1_000;

/** A message that its broker hides from others until it learns what became of it. */
export interface Lease {
  /** The same each time the message is handed out. */
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** It was used: the broker forgets it. */
  done(): Promise<void>;
  /** The next one may have it, at once. */
  giveBack(): Promise<void>;
  /** It cannot be used. Resolves with what became of it, for the log. */
  giveUp(): Promise<string>;
}

/** Where messages are pulled from. Everything here rejects with a `GatewayError`. */
export interface Source {
  open(): Promise<void>;
  /** Up to `count` messages, or none when there are none for a while. Ends early, somehow, when the signal is aborted. */
  pull(count: number, signal: AbortSignal): Promise<readonly Lease[]>;
  close(): Promise<void>;
}

/** Reads a queue of a cloud: pulls as many messages as requests wait for, and keeps none that no request waits for. */
export function createPulledSubscription({ name, maxAttempts, logger }: Place, source: Source): Subscription {
  const queue = createAsyncQueue<Received>();
  const refusals = new Map<string, number>();
  const end = new AbortController();
  let pulling: Promise<void> | undefined;

  /** One pull at a time, for as long as a request waits. */
  async function pullOn(): Promise<void> {
    try {
      while (queue.waiting > 0 && !end.signal.aborted) {
        const start = performance.now();
        const leases = await source.pull(queue.waiting, end.signal);
        for (const lease of leases) handOut(lease);
        const early = PAUSE - (performance.now() - start);
        if (leases.length === 0 && early > 0) await pause(early, end.signal);
      }
    } catch (thrown) {
      queue.fail(thrown as Error);
    } finally {
      pulling = undefined;
    }
  }

  function handOut(lease: Lease): void {
    if (queue.waiting > 0) queue.put({ body: lease.body, headers: lease.headers, settle: settlerOf(lease) });
    // What fails here comes again all the same, only later.
    else lease.giveBack().catch(ignore);
  }

  function settlerOf(lease: Lease): Received['settle'] {
    return async function settle(settlement: Settlement): Promise<void> {
      const { id } = lease;
      if (settlement === 'used') {
        refusals.delete(id);
        return lease.done();
      }
      const refused = (refusals.get(id) ?? 0) + (settlement === 'refused' ? 1 : 0);
      if (refused > 0) remember(id, refused);
      if (settlement === 'released' || refused < maxAttempts) return lease.giveBack();
      const fate = await lease.giveUp();
      logger.error({ backend: name, messageId: id }, `a message that cannot be used ${fate}`);
    };
  }

  function remember(id: string, refused: number): void {
    refusals.delete(id);
    refusals.set(id, refused);
    const [oldest] = refusals.keys();
    if (refusals.size > REMEMBERED && oldest !== undefined) refusals.delete(oldest);
  }

  return {
    receive(signal) {
      if (end.signal.aborted) return Promise.reject(closing(name));
      const message = queue.take(signal);
      if (queue.waiting > 0) pulling ??= pullOn();
      return message;
    },
    open: source.open,
    async close() {
      end.abort(closing(name));
      queue.fail(closing(name));
      await pulling;
      await source.close();
    },
  };
}

/**
 * Puts a message aside among the dead letters. Without any the broker keeps it: to forget it would go against the policy
 * of its `keeper`, such as "queue". Resolves with what became of it, for the log.
 */
export async function giveUpTo(
  deadLetters: Publisher | undefined,
  { body, headers, done }: Pick<Lease, 'body' | 'headers' | 'done'>,
  keeper: string,
): Promise<string> {
  if (!deadLetters) return `is left to its ${keeper}`;
  await deadLetters.publish({ body, headers });
  await done();
  return 'went to the dead letters';
}

function ignore(): void {}
