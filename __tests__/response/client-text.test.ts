import { expect, test } from 'vitest';
import {
  BackendError,
  EndpointError,
  ERROR_KINDS,
  type ErrorCode,
  GatewayError,
  RequestError,
} from '../../lib/errors.js';
import { clientTextOf } from '../../lib/response/client-text.js';

const SECRET = 'backend[0] GET /internal/{id}: raise the limit of http://users.internal';

const CODES = Object.keys(ERROR_KINDS) as ErrorCode[];

test.each(CODES)('E01 what a client reads of %s is of the code alone', (code) => {
  const causes = [new BackendError(code, SECRET), new BackendError('ERR_BACKEND_STATUS', SECRET)];
  for (const error of [
    new GatewayError(code, SECRET),
    new BackendError(code, SECRET),
    new EndpointError(code, SECRET, causes),
    new RequestError(code, SECRET, 400),
  ]) {
    const text = clientTextOf(error);
    expect(text).toMatch(/^[\w ,;:]+\.?$/);
    // Neither a part of the configuration nor advice for operators.
    expect(text).not.toMatch(/backend|internal|limit|http|_|\{|configur|raise|correct|mount|look/i);
  }
});

test.each([
  [new EndpointError('ERR_ENDPOINT_TIMEOUT', ''), 'The answer took too long.'],
  [new BackendError('ERR_BREAKER_OPEN', ''), 'The service is not available at the moment; try again later.'],
  [new BackendError('ERR_BACKEND_DECODE', ''), 'A service that this answer needs has failed.'],
  [new GatewayError('ERR_FUNCTION', ''), 'The request could not be served.'],
  [new RequestError('ERR_REQUEST_HEADERS', ''), 'error: malformed headers'],
  [new RequestError('ERR_REQUEST_HEADERS', '', 431), 'error: too many headers'],
])('%s', (error, text) => {
  expect(clientTextOf(error)).toBe(text);
});
