import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTimeout } from '../../lib/backend/timeout.js';
import { watchUpload } from '../../lib/core/upload.js';
import type { Proxy } from '../../lib/proxy.js';
import { proxyRequest } from '../support/requests.js';
import { answerOf, createManualProxy, deafProxy } from '../support/transport.js';

const GOOD = answerOf({ a: 1 });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function limited(next: Proxy): Proxy {
  return createTimeout('backend[0] GET /a', 300)(next);
}

test('lets an answer in time through, and a failure', async () => {
  expect(await limited(async () => GOOD)(proxyRequest())).toBe(GOOD);
  await expect(limited(() => Promise.reject(new Error('refused')))(proxyRequest())).rejects.toThrow('refused');
});

test('T01 fails when the time is up, and ends the call', async () => {
  const { send, calls } = createManualProxy();
  const failed = expect(limited(send)(proxyRequest())).rejects.toMatchObject({
    code: 'ERR_BACKEND_TIMEOUT',
    status: 504,
    message: 'backend[0] GET /a did not answer within its timeout of 300 ms',
  });
  await vi.advanceTimersByTimeAsync(300);
  await failed;
  expect(calls[0]?.request.signal.aborted).toBe(true);
});

test('S20 is the failure of a client that is still sending its body', async () => {
  const body = new Readable({ read() {} });
  let isOwed = true;
  watchUpload(body, () => isOwed);
  for (const code of ['ERR_REQUEST_BODY', 'ERR_BACKEND_TIMEOUT']) {
    const { send, calls } = createManualProxy();
    const failed = expect(limited(send)(proxyRequest({ body }))).rejects.toMatchObject({ code });
    await vi.advanceTimersByTimeAsync(300);
    await failed;
    expect(calls[0]?.request.signal.reason).toMatchObject({ code });
    isOwed = false;
  }
});

test('T01 does not wait for a call that does not listen', async () => {
  const failed = expect(limited(deafProxy)(proxyRequest())).rejects.toThrow('300 ms');
  await vi.advanceTimersByTimeAsync(300);
  await failed;
});

test('T02 ends with the request, with its reason', async () => {
  const controller = new AbortController();
  const failed = expect(limited(deafProxy)(proxyRequest({ signal: controller.signal }))).rejects.toThrow('left');
  controller.abort(new Error('left'));
  await failed;
});

test('T01 covers a streamed body until it closes', async () => {
  const { send, calls } = createManualProxy();
  const answer = limited(send)(proxyRequest());
  const body = new Readable({ read() {} });
  calls[0]?.answer(answerOf({}, { body }));
  await answer;
  await vi.advanceTimersByTimeAsync(300);
  expect(calls[0]?.request.signal.reason).toMatchObject({ code: 'ERR_BACKEND_TIMEOUT' });
});

test('T04 is done with when a streamed body has closed', async () => {
  const body = new Readable({ read() {} });
  await limited(async () => answerOf({}, { body }))(proxyRequest());
  body.destroy();
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('T04 a body that is there already leaves nothing behind', async () => {
  await limited(async () => answerOf({}, { body: Buffer.from('x') }))(proxyRequest());
});
