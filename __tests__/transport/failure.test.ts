import { describe, expect, it } from 'vitest';
import { BackendError, EndpointError } from '../../lib/errors.js';
import { abortError, wireError } from '../../lib/transport/failure.js';

const NAME = 'backend[0] GET /things';

describe('what a client library throws', () => {
  it.each([
    ['ECONNREFUSED', false, 'ERR_BACKEND_CONNECTION', 502],
    ['ENOTFOUND', false, 'ERR_BACKEND_CONNECTION', 502],
    ['ECONNRESET', true, 'ERR_BACKEND_CONNECTION', 502],
    ['UND_ERR_SOCKET', true, 'ERR_BACKEND_CONNECTION', 502],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false, 'ERR_BACKEND_CONNECTION', 502],
    ['ETIMEDOUT', false, 'ERR_BACKEND_TIMEOUT', 504],
    ['ECONNABORTED', false, 'ERR_BACKEND_TIMEOUT', 504],
    ['UND_ERR_HEADERS_TIMEOUT', false, 'ERR_BACKEND_TIMEOUT', 504],
    ['UND_ERR_BODY_TIMEOUT', true, 'ERR_BACKEND_TIMEOUT', 504],
    ['UND_ERR_CONNECT_TIMEOUT', false, 'ERR_BACKEND_TIMEOUT', 504],
    ['HPE_INVALID_CONSTANT', false, 'ERR_BACKEND_PROTOCOL', 502],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', true, 'ERR_BACKEND_PROTOCOL', 502],
    ['UND_ERR_INVALID_ARG', false, 'ERR_BACKEND_PROTOCOL', 502],
    ['UND_ERR_HEADERS_OVERFLOW', true, 'ERR_BACKEND_SIZE', 502],
    ['HPE_HEADER_OVERFLOW', true, 'ERR_BACKEND_SIZE', 502],
    ['UND_ERR_DESTROYED', true, 'ERR_CLOSING', 503],
  ])('%s becomes an error of ours', (code, isStarted, expected, status) => {
    const cause = Object.assign(new Error('connect 10.0.0.1:8080 with secret'), {
      code,
      config: { headers: 'secret' },
    });
    const error = wireError(NAME, cause, isStarted);
    expect(error).toMatchObject({ code: expected, status });
    expect(error.message).toContain(NAME);
    expect(error.message).not.toMatch(/10\.0\.0\.1|secret/);
    expect(error.cause).toBeUndefined();
  });

  it.each([
    ['a parser that gives no code', { name: 'HTTPParserError' }, ''],
    ['an answer that no request asked for', { code: 'UND_ERR_SOCKET' }, 'bad response'],
    ['an upgrade that no request asked for', { code: 'UND_ERR_SOCKET' }, 'bad upgrade'],
  ])('F01 is the backend breaking HTTP where it speaks of %s', (_title, properties, message) => {
    const error = wireError(NAME, Object.assign(new Error(message), properties), true);
    expect(error).toMatchObject({ code: 'ERR_BACKEND_PROTOCOL', status: 502 });
  });

  it('E01 is not quoted, whatever it is', () => {
    for (const cause of [
      undefined,
      null,
      'secret',
      7,
      {},
      { code: 'secret 10.0.0.1' },
      { code: 7 },
      new Error('secret'),
    ]) {
      const error = wireError(NAME, cause, false);
      expect(error.code).toBe('ERR_BACKEND_CONNECTION');
      expect(error.message).not.toMatch(/secret|10\.0\.0\.1|undefined/);
    }
  });

  it('stays what it is when it is one of ours', () => {
    const own = new BackendError('ERR_BACKEND_STATUS', 'ours');
    expect(wireError(NAME, own, false)).toBe(own);
  });
});

it('an aborted call ends with the reason of its signal, if that is one of ours', () => {
  const reason = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'The time is up');
  expect(abortError(NAME, AbortSignal.abort(reason))).toBe(reason);
  expect(abortError(NAME, AbortSignal.abort('secret'))).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  expect(abortError(NAME, AbortSignal.abort('secret')).message).not.toContain('secret');
});
