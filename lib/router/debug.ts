import type { IncomingMessage, ServerResponse } from 'node:http';
import { toGatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import { createBodyReader } from '../request/body.js';
import { splitTarget } from '../request/target.js';
import { createErrorWriter } from '../response/error-response.js';
import { sendJson } from '../response/json-response.js';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Names of headers and query parameters whose values are secret. */
const SECRET = /auth|cookie|token|secret|password|passwd|session|signature|api[-_]?key|^key$|^sig$|^code$/i;
const REDACTED = '[redacted]';
const ECHO_LIMIT = 1024 * 1024;

/** `/__debug/`: a backend to point endpoints at; answers `{"message":"pong"}` and logs the request without its secrets. */
export function createDebug(logger: Logger): Handle {
  return function answerDebug(request, response) {
    const { path, query } = splitTarget(request.url ?? '/');
    const fields = {
      method: request.method,
      path,
      query: redact(Object.entries(readPairs(query))),
      headers: redact(Object.entries(request.headersDistinct)),
    };
    logger.debug(fields, 'request to /__debug/');
    sendJson(response, 200, { message: 'pong' });
  };
}

/** `/__echo/`: tells the client what arrived of its request, up to 1 MiB of body. */
export function createEcho(): Handle {
  const readBody = createBodyReader({ limit: ECHO_LIMIT, mode: 'buffer' });
  const writeError = createErrorWriter({ completedHeader: undefined });

  return function answerEcho(request, response) {
    function fail(thrown: unknown): void {
      if (response.headersSent || response.destroyed) return;
      writeError(request, response, toGatewayError(thrown));
    }

    function echo(body: unknown): void {
      const { path, query } = splitTarget(request.url ?? '/');
      sendJson(response, 200, {
        req_uri: request.url,
        req_uri_details: { user: '', host: request.headers.host ?? '', path, query, fragment: '' },
        req_method: request.method,
        req_querystring: readPairs(query),
        req_body: Buffer.isBuffer(body) ? body.toString() : '',
        req_headers: request.headersDistinct,
      });
    }

    try {
      Promise.resolve(readBody(request, response)).then(echo).catch(fail);
    } catch (thrown) {
      fail(thrown);
    }
  };
}

function readPairs(query: string): Record<string, string[]> {
  const pairs: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    pairs[name] ??= [];
    pairs[name].push(value);
  }
  return pairs;
}

function redact(entries: [string, string[] | undefined][]): Record<string, string> {
  const safe: Record<string, string> = Object.create(null);
  for (const [name, values = []] of entries) safe[name] = SECRET.test(name) ? REDACTED : values.join(', ');
  return safe;
}
