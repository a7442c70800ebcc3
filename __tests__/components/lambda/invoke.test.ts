import { expect, test } from 'vitest';
import { toError, toResponse } from '../../../lib/components/lambda/invoke.js';
import { BackendError } from '../../../lib/errors.js';

test('the version that ran becomes a header', () => {
  const { headers, body } = toResponse('b', {
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    Payload: Buffer.from('{}'),
  });
  expect(headers).toEqual({ 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' });
  expect(body.toString()).toBe('{}');
});

test('throttling tells how long to wait, where it is known', () => {
  const throttled = Object.assign(new Error('slow'), { name: 'TooManyRequestsException', retryAfterSeconds: '2' });
  expect((toError('b', throttled) as BackendError).details).toEqual({ backendStatus: 429, retryAfter: 2 });
  const other = Object.assign(new Error('slow'), { name: 'ThrottlingException' });
  expect((toError('b', other) as BackendError).details).toEqual({ backendStatus: 429, retryAfter: undefined });
});

test.each([
  [
    'no credentials',
    Object.assign(new Error('/secret/.aws'), { name: 'CredentialsProviderError' }),
    'ERR_BACKEND_CONNECTION',
  ],
  ['an answer that cannot be read', new SyntaxError('Unexpected token in 10.0.0.1'), 'ERR_BACKEND_PROTOCOL'],
  [
    'a refusal',
    Object.assign(new Error('x'), { name: 'Weird<name>', $metadata: { httpStatusCode: 403 } }),
    'ERR_BACKEND_STATUS',
  ],
  ['nothing at all', undefined, 'ERR_BACKEND_CONNECTION'],
])('%s is a failure that quotes nothing', (_title, thrown, code) => {
  const error = toError('backend[0]', thrown);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^backend\[0\]: /);
  expect(error.message).not.toMatch(/aws\b\/|10\.0|Weird|Unexpected/);
});

test('an error of our own stays what it is', () => {
  const error = new BackendError('ERR_BACKEND_TIMEOUT', 'late');
  expect(toError('b', error)).toBe(error);
});
