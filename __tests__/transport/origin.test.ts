import { describe, expect, it, vi } from 'vitest';
import type { ClientConfig } from '../../lib/config/resolved.js';
import type { Connection } from '../../lib/transport/connection.js';
import { createOrigins, type Origins } from '../../lib/transport/origin.js';
import { createPools, type Pool } from '../../lib/transport/pool.js';
import { CLIENT, NO_TLS } from './support.js';

const ORIGIN = 'http://127.0.0.1:9';
const MINUTE = 60_000;

interface Bench {
  readonly origins: Origins;
  readonly warn: ReturnType<typeof vi.fn>;
  readonly strays: string[];
  wait(ms: number): void;
  /** A pool of its own for each name. Nothing is ever sent, so no socket is opened. */
  pool(name?: string, client?: Partial<ClientConfig>, origin?: string): Pool;
}

function setUp(): Bench {
  let time = 1_000_000;
  const silent = (): void => {};
  const warn = vi.fn();
  const origins = createOrigins({ debug: silent, info: silent, warn, error: silent }, () => time);
  const strays: string[] = [];
  return {
    origins,
    warn,
    strays,
    wait(ms) {
      time += ms;
    },
    pool(name = 'a', client = {}, origin = ORIGIN) {
      const pools = createPools({ ...CLIENT, ...client }, origins, (stray) => strays.push(stray));
      const settings = { isolate: false, maxHeaderBytes: 4_096, connectTimeout: name.charCodeAt(0), tls: NO_TLS };
      return pools.group(settings)(origin) as Pool;
    },
  };
}

/** A call, and the connections it was given. */
function request(pool: Pool, fresh = false) {
  const connections: Connection[] = [];
  const refuse = vi.fn();
  const place = pool.take({ start: (connection) => connections.push(connection), refuse }, fresh);
  return { connections, refuse, place };
}

function taken(pool: Pool): Connection {
  const [connection] = request(pool).connections;
  if (connection === undefined) throw new Error('The call has to wait.');
  return connection;
}

const isClosed = (connection: Connection): boolean => connection.client.destroyed;

describe('S14 sockets between two calls', () => {
  it('rest, where another one may be opened', () => {
    const { pool, wait } = setUp();
    const sockets = pool('a', { connection_rest: 50 });
    const first = taken(sockets);
    sockets.release(first);
    wait(49);
    const second = taken(sockets);
    expect(second).not.toBe(first);
    wait(1);
    expect(taken(sockets)).toBe(first);
  });

  it('come back in the order they were given back, the longest rested first', () => {
    for (const rest of [0, 50]) {
      const { pool, wait } = setUp();
      const sockets = pool('a', { connection_rest: rest });
      const connections = [taken(sockets), taken(sockets), taken(sockets)];
      for (const connection of [connections[1], connections[2], connections[0]])
        sockets.release(connection as Connection);
      wait(50);
      expect([taken(sockets), taken(sockets), taken(sockets)]).toEqual([
        connections[1],
        connections[2],
        connections[0],
      ]);
    }
  });

  it('do not rest where no other may be opened: the longest rested is taken', () => {
    const { pool, wait } = setUp();
    const sockets = pool('a', { connection_rest: 50, max_connections_per_host: 2 });
    const [first, second] = [taken(sockets), taken(sockets)];
    sockets.release(second);
    wait(1);
    sockets.release(first);
    expect(taken(sockets)).toBe(second);
    expect(taken(sockets)).toBe(first);
    const waiting = request(sockets);
    sockets.release(second);
    expect(waiting.connections).toEqual([second]);
  });

  it('do not rest while 64 others do: the longest rested is taken, and no further socket is opened', () => {
    const { pool, wait } = setUp();
    const sockets = pool('a', { connection_rest: 50 });
    const connections = Array.from({ length: 64 }, () => taken(sockets));
    for (const connection of connections.slice(1)) sockets.release(connection);
    wait(1);
    expect(connections).not.toContain(taken(sockets));
    sockets.release(connections[0] as Connection);
    expect(taken(sockets)).toBe(connections[1]);
    expect(connections).not.toContain(taken(sockets));
  });

  it('do not rest with a rest of 0', () => {
    const { pool } = setUp();
    const sockets = pool('a', { connection_rest: 0 });
    const connection = taken(sockets);
    sockets.release(connection);
    expect(taken(sockets)).toBe(connection);
  });

  it('are not used where a new one is asked for, not even at the limit', () => {
    const { pool } = setUp();
    const sockets = pool('a', { max_connections_per_host: 1 });
    const connection = taken(sockets);
    sockets.release(connection);
    const { connections } = request(sockets, true);
    expect(connections).toHaveLength(1);
    expect(connections[0]).not.toBe(connection);
    expect(isClosed(connection)).toBe(true);
  });
});

describe('S14 an origin that sent bytes no request asked for', () => {
  it('loses its idle sockets in every pool; those in use serve no second call', () => {
    const { pool, strays } = setUp();
    const [one, two] = [pool('a'), pool('b')];
    const [idle, busy, busyToo] = [taken(one), taken(one), taken(two)];
    one.release(idle);
    one.strike();
    expect(strays).toEqual([ORIGIN]);
    expect([idle, busy, busyToo].map(isClosed)).toEqual([true, false, false]);
    one.release(busy);
    two.release(busyToo);
    expect([busy, busyToo].map(isClosed)).toEqual([true, true]);
  });

  it('gets one call a socket for ten minutes, over a reload too; then a hundred at most', () => {
    const { pool, wait } = setUp();
    pool('a').strike();
    wait(10 * MINUTE - 1);
    const reloaded = pool('a');
    const isolated = taken(reloaded);
    expect(isolated.isReusable).toBe(false);
    expect(isolated.client.pipelining).toBe(0);
    reloaded.release(isolated);
    expect(isClosed(isolated)).toBe(true);
    wait(1);
    const later = taken(reloaded);
    expect(later.isReusable).toBe(true);
    reloaded.release(later);
    expect(taken(reloaded)).toBe(later);
  });

  it('is isolated no longer by what others do', () => {
    const { pool } = setUp();
    pool('a', {}, 'http://127.0.0.1:10').strike();
    expect(taken(pool('a')).isReusable).toBe(true);
  });

  it('is reported once a minute', () => {
    const { pool, warn, wait, strays } = setUp();
    const sockets = pool();
    for (const pauseBefore of [0, 1, MINUTE - 2, 1]) {
      wait(pauseBefore);
      sockets.strike();
    }
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls[0]).toEqual([{ origin: ORIGIN }, expect.stringContaining('no request asked for')]);
    expect(strays).toHaveLength(4);
  });

  it('S02 is remembered while a thousand others come and go', () => {
    const { pool, origins } = setUp();
    pool('a').strike();
    const unused = origins.of('http://h0.example');
    const struck = origins.of(ORIGIN);
    for (let n = 1; n < 1_100; n++) origins.of(`http://h${n}.example`);
    expect(origins.of(ORIGIN)).toBe(struck);
    expect(origins.of('http://h0.example')).not.toBe(unused);
  });

  it('S02 is remembered before 1024 are, while it is in use, and longest when it was struck', () => {
    const { origins, pool } = setUp();
    const others = (from: number, to: number) => {
      for (let n = from; n < to; n++) origins.of(`http://h${n}.example`);
    };
    pool('a', {}, 'http://127.0.0.1:10');
    const used = origins.of('http://127.0.0.1:10');
    const struck = origins.of('http://struck.example');
    struck.strike();
    const idle = origins.of('http://idle.example');
    others(0, 1_021);
    expect(origins.of('http://idle.example')).toBe(idle);
    others(1_021, 1_022);
    expect(origins.of('http://127.0.0.1:10')).toBe(used);
    expect(origins.of('http://struck.example')).toBe(struck);
    expect(origins.of('http://idle.example')).not.toBe(idle);
  });

  it('S02 is forgotten when there are too many of its kind', async () => {
    const { origins } = setUp();
    const struck = origins.of(ORIGIN);
    for (let n = 0; n < 1_100; n++) origins.of(`http://h${n}.example`).strike();
    expect(origins.of(ORIGIN)).not.toBe(struck);
  });
});

describe('the limit of sockets per host', () => {
  it('is one for all settings of backends and all configurations', () => {
    const { pool } = setUp();
    const limit = { max_connections_per_host: 3 };
    const [one, two] = [pool('a', limit), pool('b', limit)];
    taken(one);
    taken(two);
    taken(pool('a', limit));
    expect(request(one).place).toBeDefined();
    expect(request(two).place).toBeDefined();
  });

  it('lets calls wait in the order they came, whatever their settings', () => {
    const { pool } = setUp();
    const limit = { max_connections_per_host: 1 };
    const [one, two] = [pool('a', limit), pool('b', limit)];
    const connection = taken(one);
    const waiting = [request(two), request(one), request(two)];
    one.release(connection);
    expect(waiting.map(({ connections }) => connections.length)).toEqual([1, 0, 0]);
    expect(isClosed(connection)).toBe(true);
    two.release(waiting[0]?.connections[0] as Connection);
    expect(waiting.map(({ connections }) => connections.length)).toEqual([1, 1, 0]);
    one.release(waiting[1]?.connections[0] as Connection);
    expect(waiting.map(({ connections }) => connections.length)).toEqual([1, 1, 1]);
  });

  it('makes no call wait for idle sockets of other settings: the longest idle one gives way', () => {
    const { pool, wait } = setUp();
    const limit = { max_connections_per_host: 2 };
    const [one, two, three] = [pool('a', limit), pool('b', limit), pool('c', limit)];
    const [older, newer] = [taken(two), taken(one)];
    two.release(older);
    wait(1);
    one.release(newer);
    expect(request(three).connections).toHaveLength(1);
    expect([older, newer].map(isClosed)).toEqual([true, false]);
    expect(request(three).connections).toHaveLength(1);
    expect(isClosed(newer)).toBe(true);
    expect(request(three).place).toBeDefined();
  });

  it('is that of the latest configuration, whether it is higher or lower', () => {
    const { pool } = setUp();
    const old = pool('a', { max_connections_per_host: 1 });
    const busy = taken(old);
    const waiting = request(old);
    expect(waiting.place).toBeDefined();
    const reloaded = pool('a', { max_connections_per_host: 3 });
    expect(waiting.connections).toHaveLength(1);
    const connections = [busy, waiting.connections[0] as Connection];
    for (const connection of connections) old.release(connection);
    const lowered = pool('b', { max_connections_per_host: 1 });
    expect(request(lowered).connections).toHaveLength(1);
    expect(connections.map(isClosed)).toEqual([true, true]);
    expect(request(reloaded).place).toBeDefined();
  });

  it('holds for idle sockets as well', () => {
    const { pool } = setUp();
    const limit = { max_idle_connections_per_host: 1 };
    const [one, two] = [pool('a', limit), pool('b', limit)];
    const connections = [taken(one), taken(two)] as const;
    one.release(connections[0]);
    two.release(connections[1]);
    expect(connections.map(isClosed)).toEqual([false, true]);
  });

  it('gives the room of a configuration that ends to the calls of the next one', async () => {
    const { pool } = setUp();
    const limit = { max_connections_per_host: 1 };
    const old = pool('a', limit);
    const connection = taken(old);
    const left = request(old);
    const waiting = request(pool('a', limit));
    const closed = old.close();
    expect(waiting.connections).toHaveLength(1);
    expect(left.refuse).toHaveBeenCalledTimes(1);
    await closed;
    expect(isClosed(connection)).toBe(true);
    expect(request(old).refuse).toHaveBeenCalledTimes(1);
  });

  it('X02 an origin knows nothing any more of a pool that was closed', async () => {
    const { origins, pool } = setUp();
    const [old, current] = [pool('a'), pool('b')];
    const idle = taken(old);
    old.release(idle);
    expect(origins.of(ORIGIN)).toMatchObject({ connections: 1, idle: 1, members: { size: 2 } });
    await old.close();
    expect(origins.of(ORIGIN)).toMatchObject({ connections: 0, idle: 0, members: { size: 1 } });
    await current.close();
    expect(origins.of(ORIGIN).members.size).toBe(0);
  });
});

describe('T02 a waiting call that gives up', () => {
  it('leaves the queue: the socket goes to the next one', () => {
    const { pool } = setUp();
    const sockets = pool('a', { max_connections_per_host: 1 });
    const connection = taken(sockets);
    const [gone, next] = [request(sockets), request(sockets)];
    if (gone.place !== undefined) sockets.forget(gone.place);
    sockets.release(connection);
    expect(gone.connections).toEqual([]);
    expect(next.connections).toEqual([connection]);
    expect(gone.refuse).not.toHaveBeenCalled();
  });

  it('does not keep its pool in use', () => {
    const { pool } = setUp();
    const limit = { max_connections_per_host: 1 };
    taken(pool('a', limit));
    const other = pool('b', limit);
    const { place } = request(other);
    expect(other.isUsed()).toBe(true);
    if (place !== undefined) other.forget(place);
    expect(other.isUsed()).toBe(false);
  });
});

it('a socket that was given back twice, or after it was closed, serves one call', () => {
  const { pool } = setUp();
  const sockets = pool();
  const connection = taken(sockets);
  sockets.discard(connection);
  sockets.release(connection);
  sockets.discard(connection);
  expect(taken(sockets)).not.toBe(connection);
});
