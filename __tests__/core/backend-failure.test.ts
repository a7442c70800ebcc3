import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { isBackendFailure, onStreamEnd, type StreamEnd } from '../../lib/core/backend-failure.js';
import { TOO_SLOW } from '../../lib/core/upload.js';
import { BackendError, EndpointError, type ErrorCode } from '../../lib/errors.js';
import { headersOf } from '../support/requests.js';
import { answerOf } from '../support/transport.js';

const idle = new AbortController().signal;

function failed(code: ErrorCode): BackendError {
  return new BackendError(code, 'it failed');
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
    expect(isBackendFailure(failed(code), idle)).toBe(true);
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
    expect(isBackendFailure(failed(code), idle)).toBe(false);
  });

  test('S20 it is nobody’s where the backend has not had the whole request', () => {
    for (const code of ['ERR_BACKEND_CONNECTION', 'ERR_BACKEND_PROTOCOL'] as const) {
      expect(isBackendFailure(new BackendError(code, 'cut', { isUnsent: true }), idle)).toBe(false);
    }
    expect(isBackendFailure(TOO_SLOW, idle)).toBe(false);
  });

  test('what nobody knows is not', () => {
    expect(isBackendFailure(new TypeError('oops'), idle)).toBe(false);
    expect(isBackendFailure(undefined, idle)).toBe(false);
  });
});

describe('C02 of a call that was ended', () => {
  test.each([
    ['a deadline passed', new EndpointError('ERR_ENDPOINT_TIMEOUT', 'too slow'), true],
    ['the timeout of the backend passed', failed('ERR_BACKEND_TIMEOUT'), true],
    ['the client was too slow', TOO_SLOW, false],
    ['the client left', new EndpointError('ERR_CLIENT_CLOSED', 'gone'), false],
    ['nobody needed it', failed('ERR_BACKEND_CANCELLED'), false],
    ['something else had failed', failed('ERR_BACKEND_STATUS'), false],
    ['the gateway is closing', new EndpointError('ERR_CLOSING', 'closing'), false],
    ['nobody said why', undefined, false],
  ])('the reason decides: %s', (_what, reason, isFault) => {
    const controller = new AbortController();
    controller.abort(reason);
    expect(isBackendFailure(failed('ERR_BACKEND_CONNECTION'), controller.signal)).toBe(isFault);
  });
});

describe('C02 of what ended a stream after its head', () => {
  const late = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'late');

  function follow(body: Readable, headers: Record<string, string> = {}, signal = idle): Promise<StreamEnd> {
    const answer = answerOf({}, { body, metadata: { status: 200, headers: headersOf(headers) } });
    return new Promise((resolve) => expect(onStreamEnd('backend[0] GET /', answer, signal, resolve)).toBe(true));
  }
  function silent(): Readable {
    return new Readable({ read() {} }).on('error', () => {});
  }

  test('nothing, where it came to its end', async () => {
    const body = Readable.from(['a']);
    const end = follow(body);
    await body.toArray();
    expect(await end).toEqual({ failure: undefined, isBackendFailure: false });
    expect(await follow(body)).toEqual({ failure: undefined, isBackendFailure: false });
  });

  test.each<[string, Error | undefined, ErrorCode, boolean]>([
    ['the backend', failed('ERR_BACKEND_CONNECTION'), 'ERR_BACKEND_CONNECTION', true],
    ['what nobody knows, with a message that stays here', new Error('http://host'), 'ERR_BACKEND_CONNECTION', true],
    ['our limit of sizes', failed('ERR_BACKEND_SIZE'), 'ERR_BACKEND_SIZE', true],
    ['the client', new EndpointError('ERR_CLIENT_CLOSED', 'left'), 'ERR_CLIENT_CLOSED', false],
    ['the gateway, which closes', new EndpointError('ERR_CLOSING', 'closing'), 'ERR_CLOSING', false],
    ['nobody who gave a reason', undefined, 'ERR_BACKEND_CANCELLED', false],
  ])('%s', async (_who, error, code, isFault) => {
    const body = silent();
    body.destroy(error);
    const end = await follow(body);
    expect(end).toMatchObject({ failure: { code }, isBackendFailure: isFault });
    expect(end.failure?.message).not.toContain('http://');
  });

  test('our deadline: a fault where a length was announced', async () => {
    const body = silent();
    const end = follow(body, { 'content-length': '9' });
    body.destroy(late);
    expect(await end).toEqual({ failure: late, isBackendFailure: true });
  });

  test('our deadline: none where the stream need not end, as one of events', async () => {
    const body = silent();
    const end = follow(body);
    body.destroy(late);
    expect(await end).toEqual({ failure: late, isBackendFailure: false });
  });

  test.each(['is paused', 'has not taken all'])('our deadline: none where the client %s', async (how) => {
    const body = silent();
    if (how === 'is paused') body.pause();
    else body.push('abc');
    const end = follow(body, { 'content-length': '9' });
    body.destroy(late);
    expect(await end).toEqual({ failure: late, isBackendFailure: false });
  });

  test('the reason of the request, where the stream has none', async () => {
    const controller = new AbortController();
    const body = silent();
    const end = follow(body, {}, controller.signal);
    controller.abort(late);
    body.destroy();
    expect(await end).toEqual({ failure: late, isBackendFailure: false });
  });

  test('answers that are there whole are not followed', () => {
    expect(onStreamEnd('b', answerOf({ a: 1 }), idle, () => expect.unreachable())).toBe(false);
    expect(onStreamEnd('b', answerOf({}, { body: Buffer.from('a') }), idle, () => expect.unreachable())).toBe(false);
  });
});
