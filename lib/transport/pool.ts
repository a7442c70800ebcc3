import type { SecureContext } from 'node:tls';
import type { ClientConfig, ClientTls } from '../config/resolved.js';
import { createQueue, type QueueNode } from '../core/linked-queue.js';
import type { AddressKind } from './address-kind.js';
import { type Connection, closeLane, openLane } from './connection.js';
import type { Call, Member, Origin, Origins, Waiter } from './origin.js';
import { type Address, createConnect, parseOrigin } from './socket.js';
import { readTls } from './tls.js';

/** The sockets to one origin, for backends with the same settings. */
export interface Pool {
  /** Gives the call a connection, now or when one gets free: then it has a place. `fresh` asks for a new socket. */
  take(call: Call, fresh: boolean): QueueNode<Waiter> | undefined;
  /** The call that waits there does not want a connection any more. */
  forget(place: QueueNode<Waiter>): void;
  /** The exchange went well: the socket may serve another one. */
  release(connection: Connection): void;
  /** The socket is not to be used again. */
  discard(connection: Connection): void;
  /** There were bytes behind the end of an answer. */
  strike(): void;
  /** False while it has no socket and no request waits for one. */
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

/** Sockets are retired after this many exchanges, so that none stays open for ever behind a load balancer. */
const MAX_EXCHANGES = 1_000;
/** The same for origins that have sent bytes no request asked for. */
const MAX_SUSPECT_EXCHANGES = 100;
/** A new socket is opened in place of one that rests only while fewer rest: hundreds of sockets cost a tenth of each call. */
const MOST_RESTING = 64;
/** Shorter than the idle timeout of common servers, in milliseconds. */
const IDLE_TIMEOUT = 4_000;
/** Pools of a group that are remembered, unless more of them have sockets. */
const MAX_POOLS = 256;
/** What `0s` means. */
const NEVER = 2 ** 31 - 1;

const CLOSED_POOL: Pool = {
  take: refuse,
  forget: ignore,
  release: ignore,
  discard: ignore,
  strike: ignore,
  isUsed: () => false,
  close: () => Promise.resolve(),
};

/**
 * @param onStray called each time that an origin sent bytes no request asked for
 */
export function createPools(client: ClientConfig, origins: Origins, onStray: (origin: string) => void): Pools {
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
      const pool = createPool({ name: origin, origins, address, redirectedFrom, settings, client, context, onStray });
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
        pool.close().catch(ignore);
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
  readonly name: string;
  readonly origins: Origins;
  readonly address: Address;
  readonly redirectedFrom: AddressKind | undefined;
  readonly settings: PoolSettings;
  readonly client: ClientConfig;
  readonly context: SecureContext;
  readonly onStray: (origin: string) => void;
}

function createPool({ name, origins, address, redirectedFrom, settings, client, context, onStray }: PoolOptions): Pool {
  const { connectTimeout, tls } = settings;
  const { now } = origins;
  const { connection_rest: rest } = client;
  const connect = createConnect(
    address,
    { connectTimeout, context, allowInsecure: tls.allow_insecure_connections, redirectedFrom },
    client,
  );
  const keepsAlive = !client.disable_keep_alives && !settings.isolate;
  const idleTimeout = (client.idle_connection_timeout ?? IDLE_TIMEOUT) || NEVER;
  const connections = new Set<Connection>();
  /** The one that came back first is the first one to be used again. */
  const idle = createQueue<Connection>();
  let isClosed = false;

  const member: Member = {
    open: (call) => call.start(newLane()),
    idleSince: () => idle.first?.idleSince ?? Infinity,
    closeOldest() {
      if (idle.first !== undefined) remove(idle.first);
    },
    retireLanes() {
      for (const connection of idle.values()) remove(connection);
      for (const connection of connections) connection.isReusable = false;
    },
  };
  const origin = join(origins.of(name));

  function join(shared: Origin): Origin {
    shared.members.add(member);
    shared.limit = client.max_connections_per_host;
    shared.admit();
    return shared;
  }

  function take(call: Call, fresh: boolean): QueueNode<Waiter> | undefined {
    const connection = fresh ? undefined : restedLane();
    if (isClosed) call.refuse();
    else if (connection !== undefined) call.start(connection);
    else if (origin.makeRoom()) call.start(newLane());
    else return wait(call);
    return undefined;
  }

  function wait(call: Call): QueueNode<Waiter> {
    const waiter: Waiter = { member, call, place: undefined };
    waiter.place = origin.waiting.push(waiter);
    return waiter.place;
  }

  /** A stray answer shows itself while its socket rests; but no call waits for that where no further socket is opened. */
  function restedLane(): Connection | undefined {
    const connection = idle.first;
    if (connection === undefined) return undefined;
    const isRested = rest === 0 || now() - connection.idleSince >= rest;
    if (!isRested && origin.idle < MOST_RESTING && origin.connections < origin.limit) return undefined;
    leaveIdle(connection);
    return connection;
  }

  function release(connection: Connection): void {
    connection.isExpecting = false;
    const next = origin.waiting.first;
    if (!connection.isReusable || origin.connections > origin.limit) discard(connection);
    else if (next?.member === member) {
      origin.waiting.shift();
      next.call.start(connection);
    }
    // What waits there needs a connection of its own kind, and opens it in this one's place.
    else if (next !== undefined || origin.idle >= client.max_idle_connections_per_host) discard(connection);
    else joinIdle(connection);
  }

  function joinIdle(connection: Connection): void {
    if (!connections.has(connection)) return;
    connection.idleSince = now();
    connection.place = idle.push(connection);
    origin.idle += 1;
  }

  function leaveIdle(connection: Connection): void {
    if (connection.place === undefined) return;
    idle.remove(connection.place);
    connection.place = undefined;
    origin.idle -= 1;
  }

  function discard(connection: Connection): void {
    if (remove(connection)) origin.admit();
  }

  function remove(connection: Connection): boolean {
    if (!connections.delete(connection)) return false;
    leaveIdle(connection);
    origin.connections -= 1;
    closeLane(connection).catch(ignore);
    return true;
  }

  function newLane(): Connection {
    const connection = openLane({
      origin: name,
      servername: address.servername,
      connect,
      isReusable: keepsAlive && !origin.isIsolated(),
      maxExchanges: origin.isSuspect() ? MAX_SUSPECT_EXCHANGES : MAX_EXCHANGES,
      maxHeaderBytes: settings.maxHeaderBytes,
      idleTimeout,
      onDisconnect,
      onFault: discard,
      onStray: strike,
    });
    connections.add(connection);
    origin.connections += 1;
    return connection;
  }

  /** A busy connection is dealt with by its exchange. */
  function onDisconnect(connection: Connection): void {
    if (connection.place !== undefined) discard(connection);
  }

  function strike(): void {
    origin.strike();
    onStray(name);
  }

  async function close(): Promise<void> {
    isClosed = true;
    origin.members.delete(member);
    for (const { place, call } of waiters()) {
      if (place !== undefined) origin.waiting.remove(place);
      call.refuse();
    }
    const open = [...connections];
    for (const connection of open) {
      connections.delete(connection);
      leaveIdle(connection);
    }
    origin.connections -= open.length;
    // The calls of other pools go on.
    origin.admit();
    await Promise.all(open.map(closeLane));
  }

  function waiters(): readonly Waiter[] {
    return origin.waiting.values().filter((waiter) => waiter.member === member);
  }

  function isUsed(): boolean {
    return connections.size > 0 || waiters().length > 0;
  }

  return { take, forget: origin.waiting.remove, release, discard, strike, isUsed, close };
}

function refuse(call: Call): undefined {
  call.refuse();
}

function ignore(): void {}
