import { Agent, fetch } from 'undici';
import { Collector } from '../core/collect.js';
import { BackendError } from '../errors.js';

/** The part of `fetch` that registries are read with. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export interface FetchInit {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly redirect: 'error';
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface RegistryTls {
  /** Certificates of the authorities to trust, as PEM. Default: those of Node. */
  readonly ca?: string | readonly string[];
  /** Certificate and key to show to the registry, as PEM. */
  readonly cert?: string;
  readonly key?: string;
}

export interface RegistryOptions {
  /** Certificates for `https` addresses. */
  readonly tls?: RegistryTls;
  /** Replaces the HTTP client; `tls` is then its own business. */
  readonly fetch?: FetchLike;
}

const MAX_ANSWER_BYTES = 8 * 2 ** 20;

/** The HTTP client of one registry. Its sockets do not keep the process alive while nothing is asked. */
export function createRegistryFetch({ tls, fetch: own }: RegistryOptions): FetchLike {
  // The caller has a time limit, and a question may stay open for as long as nothing changes.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, ...(tls && { connect: toConnect(tls) }) });
  const send: FetchLike = own ?? ((url, init) => fetch(url, { ...init, dispatcher }));

  return async function registryFetch(url, init) {
    try {
      return await send(url, init);
    } catch (error) {
      throw unreachable(error);
    }
  };
}

/** The JSON of an answer; rejects when it is no success, too large or no JSON. */
export async function readJson(answer: FetchAnswer): Promise<unknown> {
  const content = new Collector();
  for await (const chunk of bodyOf(answer)) {
    if (content.size + chunk.length > MAX_ANSWER_BYTES) throw protocol('answers with more than 8 MiB');
    content.add(chunk);
  }
  return parse(content.take().toString());
}

/** One JSON document per line, as they arrive. */
export async function* readJsonLines(answer: FetchAnswer): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bodyOf(answer)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_ANSWER_BYTES) throw protocol('answers with more than 8 MiB');
    for (const line of lines) if (line.trim() !== '') yield parse(line);
  }
  if (rest.trim() !== '') yield parse(rest);
}

/** A failure that is the registry's. */
export function protocol(what: string): BackendError {
  return new BackendError('ERR_BACKEND_PROTOCOL', `The service registry ${what}: check its address and version.`);
}

/** The client's own error names hosts; its code, which fetch hides in the cause, does not. */
function unreachable(error: unknown): BackendError {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const known = [cause?.code, code].find((value) => typeof value === 'string') ?? 'no code';
  const message = `The service registry cannot be reached (${known}): check its address.`;
  return new BackendError('ERR_BACKEND_CONNECTION', message);
}

function bodyOf({ status, body }: FetchAnswer): AsyncIterable<Uint8Array> {
  if (status === 200 && body !== null) return body;
  // It is not read; without an end the connection would stay busy.
  (body as { cancel?(): Promise<void> } | null)?.cancel?.().catch(ignore);
  const advice = status === 401 || status === 403 ? 'check the credentials' : 'check its address and state';
  throw new BackendError('ERR_BACKEND_STATUS', `The service registry answers with status ${status}: ${advice}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw protocol('answers with something other than JSON');
  }
}

function toConnect({ ca, cert, key }: RegistryTls): object {
  return {
    ...(ca !== undefined && { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function ignore(): void {}
