import { Readable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { silentLogger } from '../../lib/logger.js';
import { createFailureLog } from '../../lib/response/failure-log.js';
import { createPassthroughWriter, destroyBody } from '../../lib/response/passthrough.js';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';
import { headersOf } from '../support/requests.js';

function setUp(method = 'GET') {
  const { request, response, closed, received } = createMemoryExchange({ url: '/', method });
  const writeError = vi.fn();
  const write = createPassthroughWriter({
    name: 'GET /a',
    completedHeader: 'X-Done',
    ownHeaders: new Set(['x-own']),
    logger: silentLogger,
    log: createFailureLog('GET /a', silentLogger),
    writeError,
  });
  return { request, response, closed, received, writeError, write };
}

test('passes on status, headers and body, and claims nothing of them', async () => {
  const { request, response, closed, received, writeError, write } = setUp();
  const metadata = { status: 418, headers: headersOf({ 'x-a': '1', 'x-own': 'not' }) };
  write(request, response, { data: {}, isComplete: true, metadata, body: Buffer.from('tea') });
  await closed;
  const { status, headers, bytes } = received();
  expect([status, headers['x-a'], headers['x-done'], String(bytes)]).toEqual([418, '1', 'false', 'tea']);
  expect(headers).not.toHaveProperty('x-own');
  expect(writeError).not.toHaveBeenCalled();
});

test('answers with an error in place of a head that contradicts itself, and wants no more of the body', () => {
  const { request, response, writeError, write } = setUp();
  const body = new Readable({ read() {} });
  const metadata = { status: 200, headers: headersOf({ 'x-a': '1', 'content-type': ['text/a', 'text/b'] }) };
  write(request, response, { data: {}, isComplete: true, metadata, body });
  expect(writeError).toHaveBeenCalledWith(request, response, expect.objectContaining({ code: 'ERR_BACKEND_PROTOCOL' }));
  expect(response.hasHeader('x-a')).toBe(false);
  expect(body.destroyed).toBe(true);
});

test('has no body where there must be none', async () => {
  const { request, response, closed, received, write } = setUp('HEAD');
  const body = new Readable({ read() {} });
  write(request, response, { data: {}, isComplete: true, metadata: { status: 200, headers: headersOf({}) }, body });
  await closed;
  expect([received().status, received().bytes.length, body.destroyed]).toEqual([200, 0, true]);
});

test('a body that is not wanted may still break', async () => {
  const body = new Readable({ read() {} });
  destroyBody(body, new Error('not wanted'));
  await new Promise(setImmediate);
  expect(body.errored?.message).toBe('not wanted');
  destroyBody(undefined);
  destroyBody(Buffer.from('a'));
});
