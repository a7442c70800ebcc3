import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Held, holdOnly } from '../core/buffer-budget.js';
import { addToList } from '../core/list-header.js';
import type { EncodedBody, Encoder } from '../encoding/encoding.js';
import { GatewayError, toGatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Headers, ProxyResponse } from '../proxy.js';
import { keepCookiesPrivate } from './cookie-privacy.js';
import { breakOff } from './cut.js';
import { createErrorWriter, type ErrorBody, type Statuses } from './error-response.js';
import { createFailureLog } from './failure-log.js';
import { createPassthroughWriter, destroyBody } from './passthrough.js';
import { type Earlier, setHeaders, undo } from './set-headers.js';

/** Writes the answer of an endpoint. The first answer wins: once one was begun, the others do nothing. */
export interface ResponseWriter {
  /**
   * Writes what the endpoint made. Does not throw: what cannot be encoded or passed on becomes an error answer. From then
   * on the request holds what its client has not taken.
   */
  write(request: IncomingMessage, response: ServerResponse, answer: ProxyResponse, held?: Held): void;
  /** Writes the answer of a failure; cuts the connection when part of another answer was already sent. */
  writeError(request: IncomingMessage, response: ServerResponse, error: GatewayError): void;
}

export interface ResponseWriterOptions {
  /** The path of the endpoint and its method, for the log. */
  readonly endpoint: string;
  readonly method: string;
  /** Undefined where the backend's answer is passed on untouched (`no-op`). */
  readonly encode: Encoder | undefined;
  /**
   * Seconds of `Cache-Control: public, max-age=…` on complete answers, decimals cut off, `private` where one sets a cookie; 0
   * for none.
   */
  readonly cache_ttl: number;
  /** Whether a 202 or 204 of the only backend stays one (`return_error_code`). Default: false, every answer is 200. */
  readonly keepsStatus?: boolean | undefined;
  /** Name of the header that says whether the answer is complete. Default: `X-Krakend-Completed`. */
  readonly completedHeader?: string | undefined;
  /** Whether failures keep KrakenD's 500 or tell the honest status. Default: `krakend`. */
  readonly statuses?: Statuses | undefined;
  /** What the body of a failure contains. Default: `empty`. */
  readonly errors?: ErrorBody | undefined;
  /** The router's `return_error_msg`: the message of the failure is the body. Default: false. */
  readonly returnErrorMsg?: boolean | undefined;
  /** Headers, in lower case, that the gateway's policies set: those of an answer are dropped. Default: none. */
  readonly ownHeaders?: ReadonlySet<string> | undefined;
  readonly logger: Logger;
  /** Is called with every failure, before the client is answered. */
  readonly onFailure?: ((request: IncomingMessage, error: GatewayError) => void) | undefined;
}

/** Headers of the metadata that would contradict the body we write. */
const DESCRIBES_BODY = new Set(['content-length', 'content-type', 'content-encoding', 'content-range', 'content-md5']);

export function createResponseWriter(options: ResponseWriterOptions): ResponseWriter {
  const { encode, cache_ttl: cacheTtl, completedHeader = 'X-Krakend-Completed', keepsStatus, logger } = options;
  const name = `${options.method} ${options.endpoint}`;
  const cacheControl = cacheTtl > 0 ? `public, max-age=${Math.floor(cacheTtl)}` : undefined;
  const { ownHeaders = NOTHING } = options;
  const skippedDecoded = new Set([...DESCRIBES_BODY, ...ownHeaders]);
  const writeFailure = createErrorWriter({ ...options, completedHeader });
  const log = createFailureLog(name, logger);

  function writeError(request: IncomingMessage, response: ServerResponse, error: GatewayError): void {
    options.onFailure?.(request, error);
    if (response.writableEnded || response.destroyed) return;
    if (response.headersSent || error.code === 'ERR_CLIENT_CLOSED') breakOff(response);
    else writeFailure(request, response, error);
  }

  const writePassthrough = createPassthroughWriter({
    name,
    completedHeader,
    ownHeaders,
    logger,
    log,
    writeError,
    onFailure: options.onFailure,
  });

  function writeEncoded(
    response: ServerResponse,
    answer: ProxyResponse,
    encoded: EncodedBody,
    earlier: Earlier,
    held?: Held,
  ): void {
    if (!isOpen(response)) return;
    const hasData = answer.data !== null && hasKeys(answer.data);
    // The two that can be refused come first.
    if (encoded.vary !== undefined) addToList(response, 'Vary', encoded.vary);
    response.setHeader('Content-Type', encoded.contentType);
    if (hasData) setOwnHeaders(response, answer.metadata.headers, earlier);
    const isComplete = answer.isComplete && (answer.isEmpty === true || hasData);
    const { body } = encoded;
    const length = Buffer.byteLength(body);
    holdOnly(held, length);
    response.statusCode = statusOf(answer, hasData);
    response.setHeader(completedHeader, isComplete ? 'true' : 'false');
    if (isComplete && cacheControl !== undefined) response.setHeader('Cache-Control', cacheControl);
    keepCookiesPrivate(response);
    if (response.statusCode === 204) {
      response.removeHeader('Content-Type');
      response.end();
      return;
    }
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Length', length);
    // Text goes out together with the head, in one piece and one encoding: that of the head.
    if (typeof body !== 'string') response.end(body);
    else if (body.length === length) response.end(body, 'latin1');
    else response.end(Buffer.from(body));
  }

  /** Data that has been added to an empty answer makes it 200. */
  function statusOf({ metadata: { status } }: ProxyResponse, hasData: boolean): number {
    if (!keepsStatus) return 200;
    return status === 202 || (status === 204 && !hasData) ? status : 200;
  }

  function setOwnHeaders(response: ServerResponse, headers: Headers, earlier: Earlier): void {
    try {
      setHeaders(response, headers, skippedDecoded, earlier);
    } catch {
      throw new GatewayError('ERR_INTERNAL', `${name} has a header whose value HTTP cannot carry; encode it first`);
    }
  }

  function writeDecoded(request: IncomingMessage, response: ServerResponse, answer: ProxyResponse, held?: Held): void {
    const accept = request.headers.accept;
    const earlier: Earlier = Object.create(null);
    function refuse(thrown: unknown): void {
      undo(response, earlier);
      if (!response.headersSent) response.removeHeader('Content-Type');
      logger.error({ endpoint: name }, 'the answer could not be written');
      writeError(request, response, toGatewayError(thrown));
    }
    try {
      const encoded = (encode as Encoder)(answer.data, { accept });
      if (!(encoded instanceof Promise)) writeEncoded(response, answer, encoded, earlier, held);
      else encoded.then((value) => writeEncoded(response, answer, value, earlier, held)).catch(refuse);
    } catch (thrown) {
      refuse(thrown);
    }
  }

  return {
    write(request, response, answer, held) {
      if (!isOpen(response)) destroyBody(answer.body);
      else if (encode === undefined) writePassthrough(request, response, answer);
      else writeDecoded(request, response, answer, held);
    },
    writeError,
  };
}

const NOTHING: ReadonlySet<string> = new Set();

function isOpen(response: ServerResponse): boolean {
  return !response.headersSent && !response.writableEnded && !response.destroyed;
}

function hasKeys(data: object): boolean {
  for (const _ in data) return true;
  return false;
}
