import { expect, test } from 'vitest';
import { BackendError, EndpointError, GatewayError, RequestError } from '../../lib/errors.js';
import { clientTextOf } from '../../lib/router/client-text.js';

const SECRET = 'backend[0] GET /internal/{id}: raise the limit of http://users.internal';

test('no text says more than its code', () => {
  for (const error of [
    new BackendError('ERR_BACKEND_SIZE', 502, SECRET),
    new EndpointError('ERR_ENDPOINT_TIMEOUT', 504, SECRET),
    new GatewayError('ERR_INTERNAL', 500, SECRET),
    new RequestError('ERR_REQUEST_PATH', 400, SECRET),
    new RequestError('ERR_REQUEST_HEADERS', 400, SECRET),
    new RequestError('ERR_REJECTED', 400, SECRET),
  ]) {
    expect(clientTextOf(error)).toMatch(/^[\w ,;:]+\.?$/);
    expect(clientTextOf(error)).not.toMatch(/backend|internal|limit|http/);
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
