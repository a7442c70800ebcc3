import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Settlement } from '../../../transport/transport.js';
import { createAsyncQueue } from '../async-queue.js';
import type { Place, Received, Subscription } from '../driver.js';
import { toHeaders } from '../metadata.js';
import { answersInTime, closing, unreachable } from '../reconnecting.js';
import { createRedisLink, toError } from './connection.js';
import { BODY, HEADER, toFields } from './publisher.js';

/** Milliseconds that one read waits at the server; then the next one asks, as long as a request waits. */
const READ = 2_000;
const CLAIM_AFTER = 30;

interface Entry {
  readonly id: string;
  readonly fields: readonly Buffer[];
}

interface Delivery extends Received {
  readonly id: string;
  /** False when another member may have it by now. */
  isOurs(): boolean;
}

/** Reads a stream as a member of a group: an entry is acknowledged once it is settled as used. */
export function createRedisSubscription(place: Place): Subscription {
  const { name, url, maxAttempts, deadLetter, logger } = place;
  const stream = url.target;
  const group = url.query.get('group') ?? '';
  const consumer = `express-tributary-${randomUUID()}`;
  const claimAfter = Number(url.query.get('claim_after') ?? CLAIM_AFTER) * 1_000;
  const queue = createAsyncQueue<Delivery>();
  let isReading = false;
  let isClosing = false;
  let nextClaim = 0;

  /** For reading, which blocks the connection. */
  const reader = createRedisLink(place, createGroup, () => queue.fail(unreachable(name)));
  /** For acknowledging, which must not wait behind a read. */
  const writer = createRedisLink(place, async () => {});

  async function createGroup(connection: Redis): Promise<void> {
    try {
      await connection.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
    }
  }

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
    const entry = (await claim(connection)) ?? (await readNext(connection));
    if (entry) queue.put(deliveryOf(entry));
  }

  /** What a member took and never acknowledged; it may have crashed. */
  async function claim(connection: Redis): Promise<Entry | undefined> {
    if (performance.now() < nextClaim) return undefined;
    const reply = await connection.callBuffer('XAUTOCLAIM', stream, group, consumer, claimAfter, '0', 'COUNT', 1);
    const [, entries] = reply as [Buffer, RawEntry[]];
    const entry = toEntry(entries[0]);
    if (!entry) nextClaim = performance.now() + claimAfter / 4;
    return entry;
  }

  async function readNext(connection: Redis): Promise<Entry | undefined> {
    const wait = Math.min(READ, claimAfter);
    const address = ['GROUP', group, consumer, 'COUNT', 1, 'BLOCK', wait, 'STREAMS', stream, '>'];
    const reply = await connection.callBuffer('XREADGROUP', ...address);
    return toEntry(entriesOf(reply)?.[0]);
  }

  function deliveryOf({ id, fields }: Entry): Delivery {
    const takenAt = performance.now();
    const message = toMessage(fields);
    let attempts = 0;
    /** True once an acknowledgement is on its way, and while it is unknown whether it arrived. */
    let isUnsure = false;

    function isOurs(): boolean {
      return performance.now() - takenAt < claimAfter / 2;
    }

    /** What is no longer ours comes again by a claim, if it comes. */
    function handOutAgain(): void {
      if (isOurs() && !isClosing) queue.put(delivery, 'front');
    }

    /** False when the entry has gone to another member meanwhile. */
    async function acknowledge(connection: Redis): Promise<boolean> {
      // No other member acknowledges what is ours: if it is acknowledged already, we did it.
      const mayBeDone = isUnsure && isOurs();
      isUnsure = true;
      const count = await connection.call('XACK', stream, group, id);
      return Number(count) === 1 || mayBeDone;
    }

    async function settle(settlement: Settlement): Promise<void> {
      if (settlement === 'refused') attempts++;
      if (settlement !== 'used' && attempts < maxAttempts) return handOutAgain();
      let isKnown: boolean;
      try {
        const connection = await writer.get();
        if (settlement === 'refused') {
          if (deadLetter !== undefined) await connection.call('XADD', deadLetter, '*', ...toFields(message));
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
    const delivery: Delivery = { ...message, id, isOurs, settle };
    return delivery;
  }

  /** What no request has got here counts as idle for long enough, so that other members claim it at once. */
  async function handBack(): Promise<void> {
    const ids = queue.clear().flatMap(({ id, isOurs }) => (isOurs() ? id : []));
    if (ids.length === 0) return;
    const connection = await writer.get();
    const idle = ['IDLE', claimAfter, 'JUSTID'];
    await answersInTime(name, connection.call('XCLAIM', stream, group, consumer, 0, ...ids, ...idle));
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

function ignore(): void {}

type RawEntry = [id: Buffer, fields: Buffer[] | null];

/** The entries of the one stream that was read: `[stream, entries]` in RESP3, in a list of such pairs in RESP2. */
function entriesOf(reply: unknown): RawEntry[] | undefined {
  const pair = Array.isArray(reply) && Array.isArray(reply[0]) ? reply[0] : reply;
  return Array.isArray(pair) ? pair[1] : undefined;
}

function toEntry(entry: RawEntry | undefined): Entry | undefined {
  // An entry that was deleted while a member had it comes without fields.
  return entry?.[1] ? { id: entry[0].toString(), fields: entry[1] } : undefined;
}

/** The body and headers of an entry; one that others have written, without a body, becomes a JSON object of its fields. */
function toMessage(fields: readonly Buffer[]): { body: Buffer; headers: Record<string, string> } {
  const values = new Map<string, Buffer>();
  for (let index = 0; index + 1 < fields.length; index += 2)
    values.set(String(fields[index]), fields[index + 1] as Buffer);
  const body = values.get(BODY);
  if (!body) {
    const object = Object.fromEntries([...values].map(([name, value]) => [name, value.toString()]));
    return { body: Buffer.from(JSON.stringify(object)), headers: {} };
  }
  const headers = [...values].filter(([name]) => name.startsWith(HEADER));
  return {
    body,
    headers: toHeaders(Object.fromEntries(headers.map(([name, value]) => [name.slice(HEADER.length), value]))),
  };
}
