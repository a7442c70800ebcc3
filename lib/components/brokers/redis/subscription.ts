import type { Redis } from 'ioredis';
import type { Settlement } from '../../../transport/transport.js';
import { type AsyncQueue, createAsyncQueue } from '../async-queue.js';
import type { Place, Received, Subscription } from '../driver.js';
import { answersInTime, closing, type Reconnecting, unreachable } from '../reconnecting.js';
import { createRedisLink, toError } from './connection.js';
import { createGroupMember, type Entry, type GroupMember } from './group.js';
import { toFields } from './publisher.js';

const CLAIM_AFTER = 30;

interface Delivery extends Received {
  readonly id: string;
  /** False when another member may have it by now. */
  isOurs(): boolean;
}

/** Reads a stream as a member of a group: an entry is acknowledged once it is settled as used. */
export function createRedisSubscription(place: Place): Subscription {
  const { name, url } = place;
  const claimAfter = Number(url.query.get('claim_after') ?? CLAIM_AFTER) * 1_000;
  const member = createGroupMember(url.target, url.query.get('group') ?? '', claimAfter);
  const queue = createAsyncQueue<Delivery>();
  let isReading = false;
  let isClosing = false;

  /** For reading, which blocks the connection. */
  const reader = createRedisLink(place, member.create, () => queue.fail(unreachable(name)));
  /** For acknowledging, which must not wait behind a read. */
  const writer = createRedisLink(place, async () => {});
  const shared = { place, claimAfter, member, queue, writer, isClosing: () => isClosing };

  /** One read at a time, for as long as a request waits: what no request waits for stays in the stream. */
  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      const connection = await reader.get();
      while (queue.waiting > 0 && !isClosing) await readOne(connection);
    } catch (thrown) {
      queue.fail(toError(name, thrown));
    } finally {
      isReading = false;
    }
    if (queue.waiting > 0 && !isClosing) void read();
  }

  async function readOne(connection: Redis): Promise<void> {
    const entry = await member.next(connection);
    if (entry) queue.put(createDelivery(entry, shared));
  }

  /** What no request has got here. */
  async function handBack(): Promise<void> {
    const ids = queue.clear().flatMap(({ id, isOurs }) => (isOurs() ? id : []));
    if (ids.length === 0) return;
    const connection = await writer.get();
    await answersInTime(name, member.handBack(connection, ids));
  }

  return {
    receive(signal) {
      const message = queue.take(signal);
      void read();
      return message;
    },
    async open() {
      await reader.get();
    },
    async close() {
      isClosing = true;
      queue.fail(closing(name));
      await reader.close();
      // Without that, they go to other members when claim_after is over.
      await handBack().catch(ignore);
      await writer.close();
    },
  };
}

/** What the deliveries of one subscription have in common. */
interface Shared {
  readonly place: Place;
  readonly claimAfter: number;
  readonly member: GroupMember;
  readonly queue: AsyncQueue<Delivery>;
  readonly writer: Reconnecting<Redis>;
  isClosing(): boolean;
}

/** An entry that a request may have, as long as no other member claims it. */
function createDelivery(
  { id, body, headers }: Entry,
  { place, claimAfter, member, queue, writer, isClosing }: Shared,
): Delivery {
  const { name, maxAttempts, deadLetter, logger } = place;
  const takenAt = performance.now();
  let attempts = 0;
  /** True once an acknowledgement is on its way, and while it is unknown whether it arrived. */
  let isUnsure = false;

  function isOurs(): boolean {
    return performance.now() - takenAt < claimAfter / 2;
  }

  /** What is no longer ours comes again by a claim, if it comes. */
  function handOutAgain(): void {
    if (isOurs() && !isClosing()) queue.put(delivery, 'front');
  }

  /** False when the entry has gone to another member meanwhile. */
  async function acknowledge(connection: Redis): Promise<boolean> {
    // No other member acknowledges what is ours: if it is acknowledged already, we did it.
    const mayBeDone = isUnsure && isOurs();
    isUnsure = true;
    return (await member.acknowledge(connection, id)) || mayBeDone;
  }

  async function settle(settlement: Settlement): Promise<void> {
    if (settlement === 'refused') attempts++;
    if (settlement !== 'used' && attempts < maxAttempts) return handOutAgain();
    let isKnown: boolean;
    try {
      const connection = await writer.get();
      if (settlement === 'refused') {
        if (deadLetter !== undefined) await connection.call('XADD', deadLetter, '*', ...toFields({ body, headers }));
        const fate = deadLetter === undefined ? 'was dropped' : 'went to the dead letters';
        logger.error({ backend: name, messageId: id }, `a message that cannot be used ${fate}`);
      }
      isKnown = await acknowledge(connection);
    } catch (thrown) {
      const error = toError(name, thrown);
      if (settlement === 'used' && error.code === 'ERR_BACKEND_CONNECTION') handOutAgain();
      throw error;
    }
    if (!isKnown) throw unreachable(name);
  }

  const delivery: Delivery = { id, body, headers, isOurs, settle };
  return delivery;
}

function ignore(): void {}
