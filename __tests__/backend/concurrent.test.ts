import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createConcurrentCalls } from '../../lib/backend/concurrent.js';
import { BackendError } from '../../lib/errors.js';
import { proxyRequest } from '../support/requests.js';
import { answerOf, createManualProxy, deafProxy } from '../support/transport.js';

const GOOD = answerOf({ a: 1 });
const PARTIAL = answerOf({ half: 1 }, { isComplete: false });
const REFUSED = new BackendError('ERR_BACKEND_CONNECTION', 'refused');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function send(copies: number, signal = new AbortController().signal) {
  const { send, calls } = createManualProxy();
  const answer = createConcurrentCalls('backend[0] GET /a', copies, 750)(send)(proxyRequest({ signal }));
  return { answer, calls };
}

test('M08 sends as many copies as it is told, at once', async () => {
  const { answer, calls } = send(3);
  expect(calls).toHaveLength(3);
  calls[0]?.answer(GOOD);
  await answer;
});

test('M08 the first complete answer wins, the others are ended', async () => {
  const { answer, calls } = send(3);
  calls[1]?.answer(GOOD);
  expect(await answer).toBe(GOOD);
  expect(calls[0]?.request.signal.reason).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  expect(calls[2]?.request.signal.aborted).toBe(true);
  expect(calls[1]?.request.signal.aborted).toBe(false);
});

test('a failure or an incomplete answer does not end the race', async () => {
  const { answer, calls } = send(3);
  calls[0]?.fail(REFUSED);
  calls[1]?.answer(PARTIAL);
  await vi.advanceTimersByTimeAsync(10);
  calls[2]?.answer(GOOD);
  expect(await answer).toBe(GOOD);
});

test('without a complete answer the last incomplete one stands, whatever failed after it', async () => {
  const { answer, calls } = send(3);
  const last = answerOf({ half: 2 }, { isComplete: false });
  calls[0]?.answer(PARTIAL);
  calls[1]?.answer(last);
  await vi.advanceTimersByTimeAsync(1);
  calls[2]?.fail(REFUSED);
  expect(await answer).toBe(last);
});

test('when all fail the last failure is the answer', async () => {
  const { answer, calls } = send(2);
  calls[1]?.fail(REFUSED);
  await vi.advanceTimersByTimeAsync(1);
  const last = new BackendError('ERR_BACKEND_STATUS', 'status');
  calls[0]?.fail(last);
  await expect(answer).rejects.toBe(last);
});

describe('time', () => {
  test('T01 is up for all copies at once, also for those that do not listen', async () => {
    const answer = createConcurrentCalls('backend[0] GET /a', 2, 750)(deafProxy)(proxyRequest());
    const failed = expect(answer).rejects.toMatchObject({ code: 'ERR_BACKEND_TIMEOUT', status: 504 });
    await vi.advanceTimersByTimeAsync(750);
    await failed;
  });

  test('that is up leaves the incomplete answer there is', async () => {
    const { answer, calls } = send(2);
    calls[0]?.answer(PARTIAL);
    await vi.advanceTimersByTimeAsync(750);
    expect(await answer).toBe(PARTIAL);
  });

  test('T02 a request that ends takes all copies along', async () => {
    const controller = new AbortController();
    const { answer, calls } = send(3, controller.signal);
    controller.abort(REFUSED);
    await expect(answer).rejects.toBe(REFUSED);
    expect(calls.every(({ request }) => request.signal.aborted)).toBe(true);
  });
});

test('a winner that streams goes on under the deadline until it closes', async () => {
  const body = new Readable({ read() {} });
  const { answer, calls } = send(2);
  calls[0]?.answer(answerOf({}, { body }));
  await answer;
  expect(calls[1]?.request.signal.aborted).toBe(true);
  expect(calls[0]?.request.signal.aborted).toBe(false);
  expect(vi.getTimerCount()).toBe(1);
  body.destroy();
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('T04 leaves no listener on the request', async () => {
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  const answer = createConcurrentCalls('b', 3, 750)(async () => GOOD)(proxyRequest({ signal }));
  await answer;
  const removed = new Set(remove.mock.calls.map(([, listener]) => listener));
  expect(add).toHaveBeenCalledTimes(3);
  for (const [, listener] of add.mock.calls) expect(removed).toContain(listener);
});
