import type { IncomingMessage, ServerResponse } from 'node:http';
import { brokenOff } from '../core/backend-failure.js';
import { type Held, holdOnly } from '../core/buffer-budget.js';
import { isHopByHop } from '../core/http-headers.js';
import { addToList, isList, joinLists, toValue } from '../core/list-header.js';
import type { EncodedBody, Encoder } from '../encoding/encoding.js';
import { BackendError, GatewayError, toGatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Headers, ProxyResponse } from '../proxy.js';
import { nominated } from '../request/headers.js';
import { keepCookiesPrivate } from './cookie-privacy.js';
import { announceClose, breakOff, cutUnlessTaken } from './cut.js';
import { createErrorWriter, type ErrorBody, type Statuses } from './error-response.js';
import { createFailureLog } from './failure-log.js';
import { setHeader } from './header-value.js';
import { pipeBody } from './pipe.js';

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

  function writePassthrough(request: IncomingMessage, response: ServerResponse, answer: ProxyResponse): void {
    const { metadata, body } = answer;
    const earlier: Earlier = Object.create(null);

    function refuse(error: GatewayError): void {
      undo(response, earlier);
      writeError(request, response, error);
    }

    function onEarlyFailure(thrown: unknown): void {
      const error = toStreamFailure(thrown);
      log.failed(error);
      refuse(error);
      // The time of the endpoint may be up, which leaves this answer some of its own.
      cutUnlessTaken(response);
    }

    function onCut(thrown: unknown): void {
      const error = toStreamFailure(thrown);
      if (error.code === 'ERR_CLIENT_CLOSED') return;
      log.cut(error);
      options.onFailure?.(request, error);
    }

    function toStreamFailure(thrown: unknown): GatewayError {
      return thrown instanceof GatewayError ? thrown : brokenOff(name);
    }

    const problem =
      checkHead(metadata.status, metadata.headers) ?? setPassedHeaders(response, metadata.headers, earlier);
    if (problem !== undefined) {
      const error = new BackendError('ERR_BACKEND_PROTOCOL', `${name} cannot be answered: ${problem}.`);
      destroyBody(body, error);
      logger.error({ endpoint: name }, problem);
      refuse(error);
      return;
    }
    response.statusCode = metadata.status;
    response.setHeader(completedHeader, 'false');
    keepCookiesPrivate(response);

    if (isBodiless(request, metadata.status)) {
      if (metadata.status === 204) response.removeHeader('content-length');
      destroyBody(body);
      response.end();
    } else if (body === undefined || Buffer.isBuffer(body)) {
      response.setHeader('Content-Length', body?.length ?? 0);
      response.end(body);
    } else {
      const length = metadata.headers['content-length'];
      // What only the end of a connection ended goes on like that: chunks would promise the client that it is whole.
      if (!answer.isComplete && length === undefined) endByClosing(request, response);
      pipeBody({
        response,
        body,
        length: length === undefined ? undefined : Number(length),
        onEarlyFailure,
        onCut,
      });
    }
  }

  /** Sets what passes; a text says why nothing may be sent. */
  function setPassedHeaders(response: ServerResponse, headers: Headers, earlier: Earlier): string | undefined {
    try {
      setHeaders(response, headers, ownHeaders, earlier);
      return undefined;
    } catch {
      return 'the backend sent a header that must not be passed on';
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
/** With two of these in one answer, it is unknown which one the client believes. */
const SINGLETONS = ['content-length', 'content-type', 'location', 'content-encoding', 'etag'];

function checkHead(status: number, headers: Headers): string | undefined {
  if (!Number.isInteger(status) || status < 200 || status > 599) return 'the backend sent a status that is none';
  const length = headers['content-length'];
  if (length !== undefined && !(typeof length === 'string' && /^\d{1,15}$/.test(length))) {
    return 'the backend sent a Content-Length that is none';
  }
  const contradicts = SINGLETONS.some((name) => Array.isArray(headers[name]) && new Set(headers[name]).size > 1);
  return contradicts ? 'the backend contradicts itself in its headers' : undefined;
}

/** What an earlier middleware had set, under the names of the headers that were set since. */
type Earlier = Record<string, ReturnType<ServerResponse['getHeader']>>;

/**
 * Sets the headers that are meant for the client. Cookies and lists join those that an earlier middleware has set; other
 * headers take their place.
 */
function setHeaders(response: ServerResponse, headers: Headers, skipped: ReadonlySet<string>, earlier: Earlier): void {
  const dropped = nominated(headers['connection']);
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || isHopByHop(name) || skipped.has(name) || dropped.includes(name)) continue;
    const existing = response.getHeader(name);
    earlier[name] = Array.isArray(existing) ? [...existing] : existing;
    if (name === 'set-cookie') response.appendHeader(name, value);
    else if (existing !== undefined && isList(name))
      setHeader(response, name, joinLists(name, toValue(existing), value));
    else setHeader(response, name, value);
  }
}

/** An error answer has what the app has set, and nothing of a backend. */
function undo(response: ServerResponse, earlier: Earlier): void {
  if (response.headersSent) return;
  for (const name in earlier) {
    const value = earlier[name];
    if (value === undefined) response.removeHeader(name);
    else setHeader(response, name, toValue(value));
  }
}

function isOpen(response: ServerResponse): boolean {
  return !response.headersSent && !response.writableEnded && !response.destroyed;
}

function endByClosing(request: IncomingMessage, response: ServerResponse): void {
  announceClose(request, response);
  response.removeHeader('Transfer-Encoding');
}

function isBodiless(request: IncomingMessage, status: number): boolean {
  return request.method === 'HEAD' || status === 204 || status === 304;
}

function destroyBody(body: ProxyResponse['body'], error?: Error): void {
  if (body === undefined || Buffer.isBuffer(body)) return;
  // It may still report why it ended.
  body.on('error', ignore);
  body.destroy(error);
}

function ignore(): void {}

function hasKeys(data: object): boolean {
  for (const _ in data) return true;
  return false;
}
