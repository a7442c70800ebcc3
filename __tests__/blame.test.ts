import { describe, expect, test } from 'vitest';
import { isBackendsFault } from '../lib/blame.js';
import { BackendError, EndpointError, type ErrorCode } from '../lib/errors.js';
import { TOO_SLOW } from '../lib/upload.js';

const idle = new AbortController().signal;

function failed(code: ErrorCode): BackendError {
  return new BackendError(code, 502, 'it failed');
}

describe('C02 of what a call failed with', () => {
  test.each([
    'ERR_BACKEND_CONNECTION',
    'ERR_BACKEND_TIMEOUT',
    'ERR_BACKEND_PROTOCOL',
    'ERR_BACKEND_SIZE',
    'ERR_BACKEND_REDIRECT',
    'ERR_BACKEND_STATUS',
    'ERR_BACKEND_DECODE',
  ] as const)('%s is the doing of the backend', (code) => {
    expect(isBackendsFault(failed(code), idle)).toBe(true);
  });

  test.each([
    'ERR_BREAKER_OPEN',
    'ERR_BACKEND_LIMIT',
    'ERR_BACKEND_HOSTS',
    'ERR_BACKEND_URL',
    'ERR_BACKEND_CANCELLED',
    'ERR_OVERLOADED',
    'ERR_REJECTED',
    'ERR_FUNCTION',
    'ERR_INTERNAL',
    'ERR_CLOSING',
  ] as const)('%s is ours', (code) => {
    expect(isBackendsFault(failed(code), idle)).toBe(false);
  });

  test('S20 it is nobody’s where the backend has not had the whole request', () => {
    for (const code of ['ERR_BACKEND_CONNECTION', 'ERR_BACKEND_PROTOCOL'] as const) {
      expect(isBackendsFault(new BackendError(code, 502, 'cut', { isUnsent: true }), idle)).toBe(false);
    }
    expect(isBackendsFault(TOO_SLOW, idle)).toBe(false);
  });

  test('what nobody knows is not', () => {
    expect(isBackendsFault(new TypeError('oops'), idle)).toBe(false);
    expect(isBackendsFault(undefined, idle)).toBe(false);
  });
});

describe('C02 of a call that was ended', () => {
  test.each([
    ['a deadline passed', new EndpointError('ERR_ENDPOINT_TIMEOUT', 504, 'too slow'), true],
    ['the timeout of the backend passed', failed('ERR_BACKEND_TIMEOUT'), true],
    ['the client was too slow', TOO_SLOW, false],
    ['the client left', new EndpointError('ERR_CLIENT_CLOSED', 499, 'gone'), false],
    ['nobody needed it', failed('ERR_BACKEND_CANCELLED'), false],
    ['something else had failed', failed('ERR_BACKEND_STATUS'), false],
    ['the gateway is closing', new EndpointError('ERR_CLOSING', 503, 'closing'), false],
    ['nobody said why', undefined, false],
  ])('the reason decides: %s', (_what, reason, isFault) => {
    const controller = new AbortController();
    controller.abort(reason);
    expect(isBackendsFault(failed('ERR_BACKEND_CONNECTION'), controller.signal)).toBe(isFault);
  });
});
