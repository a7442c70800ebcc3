import { describe, expect, test } from 'vitest';
import { createFailureHandler, isSuccess } from '../../lib/backend/status.js';
import type { BackendError } from '../../lib/errors.js';
import { backendConfig } from '../support/backend-config.js';
import { backendAnswer } from '../support/transport.js';

const ANSWER = backendAnswer('no such item at http://stock.internal', 404, { 'content-type': 'text/plain' });
const BODY = ANSWER.body as Buffer;

function thrownBy(call: () => unknown): BackendError {
  try {
    call();
  } catch (error) {
    return error as BackendError;
  }
  throw new Error('nothing was thrown');
}

test('every 2xx is success, nothing else is', () => {
  const statuses = Array.from({ length: 600 }, (_, status) => status).filter(isSuccess);
  expect(statuses).toEqual(Array.from({ length: 100 }, (_, index) => 200 + index));
});

test('E01 a failing status is an error that shows nothing of the answer', () => {
  const error = thrownBy(() => createFailureHandler(backendConfig())(ANSWER, BODY));
  expect(error).toMatchObject({
    code: 'ERR_BACKEND_STATUS',
    status: 502,
    message: 'backend[0] GET /a answered with status 404',
  });
  expect(error.details.exposed).toBeUndefined();
  expect(JSON.stringify(error)).not.toContain('internal');
});

describe('return_error_details', () => {
  const handle = createFailureHandler(
    backendConfig({ http: { return_error_details: 'stock', return_error_code: false } }),
  );

  test('makes an object of it, incomplete and without an error', () => {
    expect(handle(ANSWER, BODY)).toEqual({
      data: {
        error_stock: {
          http_status_code: 404,
          http_body: 'no such item at http://stock.internal',
          http_body_encoding: 'text/plain',
        },
      },
      isComplete: false,
      metadata: { status: 404, headers: {} },
    });
  });

  test('leaves out what the backend did not send', () => {
    const empty = backendAnswer('', 500);
    expect(handle(empty, empty.body as Buffer).data).toEqual({ error_stock: { http_status_code: 500 } });
  });

  test('takes the first of several content types', () => {
    const twice = backendAnswer('x', 500, { 'content-type': ['text/a', 'text/b'] });
    expect(handle(twice, BODY).data).toMatchObject({ error_stock: { http_body_encoding: 'text/a' } });
  });
});

describe('return_error_code', () => {
  const handle = createFailureHandler(backendConfig({ http: { return_error_code: true } }));

  test('exposes status, content type and body', () => {
    expect(thrownBy(() => handle(ANSWER, BODY)).details.exposed).toEqual({
      status: 404,
      contentType: 'text/plain',
      body: BODY,
    });
  });

  test('H05 does not choose between two content types', () => {
    const twice = backendAnswer('x', 404, { 'content-type': ['text/html', 'text/plain'] });
    expect(thrownBy(() => handle(twice, BODY)).details.exposed?.contentType).toBeUndefined();
  });

  test('E01 keeps what it exposes out of logs', () => {
    const error = thrownBy(() => handle(ANSWER, BODY));
    expect(Object.keys(error)).not.toContain('details');
    expect(JSON.stringify({ ...error })).not.toContain('internal');
  });
});
