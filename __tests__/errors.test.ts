import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as errors from '../lib/errors.js';
import { read } from './support/source.js';

const {
  BackendError,
  ConfigError,
  DecodeError,
  EndpointError,
  GatewayError,
  NotReadyError,
  RejectedError,
  RequestError,
} = errors;

test.each([
  ['GatewayError', new GatewayError('ERR_INTERNAL', 'x')],
  ['ConfigError', new ConfigError([])],
  ['NotReadyError', new NotReadyError([])],
  ['RequestError', new RequestError('ERR_REQUEST_PATH', 'x')],
  ['RejectedError', new RejectedError(429, 'x')],
  ['BackendError', new BackendError('ERR_BACKEND_STATUS', 'x')],
  ['EndpointError', new EndpointError('ERR_ENDPOINT_FAILED', 'x')],
] as const)('%s is a GatewayError with its own name, a code and a status', (name, error) => {
  expect(error).toBeInstanceOf(GatewayError);
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe(name);
  expect(String(error)).toContain(name);
  expect(error.code).toMatch(/^ERR_[A-Z_]+$/);
  expect(error.status).toBeGreaterThanOrEqual(400);
});

test('a ConfigError says a sentence once where many places have the same fault, and keeps every issue', () => {
  const issues = Array.from({ length: 219 }, (_, index) => ({ path: `endpoints[${index}]`, message: 'is refused.' }));
  const error = new ConfigError([...issues, { path: 'host', message: 'is missing.' }]);
  expect(error.message).toBe(
    'The configuration has 220 faults:\n  endpoints[0], endpoints[1] and 217 more: is refused.\n  host: is missing.',
  );
  expect(error.issues).toHaveLength(220);
  expect(new ConfigError(issues.slice(0, 3)).message).toContain(
    'endpoints[0], endpoints[1], endpoints[2]: is refused.',
  );
});

test('a ConfigError shows every issue with its path', () => {
  const error = new ConfigError([
    { path: '', message: 'is empty' },
    { path: 'endpoints[0].timeout', message: 'is no duration' },
  ]);
  expect(error.message).toBe(
    'The configuration has 2 faults:\n  (root): is empty\n  endpoints[0].timeout: is no duration',
  );
  expect(new ConfigError([{ path: 'a', message: 'b' }]).message).toMatch(/^The configuration has 1 fault:\n/);
});

test('a DecodeError is the end of a sentence, not an error of the gateway', () => {
  expect(new DecodeError('it is not valid UTF-8')).not.toBeInstanceOf(GatewayError);
});

describe('E01 what a backend sent stays out of logs', () => {
  const error = new BackendError('ERR_BACKEND_STATUS', 'backend[0] GET / answered with status 403', {
    backendStatus: 403,
    exposed: { status: 403, contentType: 'text/plain', body: Buffer.from('canary') },
  });

  test('as JSON, as fields and as text', () => {
    expect(error.details.exposed?.body.toString()).toBe('canary');
    for (const shown of [
      JSON.stringify(error),
      JSON.stringify({ ...error }),
      inspect(error, { depth: 9 }),
      String(error),
    ]) {
      expect(shown).not.toContain('canary');
      expect(shown).not.toContain('63 61 6e');
    }
  });
});

describe('toGatewayError', () => {
  test('takes our own as they are', () => {
    const own = new RequestError('ERR_REQUEST_PATH', 'x');
    expect(errors.toGatewayError(own)).toBe(own);
  });

  test.each([new TypeError('secret'), 'secret', undefined, null, 7, { code: 'ERR_CONFIG', status: 200 }])(
    'E01 makes an internal error of %o, whose message says nothing of it',
    (thrown) => {
      const error = errors.toGatewayError(thrown);
      expect(error).toMatchObject({ code: 'ERR_INTERNAL', status: 500, cause: thrown });
      expect(error.message).not.toContain('secret');
    },
  );
});

describe('toBackendFailure', () => {
  test('says that a backend was stopped by the deadline of its endpoint', () => {
    const expired = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'GET /x did not answer within 10 ms');
    expect(errors.toBackendFailure('backend[1] GET /b', expired)).toMatchObject({
      name: 'BackendError',
      code: 'ERR_BACKEND_TIMEOUT',
      status: 504,
      message: 'backend[1] GET /b did not answer in time',
    });
  });

  test('takes other failures as they are', () => {
    const refused = new BackendError('ERR_BACKEND_CONNECTION', 'refused');
    expect(errors.toBackendFailure('b', refused)).toBe(refused);
    expect(errors.toBackendFailure('b', new TypeError('bug')).code).toBe('ERR_INTERNAL');
  });
});

test('docs/errors.md begins with the status that an error of the code has', () => {
  const [, ...sections] = read('docs/errors.md').split(/^## `(?=ERR_)/m);
  const told = sections.flatMap((section) => {
    const [, code, status] = /^(ERR_\w+)`\n\n(\d{3})\b/.exec(section) ?? [];
    return code === undefined ? [] : [[code, Number(status)]];
  });
  expect(told.length).toBeGreaterThan(20);
  const actual = told.map(([code]) => [code, errors.ERROR_KINDS[code as errors.ErrorCode].status]);
  expect(told).toEqual(actual);
});
