import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BackendError, EndpointError, type ErrorCode, RejectedError, RequestError } from '../../lib/errors.js';
import { createFailureLog } from '../../lib/response/failure-log.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const lines: { level: string; fields: object; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  return { lines, levels: () => lines.map(({ level }) => level), log: createFailureLog('GET /x', logger) };
}

function backendError(code: ErrorCode): BackendError {
  return new BackendError(code, 'it was not called');
}

test('a failed endpoint is an error, with its cause', () => {
  const { lines, log } = setUp();
  const error = backendError('ERR_BACKEND_STATUS');
  log.failed(error);
  log.failed(Object.assign(error, { cause: 'why' }));
  const fields = { endpoint: 'GET /x', code: 'ERR_BACKEND_STATUS', reason: 'it was not called' };
  expect(lines).toEqual([
    { level: 'error', fields, message: 'endpoint failed' },
    { level: 'error', fields: { ...fields, err: 'why' }, message: 'endpoint failed' },
  ]);
});

test('what the client did wrong, and what a guard turned away, is for debugging', () => {
  const { levels, log } = setUp();
  log.failed(new RequestError('ERR_REQUEST_PATH', 'no'));
  log.failed(new RejectedError(503, 'no'));
  expect(levels()).toEqual(['debug', 'debug']);
});

test('a partial answer is a warning', () => {
  const { lines, log } = setUp();
  log.incomplete([backendError('ERR_BACKEND_DECODE'), backendError('ERR_BREAKER_OPEN')]);
  expect(lines).toMatchObject([
    {
      level: 'warn',
      message: 'partial answer',
      fields: { errors: [{ code: 'ERR_BACKEND_DECODE' }, { code: 'ERR_BREAKER_OPEN' }] },
    },
  ]);
});

describe('C03 calls that are not made are one line a second, however many they are', () => {
  const shed = ['ERR_BREAKER_OPEN', 'ERR_BACKEND_LIMIT', 'ERR_OVERLOADED'] as const;

  test.each(shed)('%s', (code) => {
    const { levels, log } = setUp();
    for (let count = 0; count < 10_000; count++) {
      log.failed(backendError(code));
      if (count % 1_000 === 999) vi.advanceTimersByTime(500);
    }
    expect(levels().filter((level) => level === 'error')).toHaveLength(5);
    expect(levels().filter((level) => level === 'debug')).toHaveLength(9_995);
  });

  test('of every backend of an endpoint, or of some of a partial answer', () => {
    const { levels, log } = setUp();
    const all = new EndpointError('ERR_ENDPOINT_FAILED', 'all', [
      backendError('ERR_BREAKER_OPEN'),
      backendError('ERR_BACKEND_LIMIT'),
    ]);
    log.failed(all);
    log.failed(all);
    vi.advanceTimersByTime(1_000);
    log.incomplete([backendError('ERR_BREAKER_OPEN')]);
    log.incomplete([backendError('ERR_BREAKER_OPEN')]);
    expect(levels()).toEqual(['error', 'debug', 'warn', 'debug']);
  });

  test('but never another failure beside them', () => {
    const { levels, log } = setUp();
    const mixed = [backendError('ERR_BREAKER_OPEN'), backendError('ERR_BACKEND_CONNECTION')];
    for (let count = 0; count < 3; count++) {
      log.failed(new EndpointError('ERR_ENDPOINT_FAILED', 'mixed', mixed));
      log.incomplete(mixed);
      log.failed(new EndpointError('ERR_ENDPOINT_FAILED', 'nobody knows'));
    }
    expect(levels().filter((level) => level === 'debug')).toEqual([]);
  });
});

test('a client that is left with half an answer is a warning that says why', () => {
  const { lines, log } = setUp();
  log.cut(new BackendError('ERR_BACKEND_SIZE', 'the body is too large'));
  expect(lines).toEqual([
    {
      level: 'warn',
      fields: { endpoint: 'GET /x', code: 'ERR_BACKEND_SIZE', reason: 'the body is too large' },
      message: 'the answer was cut off in the middle, and the client with it',
    },
  ]);
});
