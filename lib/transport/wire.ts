import type { ClientConfig, ClientTls } from '../config/resolved.js';
import type { AddressKind } from './address-kind.js';
import { type AxiosLike, createAxiosTransport } from './axios.js';
import { createExchange } from './exchange.js';
import { createInflate, type Inflate } from './inflate.js';
import type { Origins } from './origin.js';
import { createPools } from './pool.js';
import { followRedirects } from './redirect.js';
import { createSemaphore } from './semaphore.js';
import type { Transport } from './transport.js';

/** What one backend asks of the wire; times in milliseconds, sizes in bytes. */
export interface TransportSettings {
  /** How errors name the backend, e.g. `backend[1] GET /orders/{id}`. */
  readonly name: string;
  /** True hands the body on as a stream, untouched (`no-op`); false collects and inflates it. */
  readonly stream: boolean;
  /** True never sends two exchanges over one socket, for peers whose answers may get out of step. */
  readonly isolateConnections: boolean;
  /** Largest body, on the wire and inflated; `Infinity` for none. */
  readonly maxBody: number;
  /** Largest head of an answer: names and values together. */
  readonly maxHeaderBytes: number;
  /** Time for TCP and TLS to get ready. */
  readonly connectTimeout: number;
  /** Which redirects are followed; the others are handed on. */
  readonly redirects: 'same-origin' | 'follow' | 'none';
  /** True follows 307 and 308 of a request with a buffered body, within its origin. */
  readonly sendBodyOnRedirect: boolean;
  /** Certificates and their checks; those of the client settings when absent. */
  readonly tls?: ClientTls;
}

export interface WireOptions {
  /** One of `createAxios`, or a user's own instance. */
  readonly axios: AxiosLike;
  readonly client: ClientConfig;
  /** Shared by all wires of a gateway. */
  readonly origins: Origins;
  /** What the gateway calls itself in `Via`; undefined: nowhere. */
  readonly via?: string | undefined;
}

/** The way out to all backends of a gateway. */
export interface Wire {
  /**
   * The wire to one backend.
   *
   * @throws {ConfigError} when certificates or keys cannot be used
   */
  transportFor(settings: TransportSettings): Transport;
  /** Names the one listener that is called whenever an origin sends bytes no request asked for. Absent without sockets. */
  onStray?(listener: (origin: string) => void): void;
  /** Ends what is still under way and closes every socket. */
  close(): Promise<void>;
}

/** As many as there are threads to inflate them. */
const LARGE_BODIES_AT_ONCE = 4;

/** Sockets are shared by all backends of one origin that ask for the same treatment. */
export function createWire({ axios, client, origins, via }: WireOptions): Wire {
  let tellOfStray: (origin: string) => void = ignore;
  const pools = createPools(client, origins, (origin) => tellOfStray(origin));
  const gate = createSemaphore(LARGE_BODIES_AT_ONCE);

  function transportFor(settings: TransportSettings): Transport {
    const { name, stream, maxBody, redirects } = settings;
    const poolFor = pools.group({
      isolate: settings.isolateConnections,
      maxHeaderBytes: settings.maxHeaderBytes,
      connectTimeout: settings.connectTimeout,
      tls: settings.tls ?? client.client_tls,
    });
    const isCompressed = !stream && !client.disable_compression;
    const send = createSend();
    const byKind = new Map<AddressKind, Transport>();
    const followed =
      redirects === 'none' ? send : followRedirects({ ...settings, redirects }, send, sendRedirectedFrom);
    return stream ? followed : inflating(createInflate({ name, maxBody, gate }), followed);

    function createSend(redirectedFrom?: AddressKind): Transport {
      const exchange = createExchange({
        name,
        stream,
        maxBody,
        responseHeaderTimeout: client.response_header_timeout ?? 0,
        poolFor: redirectedFrom === undefined ? poolFor : (origin) => poolFor(origin, redirectedFrom),
      });
      const rules = { name, stream, maxBody, compress: isCompressed, decode: !stream, via, redirectedFrom };
      return createAxiosTransport(axios, rules, exchange);
    }

    function sendRedirectedFrom(kind: AddressKind): Transport {
      const present = byKind.get(kind) ?? createSend(kind);
      byKind.set(kind, present);
      return present;
    }
  }

  function onStray(listener: (origin: string) => void): void {
    tellOfStray = listener;
  }

  return { transportFor, onStray, close: pools.close };
}

function ignore(): void {}

function inflating(inflate: Inflate, next: Transport): Transport {
  return function inflated(request) {
    return next(request).then((response) => inflate(response, request.signal, request.held));
  };
}
