import type { EventEmitter } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type SecureContext } from 'node:tls';
import { type buildConnector, Client } from 'undici';
import type { ClientConfig, ClientTls } from '../config/resolved.js';
import { readTls } from './tls.js';

/** One undici client and its only socket; it does not outlive the socket. */
export interface Lane {
  readonly client: Client;
  readonly servername: string | undefined;
  socket: Socket | undefined;
  /** Requests written to the present socket. */
  exchanges: number;
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
  /** Gives the call a lane, now or when one gets free; `fresh` asks for a new socket. */
  take(call: Call, fresh: boolean): void;
  /** The call does not want its lane any more. */
  forget(call: Call): void;
  /** The exchange went well: the socket may serve another one. */
  release(lane: Lane): void;
  /** The socket is not to be used again. */
  discard(lane: Lane): void;
  close(): Promise<void>;
}

/** What keeps sockets apart beside their origin. */
export interface PoolSettings {
  readonly isolate: boolean;
  readonly maxHeaderBytes: number;
  readonly connectTimeout: number;
  readonly tls: ClientTls;
}

/** All sockets of a gateway. */
export interface Pools {
  /** Pools for backends with these settings, by origin; undefined for what is no origin of a backend. */
  group(settings: PoolSettings): (origin: string) => Pool | undefined;
  /** Ends every exchange and closes every socket. */
  close(): Promise<void>;
}

/** Sockets are retired after this many exchanges, so that none lives for ever behind a load balancer. */
const MAX_EXCHANGES = 1_000;
/** Defaults of what the configuration leaves open, in milliseconds. */
const IDLE_TIMEOUT = 4_000;
const TCP_KEEP_ALIVE = 15_000;
const FALLBACK_DELAY = 300;
/** `0s` in the configuration: as good as never. */
const NEVER = 2 ** 31 - 1;

const CLOSED_POOL: Pool = {
  take: (call) => call.refuse(),
  forget: ignore,
  release: ignore,
  discard: ignore,
  close: () => Promise.resolve(),
};

export function createPools(client: ClientConfig): Pools {
  const groups = new Map<string, (origin: string) => Pool | undefined>();
  const pools = new Set<Pool>();
  let closed = false;

  function group(settings: PoolSettings): (origin: string) => Pool | undefined {
    const key = JSON.stringify(settings);
    const present = groups.get(key);
    if (present !== undefined) return present;
    const context = readTls(settings.tls);
    const byOrigin = new Map<string, Pool>();
    groups.set(key, poolFor);
    return poolFor;

    function poolFor(origin: string): Pool | undefined {
      const pool = byOrigin.get(origin);
      return pool === undefined ? open(origin) : pool;
    }

    function open(origin: string): Pool | undefined {
      const url = parseOrigin(origin);
      if (url === undefined) return undefined;
      if (closed) return CLOSED_POOL;
      const pool = createPool(url, settings, client, context, function forgetPool() {
        byOrigin.delete(origin);
        pools.delete(pool);
      });
      byOrigin.set(origin, pool);
      pools.add(pool);
      return pool;
    }
  }

  async function close(): Promise<void> {
    closed = true;
    await Promise.all([...pools].map((pool) => pool.close()));
  }

  return { group, close };
}

function parseOrigin(origin: string): URL | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  const bare =
    url.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === '';
  return web && bare && !origin.includes('\\') ? url : undefined;
}

function createPool(
  url: URL,
  settings: PoolSettings,
  client: ClientConfig,
  context: SecureContext,
  onEmpty: () => void,
): Pool {
  const secure = url.protocol === 'https:';
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const servername = isIP(host) === 0 ? host : undefined;
  const reusable = !client.disable_keep_alives && !settings.isolate;
  const lanes = new Set<Lane>();
  const idle: Lane[] = [];
  const waiting = new Set<Call>();
  let session: Buffer | undefined;
  let closed = false;

  function take(call: Call, fresh: boolean): void {
    const lane = fresh ? undefined : idle.pop();
    if (closed) call.refuse();
    else if (lane !== undefined) call.start(lane);
    else if (lanes.size < client.max_connections_per_host) call.start(openLane());
    else waiting.add(call);
  }

  function forget(call: Call): void {
    waiting.delete(call);
  }

  function release(lane: Lane): void {
    const next = reusable ? nextWaiting() : undefined;
    if (next !== undefined) next.start(lane);
    else if (reusable && !closed && idle.length < client.max_idle_connections_per_host) idle.push(lane);
    else discard(lane);
  }

  function discard(lane: Lane): void {
    if (!lanes.delete(lane)) return;
    lane.client.destroy().catch(ignore);
    // undici leaves a socket that is still connecting to itself.
    lane.socket?.destroy();
    if (closed) return;
    const next = nextWaiting();
    if (next !== undefined) next.start(openLane());
    else if (lanes.size === 0) onEmpty();
  }

  function nextWaiting(): Call | undefined {
    for (const call of waiting) {
      waiting.delete(call);
      return call;
    }
    return undefined;
  }

  function openLane(): Lane {
    const lane: Lane = { client: new Client(url.origin, clientOptions()), servername, socket: undefined, exchanges: 0 };
    lanes.add(lane);
    const events: EventEmitter = lane.client;
    events.on('disconnect', onDisconnect);
    // undici reports here what our own handlers throw; without a listener that would end the process.
    events.on('error', onClientError);
    return lane;

    function clientOptions(): Client.Options {
      // Without a prototype, so that nothing but these counts.
      return Object.assign(Object.create(null), {
        connect: connectLane,
        pipelining: reusable ? 1 : 0,
        keepAliveTimeout: (client.idle_connection_timeout ?? IDLE_TIMEOUT) || NEVER,
        maxHeaderSize: settings.maxHeaderBytes,
        maxRequestsPerClient: MAX_EXCHANGES,
        // The caller's deadline bounds both; undici's timers are idle timers.
        headersTimeout: 0,
        bodyTimeout: 0,
        allowH2: false,
      });
    }

    function connectLane(options: buildConnector.Options, callback: buildConnector.Callback): void {
      lane.exchanges = 0;
      lane.socket = openSocket(options.servername, callback);
    }

    function onDisconnect(): void {
      const at = idle.indexOf(lane);
      // A busy lane is dealt with by its exchange.
      if (at < 0) return;
      idle.splice(at, 1);
      discard(lane);
    }

    function onClientError(): void {
      discard(lane);
    }
  }

  function openSocket(name: string | undefined | null, callback: buildConnector.Callback): Socket {
    // Every field that Node would read is set, so that a polluted prototype has no say.
    const tcp = {
      host,
      port,
      path: undefined,
      lookup: undefined,
      localAddress: undefined,
      localPort: undefined,
      family: undefined,
      hints: undefined,
      signal: undefined,
      timeout: undefined,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: client.dialer_keep_alive || TCP_KEEP_ALIVE,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: Math.max(10, client.dialer_fallback_delay || FALLBACK_DELAY),
    };
    const socket = secure
      ? connectTls({
          ...tcp,
          servername: name ?? '',
          session,
          ALPNProtocols: ['http/1.1'],
          secureContext: context,
          rejectUnauthorized: !settings.tls.allow_insecure_connections,
          checkServerIdentity,
        })
      : connectTcp(tcp);
    const timer = setTimeout(onTimeout, settings.connectTimeout);
    socket.once(secure ? 'secureConnect' : 'connect', onReady);
    socket.once('error', onError);
    socket.once('close', stopTimer);
    if (secure) socket.on('session', keepSession);
    return socket;

    function onReady(): void {
      clearTimeout(timer);
      socket.off('error', onError);
      callback(null, socket);
    }

    function onError(error: Error): void {
      clearTimeout(timer);
      callback(error, null);
    }

    function onTimeout(): void {
      socket.destroy(Object.assign(new Error('No connection in time.'), { code: 'UND_ERR_CONNECT_TIMEOUT' }));
    }

    function stopTimer(): void {
      clearTimeout(timer);
    }

    function keepSession(fresh: Buffer): void {
      session = fresh;
    }
  }

  async function close(): Promise<void> {
    closed = true;
    for (const call of waiting) call.refuse();
    waiting.clear();
    idle.length = 0;
    const open = [...lanes];
    lanes.clear();
    await Promise.all(open.map(closeLane));
    onEmpty();
  }

  async function closeLane(lane: Lane): Promise<void> {
    await lane.client.destroy();
    lane.socket?.destroy();
  }

  return { take, forget, release, discard, close };
}

function ignore(): void {}
