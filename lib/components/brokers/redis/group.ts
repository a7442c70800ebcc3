import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { toHeaders } from '../metadata.js';
import { BODY, HEADER } from './publisher.js';

/** Milliseconds that one read waits at the server; then the next one asks, as long as a request waits. */
const READ = 2_000;

export interface Entry {
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** One member of a consumer group of a stream: the commands it gives over a connection. */
export interface GroupMember {
  /** Makes the group and the stream, where they are not there yet. */
  create(connection: Redis): Promise<void>;
  /** An entry that another member took and never acknowledged, or the next one; undefined where none comes for a while. */
  next(connection: Redis): Promise<Entry | undefined>;
  /** False when the entry had been acknowledged before. */
  acknowledge(connection: Redis, id: string): Promise<boolean>;
  /** Makes the entries count as idle for long enough, so that other members claim them at once. */
  handBack(connection: Redis, ids: readonly string[]): Promise<void>;
}

/** @param claimAfter milliseconds after which an entry that was taken and not acknowledged goes to another member */
export function createGroupMember(stream: string, group: string, claimAfter: number): GroupMember {
  const consumer = `express-tributary-${randomUUID()}`;
  let nextClaim = 0;

  /** What a member took and never acknowledged; it may have crashed. */
  async function claim(connection: Redis): Promise<Entry | undefined> {
    if (performance.now() < nextClaim) return undefined;
    const reply = await connection.callBuffer('XAUTOCLAIM', stream, group, consumer, claimAfter, '0', 'COUNT', 1);
    const [, entries] = reply as [Buffer, RawEntry[]];
    const entry = toEntry(entries[0]);
    if (!entry) nextClaim = performance.now() + claimAfter / 4;
    return entry;
  }

  async function read(connection: Redis): Promise<Entry | undefined> {
    const wait = Math.min(READ, claimAfter);
    const address = ['GROUP', group, consumer, 'COUNT', 1, 'BLOCK', wait, 'STREAMS', stream, '>'];
    const reply = await connection.callBuffer('XREADGROUP', ...address);
    return toEntry(entriesOf(reply)?.[0]);
  }

  return {
    async create(connection) {
      try {
        await connection.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM');
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
      }
    },
    next: async (connection) => (await claim(connection)) ?? (await read(connection)),
    acknowledge: async (connection, id) => Number(await connection.call('XACK', stream, group, id)) === 1,
    async handBack(connection, ids) {
      await connection.call('XCLAIM', stream, group, consumer, 0, ...ids, 'IDLE', claimAfter, 'JUSTID');
    },
  };
}

type RawEntry = [id: Buffer, fields: Buffer[] | null];

/** The entries of the one stream that was read: `[stream, entries]` in RESP3, in a list of such pairs in RESP2. */
function entriesOf(reply: unknown): RawEntry[] | undefined {
  const pair = Array.isArray(reply) && Array.isArray(reply[0]) ? reply[0] : reply;
  return Array.isArray(pair) ? pair[1] : undefined;
}

function toEntry(entry: RawEntry | undefined): Entry | undefined {
  // An entry that was deleted while a member had it comes without fields.
  return entry?.[1] ? { id: entry[0].toString(), ...toMessage(entry[1]) } : undefined;
}

/** The body and headers of an entry; one that others have written, without a body, becomes a JSON object of its fields. */
function toMessage(fields: readonly Buffer[]): Pick<Entry, 'body' | 'headers'> {
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
