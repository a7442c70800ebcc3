import type { Readable } from 'node:stream';
import type { ClientConfig, ClientTls } from '../../lib/config/resolved.js';
import { GatewayError } from '../../lib/errors.js';
import { silentLogger } from '../../lib/logger.js';
import type { BackendRequest } from '../../lib/proxy.js';
import { createAxios } from '../../lib/transport/axios.js';
import { createOrigins } from '../../lib/transport/origin.js';
import type { BackendResponse, Transport } from '../../lib/transport/transport.js';
import { createWire, type TransportSettings, type Wire } from '../../lib/transport/wire.js';

export const NO_TLS: ClientTls = {
  allow_insecure_connections: false,
  ca_certs: [],
  disable_system_ca_pool: false,
  cipher_suites: [],
  client_certs: [],
};

export const CLIENT: ClientConfig = {
  max_idle_connections_per_host: 250,
  max_connections_per_host: 128,
  connection_rest: 0,
  disable_keep_alives: false,
  disable_compression: false,
  client_tls: NO_TLS,
};

export const SETTINGS: TransportSettings = {
  name: 'backend[0] GET /things',
  stream: false,
  isolateConnections: false,
  maxBody: 100_000,
  maxHeaderBytes: 16 * 1024,
  connectTimeout: 1_000,
  redirects: 'follow',
  sendBodyOnRedirect: false,
};

/** A wire over our own sockets. */
export function openWire(client: Partial<ClientConfig> = {}, origins = createOrigins(silentLogger)): Wire {
  return createWire({ axios: createAxios(), client: { ...CLIENT, ...client }, origins });
}

export interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Readable | Buffer;
  readonly signal?: AbortSignal;
  readonly stream?: boolean;
}

export function requestTo(url: string, parts: RequestParts = {}): BackendRequest {
  return {
    method: parts.method ?? 'GET',
    path: '/',
    params: {},
    query: [],
    headers: Object.assign(Object.create(null), parts.headers),
    body: parts.body,
    signal: parts.signal ?? new AbortController().signal,
    client: { ip: '127.0.0.1', headers: Object.create(null) },
    url,
    stream: parts.stream ?? false,
  };
}

export interface Outcome {
  readonly status?: number;
  readonly headers?: BackendResponse['headers'];
  readonly text?: string;
  /** The code of the error that ended the call or its body. */
  readonly code?: string;
  readonly message?: string;
}

/** Runs a call to its very end, body included, whatever the end is. */
export async function outcomeOf(call: ReturnType<Transport>): Promise<Outcome> {
  let response: BackendResponse;
  try {
    response = await call;
  } catch (error) {
    return failure(error);
  }
  const { status, headers, body } = response;
  if (Buffer.isBuffer(body)) return { status, headers, text: body.toString('latin1') };
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer);
  } catch (error) {
    return { status, headers, ...failure(error) };
  }
  return { status, headers, text: Buffer.concat(chunks).toString('latin1') };
}

function failure(error: unknown): Outcome {
  if (error instanceof GatewayError) return { code: error.code, message: error.message };
  throw error;
}
