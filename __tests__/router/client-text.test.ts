import { expect, test } from 'vitest';
import { BackendError, EndpointError, type ErrorCode, GatewayError, RequestError } from '../../lib/errors.js';
import { clientTextOf } from '../../lib/router/client-text.js';
import { read } from '../support/source.js';

const SECRET = 'backend[0] GET /internal/{id}: raise the limit of http://users.internal';

const CODES = [...read('lib/errors.ts').matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code as ErrorCode);

test.each(CODES)('E01 what a client reads of %s is of the code alone', (code) => {
  const causes = [new BackendError(code, 502, SECRET), new BackendError('ERR_BACKEND_STATUS', 502, SECRET)];
  for (const error of [
    new GatewayError(code, 500, SECRET),
    new BackendError(code, 502, SECRET),
    new EndpointError(code, 502, SECRET, causes),
    new RequestError(code, 400, SECRET),
  ]) {
    const text = clientTextOf(error);
    expect(text).toMatch(/^[\w ,;:]+\.?$/);
    // Neither a part of the configuration nor advice for operators.
    expect(text).not.toMatch(/backend|internal|limit|http|_|\{|configur|raise|correct|mount|look/i);
  }
});

test.each([
  [new EndpointError('ERR_ENDPOINT_TIMEOUT', 504, ''), 'The answer took too long.'],
  [new BackendError('ERR_BREAKER_OPEN', 503, ''), 'The service is not available at the moment; try again later.'],
  [new BackendError('ERR_BACKEND_DECODE', 502, ''), 'A service that this answer needs has failed.'],
  [new GatewayError('ERR_FUNCTION', 500, ''), 'The request could not be served.'],
  [new RequestError('ERR_REQUEST_HEADERS', 400, ''), 'error: malformed headers'],
  [new RequestError('ERR_REQUEST_HEADERS', 431, ''), 'error: too many headers'],
])('%s', (error, text) => {
  expect(clientTextOf(error)).toBe(text);
});
