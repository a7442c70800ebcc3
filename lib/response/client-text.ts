import { type ErrorCode, type GatewayError, RequestError } from '../errors.js';

/** What a client is told about its own mistake: the same words each time, without anything about the system behind. */
const REQUEST_TEXTS: Partial<Record<ErrorCode, string>> = {
  ERR_REQUEST_PATH: 'error: encoded url params',
  ERR_REQUEST_QUERY: 'error: malformed query string',
  ERR_REQUEST_HEADERS: 'error: too many headers',
  ERR_REQUEST_FRAMING: 'error: ambiguous request',
  ERR_REQUEST_BODY: 'error: incomplete request body',
  ERR_REQUEST_BODY_SIZE: 'error: request body too large',
  ERR_REQUEST_BODY_CONSUMED: 'error: request body not available',
  ERR_LOOP: 'error: request loop',
};

const TOO_LATE = 'The answer took too long.';
const NOT_NOW = 'The service is not available at the moment; try again later.';
const NEEDED_FAILED = 'A service that this answer needs has failed.';
/** What a client is told about a failure of ours: nothing that names a backend, and no advice for operators. */
const FAILURE_TEXTS: Partial<Record<ErrorCode, string>> = {
  ERR_ENDPOINT_TIMEOUT: TOO_LATE,
  ERR_BACKEND_TIMEOUT: TOO_LATE,
  ERR_OVERLOADED: NOT_NOW,
  ERR_CLOSING: NOT_NOW,
  ERR_BREAKER_OPEN: NOT_NOW,
  ERR_BACKEND_LIMIT: NOT_NOW,
  ERR_BACKEND_HOSTS: NOT_NOW,
  ERR_ENDPOINT_FAILED: 'The services that this answer needs have failed.',
  ERR_BACKEND_CONNECTION: NEEDED_FAILED,
  ERR_BACKEND_PROTOCOL: NEEDED_FAILED,
  ERR_BACKEND_SIZE: NEEDED_FAILED,
  ERR_BACKEND_REDIRECT: NEEDED_FAILED,
  ERR_BACKEND_STATUS: NEEDED_FAILED,
  ERR_BACKEND_DECODE: NEEDED_FAILED,
};

/** One sentence that a client may see; the log has the one that helps operators. */
export function clientTextOf(error: GatewayError): string {
  const { code, status } = error;
  if (!(error instanceof RequestError)) return FAILURE_TEXTS[code] ?? 'The request could not be served.';
  if (code === 'ERR_REQUEST_HEADERS' && status === 400) return 'error: malformed headers';
  return REQUEST_TEXTS[code] ?? 'error: bad request';
}
