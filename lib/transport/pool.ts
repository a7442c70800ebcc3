import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Client } from 'undici';
import type { ClientConfig, ClientTls } from '../config/resolved.js';
import { createQueue, type Place } from '../queue.js';
import type { AddressKind } from './address-kind.js';
import { type Address, createConnect, parseOrigin } from './socket.js';
import { readTls } from './tls.js';

/** One undici client and its only socket: whoever holds the lane has the socket to itself. */
export interface Lane {
  readonly client: Client;
  readonly servername: string | undefined;
  socket: Socket | undefined;
  /** Requests written to the present socket. */
  exchanges: number;
  /** The socket is closed once it has read this many bytes in all. */
  readLimit: number;
}

/** Somebody who needs a lane. */
export interface Call {
  /** Called once a lane is there; the caller gives it back with `release` or `discard`. */
  start(lane: Lane): void;
  /** Called instead when there will be none, since everything is closing. */
  refuse(): void;
}

/** The sockets to one origin. */
export interface Pool {
  /** Gives the call a lane, now or when one gets free: then it has a place. `fresh` asks for a new socket. */
  take(call: Call, fresh: boolean): Place<Call> | undefined;
  /** Who waits there does not want a lane any more. */
  forget(place: Place<Call>): void;
  /** The exchange went well: the socket may serve another one. */
  release(lane: Lane): void;
  /** The socket is not to be used again. */
  discard(lane: Lane): void;
  /** False while it has no socket and nobody waits for one. */
  isUsed(): boolean;
  close(): Promise<void>;
}

/** What keeps sockets apart beside their origin. */
export interface PoolSettings {
  readonly isolate: boolean;
  readonly maxHeaderBytes: number;
  readonly connectTimeout: number;
  readonly tls: ClientTls;
}

/**
 * The pool of an origin; undefined for what is no origin of a backend. Sockets that only redirects use are kept apart, by the
 * kind of the address that redirected there: they are not opened to every address.
 */
export type PoolFor = (origin: string, redirectedFrom?: AddressKind) => Pool | undefined;

/** All sockets of a gateway. */
export interface Pools {
  /** Pools for backends with these settings. */
  group(settings: PoolSettings): PoolFor;
  /** Ends every exchange and closes every socket. */
  close(): Promise<void>;
}

/** The code of the error that closes a socket beyond its `readLimit`. */
export const OVERSIZE = 'OVERSIZE';

/** Sockets are retired after this many exchanges, so that none lives for ever behind a load balancer. */
const MAX_EXCHANGES = 1_000;
/** Shorter than the idle timeout of common servers, in milliseconds. */
const IDLE_TIMEOUT = 4_000;
/** Origins remembered, unless more of them have sockets. */
const MAX_POOLS = 256;
/** What `0s` stands for. */
const NEVER = 2 ** 31 - 1;

const CLOSED_POOL: Pool = {
  take: refuse,
  forget: ignore,
  release: ignore,
  discard: ignore,
  isUsed: () => false,
  close: () => Promise.resolve(),
};

export function createPools(client: ClientConfig): Pools {
  const groups = new Map<string, PoolFor>();
  const pools = new Set<Pool>();
  let isClosed = false;

  function group(settings: PoolSettings): PoolFor {
    const groupKey = JSON.stringify(settings);
    const present = groups.get(groupKey);
    if (present !== undefined) return present;
    const context = readTls(settings.tls);
    const byOrigin = new Map<string, Pool>();
    groups.set(groupKey, poolFor);
    return poolFor;

    function poolFor(origin: string, redirectedFrom?: AddressKind): Pool | undefined {
      const key = redirectedFrom === undefined ? origin : `${redirectedFrom} ${origin}`;
      const pool = byOrigin.get(key);
      return pool === undefined ? open(key, origin, redirectedFrom) : pool;
    }

    function open(key: string, origin: string, redirectedFrom: AddressKind | undefined): Pool | undefined {
      const address = parseOrigin(origin);
      if (address === undefined) return undefined;
      if (isClosed) return CLOSED_POOL;
      if (byOrigin.size >= MAX_POOLS) forgetUnused();
      const pool = createPool({ origin, address, redirectedFrom, settings, client, context });
      byOrigin.set(key, pool);
      pools.add(pool);
      return pool;
    }

    /** Hosts come and go, and pools are cheap to make again. */
    function forgetUnused(): void {
      for (const [key, pool] of byOrigin) {
        if (pool.isUsed()) continue;
        byOrigin.delete(key);
        pools.delete(pool);
      }
    }
  }

  async function close(): Promise<void> {
    isClosed = true;
    await Promise.all([...pools].map((pool) => pool.close()));
  }

  return { group, close };
}

interface PoolOptions {
  readonly origin: string;
  readonly address: Address;
  readonly redirectedFrom: AddressKind | undefined;
  readonly settings: PoolSettings;
  readonly client: ClientConfig;
  readonly context: SecureContext;
}

function createPool({ origin, address, redirectedFrom, settings, client, context }: PoolOptions): Pool {
  const { connectTimeout, tls } = settings;
  const connect = createConnect(
    address,
    { connectTimeout, context, allowInsecure: tls.allow_insecure_connections, redirectedFrom },
    client,
  );
  const isReusable = !client.disable_keep_alives && !settings.isolate;
  const lanes = new Set<Lane>();
  const idle: Lane[] = [];
  const waiting = createQueue<Call>();
  let isClosed = false;

  function take(call: Call, fresh: boolean): Place<Call> | undefined {
    const lane = fresh ? undefined : idle.pop();
    if (isClosed) call.refuse();
    else if (lane !== undefined) call.start(lane);
    else if (lanes.size < client.max_connections_per_host) call.start(openLane());
    else return waiting.join(call);
    return undefined;
  }

  function release(lane: Lane): void {
    const next = isReusable ? waiting.shift() : undefined;
    if (next !== undefined) next.start(lane);
    else if (isReusable && idle.length < client.max_idle_connections_per_host) idle.push(lane);
    else discard(lane);
  }

  function discard(lane: Lane): void {
    if (!lanes.delete(lane)) return;
    lane.client.destroy().catch(ignore);
    // undici lets go of a socket that is still connecting without closing it.
    lane.socket?.destroy();
    if (isClosed) return;
    waiting.shift()?.start(openLane());
  }

  function openLane(): Lane {
    // Without a prototype, so that nothing but these options counts.
    const options: Client.Options = Object.assign(Object.create(null), {
      connect(target: { servername?: string | null }, done: Parameters<typeof connect>[1]) {
        lane.exchanges = 0;
        lane.readLimit = Infinity;
        lane.socket = connect(target.servername ?? undefined, done).on('readable', onReadable);
      },
      pipelining: isReusable ? 1 : 0,
      keepAliveTimeout: (client.idle_connection_timeout ?? IDLE_TIMEOUT) || NEVER,
      maxHeaderSize: settings.maxHeaderBytes,
      maxRequestsPerClient: MAX_EXCHANGES,
      // The caller's deadline bounds both; undici's timers are idle timers.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
    const { servername } = address;
    const lane: Lane = {
      client: new Client(origin, options),
      servername,
      socket: undefined,
      exchanges: 0,
      readLimit: Infinity,
    };
    const events: EventEmitter = lane.client;
    events.on('disconnect', onDisconnect);
    // undici reports here what our own handlers throw; without a listener that would end the process.
    events.on('error', onFault);
    lanes.add(lane);
    return lane;

    /** Counts what no parser callback tells of: an endless status line, chunk extensions, framing of tiny chunks. */
    function onReadable(this: Socket): void {
      if (this.bytesRead > lane.readLimit)
        this.destroy(Object.assign(new Error('Too many bytes.'), { code: OVERSIZE }));
    }

    function onDisconnect(): void {
      const at = idle.indexOf(lane);
      // A busy lane is dealt with by its exchange.
      if (at < 0) return;
      idle.splice(at, 1);
      discard(lane);
    }

    function onFault(): void {
      discard(lane);
    }
  }

  async function close(): Promise<void> {
    isClosed = true;
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) call.refuse();
    idle.length = 0;
    const open = [...lanes];
    lanes.clear();
    await Promise.all(open.map(closeLane));
  }

  function isUsed(): boolean {
    return lanes.size > 0 || waiting.size > 0;
  }

  return { take, forget: waiting.leave, release, discard, isUsed, close };
}

async function closeLane(lane: Lane): Promise<void> {
  await lane.client.destroy();
  lane.socket?.destroy();
}

function refuse(call: Call): undefined {
  call.refuse();
}

function ignore(): void {}
