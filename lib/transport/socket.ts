import { isIP, Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { ClientConfig } from '../config/resolved.js';
import type { AddressKind } from './address-kind.js';
import { createRedirectLookup, mayLeadTo, refusedAddress } from './redirect-target.js';
import { connectShared } from './shared-reads.js';

/** How to reach one origin. */
export interface Address {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** The name a certificate has to be for; undefined for an address in numbers. */
  readonly servername: string | undefined;
}

export interface SocketSettings {
  /** Milliseconds for TCP and TLS together. */
  readonly connectTimeout: number;
  readonly context: SecureContext;
  readonly allowInsecure: boolean;
  /** For sockets that only redirects use: the kind of the address that redirected there. */
  readonly redirectedFrom?: AddressKind | undefined;
}

type Done = (...result: [null, Socket] | [Error, null]) => void;

/** Opens a socket; `done` is called once, when it is ready to be written to or has failed. */
export type Connect = (servername: string | undefined, done: Done) => Socket;

/** Defaults of what the configuration leaves open, in milliseconds. */
const TCP_KEEP_ALIVE = 15_000;
const FALLBACK_DELAY = 300;
const SHORTEST_FALLBACK_DELAY = 10;

const WELL_FORMED = /^https?:\/\/[^\s/\\?#@]+$/i;

/** Undefined for anything but scheme, host and port. */
export function parseOrigin(origin: string): Address | undefined {
  // The parser of URLs mends what should rather be refused, such as backslashes and missing slashes.
  if (!WELL_FORMED.test(origin) || !URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  const isSecure = url.protocol === 'https:';
  if (url.href !== `${url.origin}/`) return undefined;
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { isSecure, host, port, servername: isIP(host) === 0 ? host : undefined };
}

/** undici's own connector would do, were its timeout not as coarse as a second. */
export function createConnect(address: Address, settings: SocketSettings, client: ClientConfig): Connect {
  const { isSecure, host, port } = address;
  const { redirectedFrom } = settings;
  // Of an address in numbers, Node does not look anything up.
  const isRefused = redirectedFrom !== undefined && isIP(host) !== 0 && !mayLeadTo(host, redirectedFrom);
  // Every field that Node would read is set, so that a polluted prototype has no effect.
  const tcp = {
    host,
    port,
    path: undefined,
    lookup: redirectedFrom === undefined ? undefined : createRedirectLookup(redirectedFrom),
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
    autoSelectFamilyAttemptTimeout: Math.max(SHORTEST_FALLBACK_DELAY, client.dialer_fallback_delay || FALLBACK_DELAY),
  };
  let session: Buffer | undefined;

  return function connect(servername, done) {
    const socket = isRefused
      ? new Socket().destroy(refusedAddress())
      : isSecure
        ? secure(servername)
        : connectShared(tcp);
    const timer = setTimeout(onTimeout, settings.connectTimeout);
    socket.once(isSecure ? 'secureConnect' : 'connect', onReady);
    socket.once('error', onError);
    socket.once('close', onClose);
    return socket;

    function onReady(): void {
      clearTimeout(timer);
      socket.off('error', onError);
      done(null, socket);
    }

    function onError(error: Error): void {
      clearTimeout(timer);
      done(error, null);
    }

    function onClose(): void {
      clearTimeout(timer);
    }

    function onTimeout(): void {
      socket.destroy(Object.assign(new Error('No connection in time.'), { code: 'UND_ERR_CONNECT_TIMEOUT' }));
    }
  };

  function secure(servername: string | undefined): Socket {
    const socket: SecureSocket = connectTls({
      ...tcp,
      servername: servername ?? '',
      session,
      ALPNProtocols: ['http/1.1'],
      secureContext: settings.context,
      rejectUnauthorized: !settings.allowInsecure,
      checkServerIdentity,
    });
    socket.on('session', function keepSession(fresh: Buffer) {
      session = fresh;
    });
    noticeEnd(socket);
    return socket;
  }
}

const ENDED_PROPERLY = Symbol('ended properly');

/** What is used of Node's own fields: it has no public way to ask how TLS has ended. */
interface SecureSocket extends TLSSocket {
  [ENDED_PROPERLY]?: boolean;
  readonly _handle?: {
    /** False while nothing is read since the reader is slow. */
    readonly reading?: boolean;
    readonly _parent?: { readStart?(): number; readStop?(): number };
    getpeername?(out: object): number;
  } | null;
}

/**
 * Remembers whether the peer said that it ends (close_notify) or only its connection did. Node tells of both in one way, by
 * `push(null)`; but in the first case nothing has ended the TCP socket below yet, which then refuses to start reading, as it
 * is reading still.
 */
function noticeEnd(socket: SecureSocket): void {
  const { push } = socket;
  socket.push = function pushOrEnd(piece: unknown, encoding?: BufferEncoding) {
    if (piece === null && socket[ENDED_PROPERLY] === undefined) socket[ENDED_PROPERLY] = isEndedByTls(socket);
    return push.call(socket, piece, encoding);
  };
}

/** False for a Node that has changed its fields: what cannot be known must not pass as whole. */
function isEndedByTls({ _handle: handle }: SecureSocket): boolean {
  // A TCP socket that is not read cannot have reported its end.
  if (handle?.reading === false) return true;
  const tcp = handle?._parent;
  const refusal = tcp?.readStart?.();
  if (refusal === 0) tcp?.readStop?.();
  return refusal !== undefined && refusal !== 0;
}

/**
 * True where a body that lasts until the end of the connection was cut: TLS without the peer's word that it ends, or a
 * reset that came together with the last bytes, which libuv takes for an end. Only then has the socket no peer any more.
 */
export function isCutOff(socket: Socket): boolean {
  const { _handle: handle, [ENDED_PROPERLY]: isEndedProperly } = socket as SecureSocket;
  // Not `remotePort` where it can be helped: Node remembers it once any code has asked for it.
  const hasPeer = handle?.getpeername ? handle.getpeername({}) === 0 : socket.remotePort !== undefined;
  return !hasPeer || isEndedProperly === false;
}
