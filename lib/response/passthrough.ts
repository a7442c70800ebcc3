import type { IncomingMessage, ServerResponse } from 'node:http';
import { brokenOff } from '../core/backend-failure.js';
import { BackendError, GatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Headers, ProxyResponse } from '../proxy.js';
import { keepCookiesPrivate } from './cookie-privacy.js';
import { announceClose, cutUnlessTaken } from './cut.js';
import type { FailureLog } from './failure-log.js';
import { pipeBody } from './pipe.js';
import { type Earlier, setHeaders, undo } from './set-headers.js';

export interface PassthroughOptions {
  /** The endpoint, as messages name it. */
  readonly name: string;
  readonly completedHeader: string;
  /** Headers, in lower case, that are set already: those of the answer are dropped. */
  readonly ownHeaders: ReadonlySet<string>;
  readonly logger: Logger;
  readonly log: FailureLog;
  /** Answers in place of what cannot be passed on. */
  writeError(request: IncomingMessage, response: ServerResponse, error: GatewayError): void;
  /** Is called with a failure that comes when the answer has begun. */
  readonly onFailure?: ((request: IncomingMessage, error: GatewayError) => void) | undefined;
}

/** Passes the answer of a backend on as it is: status, headers and body. */
export function createPassthroughWriter({
  name,
  completedHeader,
  ownHeaders,
  logger,
  log,
  writeError,
  onFailure,
}: PassthroughOptions): (request: IncomingMessage, response: ServerResponse, answer: ProxyResponse) => void {
  return function writePassthrough(request, response, answer) {
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
      onFailure?.(request, error);
    }

    function toStreamFailure(thrown: unknown): GatewayError {
      return thrown instanceof GatewayError ? thrown : brokenOff(name);
    }

    const problem =
      checkHead(metadata.status, metadata.headers) ?? setPassedHeaders(response, metadata.headers, ownHeaders, earlier);
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
  };
}

/** Sets what passes; a text says why nothing may be sent. */
function setPassedHeaders(
  response: ServerResponse,
  headers: Headers,
  skipped: ReadonlySet<string>,
  earlier: Earlier,
): string | undefined {
  try {
    setHeaders(response, headers, skipped, earlier);
    return undefined;
  } catch {
    return 'the backend sent a header that must not be passed on';
  }
}

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

function endByClosing(request: IncomingMessage, response: ServerResponse): void {
  announceClose(request, response);
  response.removeHeader('Transfer-Encoding');
}

function isBodiless(request: IncomingMessage, status: number): boolean {
  return request.method === 'HEAD' || status === 204 || status === 304;
}

/** A body that is not wanted. */
export function destroyBody(body: ProxyResponse['body'], error?: Error): void {
  if (body === undefined || Buffer.isBuffer(body)) return;
  // It may still report why it ended.
  body.on('error', ignore);
  body.destroy(error);
}

function ignore(): void {}
