import type { IncomingMessage, ServerResponse } from 'node:http';
import { BackendError, EndpointError, type GatewayError, RejectedError, RequestError } from '../errors.js';
import { announcesBody } from '../request/body.js';
import { hasArrived } from '../request/framing.js';
import { clientTextOf } from './client-text.js';
import { announceClose } from './cut.js';
import { setHeader } from './header-value.js';
import { endAndLinger } from './pipe.js';

/** `krakend`: a failure is 500. `http`: 502, 503 and 504 say what happened. */
export type Statuses = 'krakend' | 'http';
/** `empty`, or `json` with the code and a sentence for clients. */
export type ErrorBody = 'empty' | 'json';

/** Answers a request that failed. */
export type ErrorWriter = (request: IncomingMessage, response: ServerResponse, error: GatewayError) => void;

export interface ErrorWriterOptions {
  /** Undefined: none is written. */
  readonly completedHeader: string | undefined;
  readonly statuses?: Statuses | undefined;
  readonly errors?: ErrorBody | undefined;
  readonly returnErrorMsg?: boolean | undefined;
}

const PLAIN = 'text/plain; charset=utf-8';
/** What Node takes as the value of a header without an objection. */
const VISIBLE = /^[\t\x20-\x7e]+$/;
const JSON_TYPE = 'application/json; charset=utf-8';

/** Seconds, where no cause says another time. */
const RETRY_AFTER = 1;
/** A body up to this size is read to its end, so that the connection can stay. */
const CHEAP_BODY = 64 * 1024;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
}

export function createErrorWriter(options: ErrorWriterOptions): ErrorWriter {
  const { completedHeader, statuses = 'krakend', errors = 'empty', returnErrorMsg = false } = options;

  function statusOf(error: GatewayError): number {
    const exposed = error instanceof BackendError ? error.details.exposed : undefined;
    if (exposed !== undefined) return exposed.status >= 200 && exposed.status <= 599 ? exposed.status : 502;
    if (error instanceof RequestError || error.kind.isTemporary) return error.status;
    return statuses === 'http' ? error.status : 500;
  }

  function describe(error: GatewayError): Answer {
    const exposed = error instanceof BackendError ? error.details.exposed : undefined;
    if (exposed !== undefined && returnErrorMsg) {
      const { contentType, body } = exposed;
      const isVisible = contentType !== undefined && VISIBLE.test(contentType);
      return { status: statusOf(error), contentType: isVisible ? contentType : PLAIN, body };
    }
    return { status: statusOf(error), ...bodyOf(error) };
  }

  function bodyOf(error: GatewayError): Pick<Answer, 'contentType' | 'body'> {
    const isOwnFault = error instanceof RequestError;
    const message = returnErrorMsg && !isOwnFault ? textOf(error) : clientTextOf(error);
    if (errors === 'json') {
      return { contentType: JSON_TYPE, body: JSON.stringify({ error: { code: error.code, message } }) };
    }
    return { contentType: PLAIN, body: returnErrorMsg || isOwnFault ? message : '' };
  }

  return function writeError(request, response, error) {
    if (error instanceof RejectedError) {
      response.statusCode = error.status;
      for (const [name, value] of Object.entries(error.headers)) tryHeader(response, name, value);
      send(request, response, '');
      return;
    }
    const { status, contentType, body } = describe(error);
    response.statusCode = status;
    if (completedHeader !== undefined && !(error instanceof RequestError)) response.setHeader(completedHeader, 'false');
    if (status === 503) response.setHeader('Retry-After', retryAfterOf(error));
    if (error.kind.endsConnection) announceClose(request, response);
    if (body.length > 0) {
      response.setHeader('Content-Type', contentType);
      response.setHeader('X-Content-Type-Options', 'nosniff');
    }
    send(request, response, body);
  };
}

/** Whole seconds until one of those that failed can be asked again. */
function retryAfterOf(error: GatewayError): number {
  if (error instanceof EndpointError && error.causes.length > 0) return Math.min(...error.causes.map(retryAfterOf));
  const seconds = error instanceof BackendError ? error.details.retryAfter : undefined;
  return Math.max(RETRY_AFTER, Math.ceil(seconds ?? RETRY_AFTER));
}

/** For `return_error_msg`. Names backends by their place in the configuration, and holds no host, value or stack. */
function textOf(error: GatewayError): string {
  const causes = error instanceof EndpointError ? error.causes : [];
  return causes.length === 0 ? error.message : causes.map((cause) => cause.message).join('\n');
}

/** A rejection stays one, even where a header of it cannot be sent. */
function tryHeader(response: ServerResponse, name: string, value: string): void {
  try {
    setHeader(response, name, value);
  } catch {
    response.removeHeader(name);
  }
}

function send(request: IncomingMessage, response: ServerResponse, text: string | Buffer): void {
  // Node would write a text together with the head, and the head in the encoding of the text.
  const body = typeof text === 'string' ? Buffer.from(text) : text;
  response.setHeader('Content-Length', body.length);
  // After a message without a known end there is nothing to wait for: its parser would only fail on the rest.
  const isLost = response.getHeader('Connection') === 'close';
  if (isLost || !announcesBody(request) || hasArrived(request)) {
    response.end(body);
    return;
  }
  if (Number(request.headers['content-length']) <= CHEAP_BODY) {
    response.end(body);
    request.resume();
    return;
  }
  announceClose(request, response);
  endAndLinger(request, response, body);
}
