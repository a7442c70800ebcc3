import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openHeld, release, take } from '../../lib/core/buffer-budget.js';
import { createShadow } from '../../lib/endpoint/shadow.js';
import { BackendError } from '../../lib/errors.js';
import { silentLogger } from '../../lib/logger.js';
import type { Proxy, ProxyRequest } from '../../lib/proxy.js';
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

function setUp(send: Proxy, next: Proxy = async () => GOOD) {
  const debug = vi.fn();
  const shadow = createShadow({
    clients: [{ name: 'backend[1] GET /s', required: false, send }],
    timeout: 500,
    logger: { ...silentLogger, debug },
  });
  return { call: shadow.middleware(next), close: shadow.close, debug };
}

test('N03 gets the request, and a signal of its own', async () => {
  const seen: ProxyRequest[] = [];
  const { call } = setUp(async (request) => {
    seen.push(request);
    return answerOf({ shadow: 1 });
  });
  const request = proxyRequest({ body: Buffer.from('x'), params: { id: '7' } });
  expect(await call(request)).toBe(GOOD);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual([{ ...request, signal: expect.any(AbortSignal) }]);
  expect(seen[0]?.signal).not.toBe(request.signal);
});

test('N03 is not waited for', async () => {
  const { call } = setUp(deafProxy);
  expect(await call(proxyRequest())).toBe(GOOD);
  await vi.advanceTimersByTimeAsync(500);
});

test.each<[string, Proxy]>([
  ['fails', () => Promise.reject(new BackendError('ERR_BACKEND_CONNECTION', 'refused'))],
  ['rejects with junk', () => Promise.reject('junk')],
  ['rejects with nothing', () => Promise.reject()],
  ['is too slow', deafProxy],
])('N03 one that %s is a line at debug level and nothing else', async (_name, send) => {
  const { call, debug } = setUp(send);
  expect(await call(proxyRequest())).toBe(GOOD);
  await vi.advanceTimersByTimeAsync(500);
  expect(debug).toHaveBeenCalledTimes(1);
  expect(debug.mock.calls[0]?.[0]).toMatchObject({ backend: 'backend[1] GET /s' });
});

test.each([
  ['data', {}],
  ['a body in memory', { body: Buffer.from('x') }],
])('N03 one that answers with %s leaves no line in the log', async (_name, init) => {
  const { call, debug } = setUp(async () => answerOf({ a: 1 }, init));
  await call(proxyRequest());
  await vi.advanceTimersByTimeAsync(0);
  expect(debug).not.toHaveBeenCalled();
});

test('what it holds in memory counts for itself, and no longer than it runs', async () => {
  const budget = { limit: 100, used: 0 };
  const { send, calls } = createManualProxy();
  const held = openHeld(budget);
  await setUp(send).call(proxyRequest({ held }));
  take(calls[0]?.request.held, 10);
  release(held);
  expect(budget.used).toBe(10);
  calls[0]?.answer(GOOD);
  await vi.advanceTimersByTimeAsync(0);
  expect(budget.used).toBe(0);
});

test('N03 is called as well when the endpoint fails, and the failure goes on', async () => {
  const failed = new BackendError('ERR_BACKEND_CONNECTION', 'refused');
  const send = vi.fn(async () => GOOD);
  const { call } = setUp(send, () => Promise.reject(failed));
  await expect(call(proxyRequest())).rejects.toBe(failed);
  await vi.advanceTimersByTimeAsync(0);
  expect(send).toHaveBeenCalledTimes(1);
});

test('N03 survives the client that left', async () => {
  const controller = new AbortController();
  const { send, calls } = createManualProxy();
  const { call } = setUp(send);
  await call(proxyRequest({ signal: controller.signal }));
  controller.abort();
  expect(calls[0]?.request.signal.aborted).toBe(false);
  calls[0]?.answer(GOOD);
  await vi.advanceTimersByTimeAsync(0);
});

test('N03 ends at its own deadline', async () => {
  const { send, calls } = createManualProxy();
  await setUp(send).call(proxyRequest());
  await vi.advanceTimersByTimeAsync(500);
  expect(calls[0]?.request.signal.reason).toMatchObject({ code: 'ERR_BACKEND_TIMEOUT' });
});

test('X01 ends with the gateway', async () => {
  const { send, calls } = createManualProxy();
  const { call, close } = setUp(send);
  await call(proxyRequest());
  await call(proxyRequest());
  close();
  await vi.advanceTimersByTimeAsync(0);
  expect(calls.map(({ request }) => request.signal.aborted)).toEqual([true, true]);
});

test('X01 one that is over is not ended a second time', async () => {
  const { send, calls } = createManualProxy();
  const { call, close } = setUp(send);
  await call(proxyRequest());
  calls[0]?.answer(answerOf({ shadow: 1 }));
  await vi.advanceTimersByTimeAsync(0);
  close();
  expect(calls[0]?.request.signal.aborted).toBe(false);
});

test('a streamed answer is closed unread', async () => {
  const body = new Readable({ read() {} });
  await setUp(async () => answerOf({}, { body })).call(proxyRequest());
  await vi.advanceTimersByTimeAsync(0);
  expect(body.destroyed).toBe(true);
});
