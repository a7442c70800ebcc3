import type { IncomingMessage } from 'node:http';
import type { Held } from '../core/buffer-budget.js';
import type { ProxyRequest } from '../proxy.js';
import type { RawParams } from '../router/matcher.js';
import type { ClientIp } from './client-ip.js';
import { checkHeaderLines, checkHost, checkTransferEncoding } from './framing.js';
import { createHeaderReader } from './headers.js';
import { createLoopCheck } from './loop.js';
import { decodeParams } from './params.js';
import { createQueryReader } from './query.js';
import { splitTarget } from './target.js';

/**
 * Turns what came in into what the endpoint lets in. To be called before the body is read, so that a request which cannot
 * be served costs nothing; the body is added later.
 *
 * @throws {RequestError} when path, query, headers or framing cannot be passed on safely.
 */
export type RequestReader = (
  request: IncomingMessage,
  params: RawParams,
  signal: AbortSignal,
  held?: Held,
) => ProxyRequest;

export interface RequestReaderOptions {
  /** Names of the headers to let in, `*` for all; without any, only `Content-Type`. */
  readonly input_headers?: readonly string[] | undefined;
  /** Names of the query parameters to let in, `*` for all; without any, none. */
  readonly input_query_strings?: readonly string[] | undefined;
  /** What the gateway calls itself towards backends. */
  readonly userAgent: string;
  /** What it calls itself in `Via`; undefined where it does not. */
  readonly via?: string | undefined;
  readonly clientIp: ClientIp;
}

export function createRequestReader(options: RequestReaderOptions): RequestReader {
  const { userAgent, clientIp } = options;
  const readHeaders = createHeaderReader({ names: options.input_headers, userAgent });
  const readQuery = createQueryReader(options.input_query_strings);
  const checkLoop = createLoopCheck(options.via);

  return function readRequest(request, rawParams, signal, held) {
    checkTransferEncoding(request);
    checkHeaderLines(request);
    checkHost(request);
    checkLoop(request);
    const { path, query } = splitTarget(request.url ?? '/');
    const ip = clientIp(request);
    const headers = readHeaders(request, ip);
    return {
      method: request.method ?? 'GET',
      path,
      params: decodeParams(rawParams),
      query: readQuery(query),
      headers: request.readableDidRead ? withoutCoding(headers) : headers,
      body: undefined,
      signal,
      client: { ip, headers: request.headers },
      held,
    };
  };
}

/** A body parser was here before us and has inflated the body, so its coding is gone. */
function withoutCoding(headers: ProxyRequest['headers']): ProxyRequest['headers'] {
  if (headers['content-encoding'] === undefined) return headers;
  const { 'content-encoding': _, ...rest } = headers;
  return Object.assign(Object.create(null), rest);
}
