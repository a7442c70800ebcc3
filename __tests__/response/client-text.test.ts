import { expect, test } from 'vitest';
import { BackendError, EndpointError, GatewayError, RequestError } from '../../lib/errors.js';
import { clientTextOf } from '../../lib/response/client-text.js';

const SECRET = 'backend[0] GET /internal/{id}: raise the limit of http://users.internal';

test('no text says more than its code', () => {
  for (const error of [
    new BackendError('ERR_BACKEND_SIZE', SECRET),
    new EndpointError('ERR_ENDPOINT_TIMEOUT', SECRET),
    new GatewayError('ERR_INTERNAL', SECRET),
    new RequestError('ERR_REQUEST_PATH', SECRET),
    new RequestError('ERR_REQUEST_HEADERS', SECRET),
    new RequestError('ERR_REJECTED', SECRET, 400),
  ]) {
    expect(clientTextOf(error)).toMatch(/^[\w ,;:]+\.?$/);
    expect(clientTextOf(error)).not.toMatch(/backend|internal|limit|http/);
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
