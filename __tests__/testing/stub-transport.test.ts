import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BackendRequest } from '../../lib/proxy.js';
import { createStubTransport } from '../../lib/testing/stub-transport.js';
import { createStubTable, failure, reply } from '../../lib/testing/stubs.js';
import { createTracer } from '../../lib/testing/trace.js';
import { backendRequest } from '../support/requests.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function answer(stub: unknown, init: Partial<BackendRequest> = {}) {
  const transport = createStubTransport('backend[0] GET /a', createStubTable({ 'h/a': stub }), createTracer());
  return transport(backendRequest({ url: 'http://h/a', ...init }));
}

test('answers with status, lower-case headers and bytes', async () => {
  expect(await answer(reply({ status: 404, headers: { 'X-One': ['a', 'b'] }, body: 'text' }))).toEqual({
    status: 404,
    headers: { 'x-one': ['a', 'b'] },
    body: Buffer.from('text'),
  });
  expect(await answer([1])).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('[1]'),
  });
  expect(await answer(reply({}))).toEqual({ status: 200, headers: {}, body: Buffer.alloc(0) });
});

test('hands a stream on where one is asked for', async () => {
  const { body } = await answer('text', { stream: true });
  expect(body).toBeInstanceOf(Readable);
  expect(await (body as Readable).toArray()).toEqual([Buffer.from('text')]);
});

test('waits as long as the stub says, unless the call is aborted', async () => {
  const slow = answer(reply({ body: 'x', delay: 100 }));
  const settled = vi.fn();
  slow.then(settled);
  await vi.advanceTimersByTimeAsync(99);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(settled).toHaveBeenCalled();

  const controller = new AbortController();
  const aborted = answer(reply({ delay: 100 }), { signal: controller.signal });
  const reason = new Error('enough');
  await vi.advanceTimersByTimeAsync(50);
  controller.abort(reason);
  await expect(aborted).rejects.toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
});

test('fails as it is told', async () => {
  await expect(answer(failure('refused'))).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION', status: 502 });
  await expect(answer(failure('reset'))).rejects.toThrow('broke the connection');
  const controller = new AbortController();
  const silent = answer(failure('silent'), { signal: controller.signal });
  controller.abort('enough');
  await expect(silent).rejects.toBe('enough');
});

test('does not run a stub for a call that is over', async () => {
  const stub = vi.fn();
  await expect(answer(stub, { signal: AbortSignal.abort('over') })).rejects.toBe('over');
  expect(stub).not.toHaveBeenCalled();
});

test('stops waiting for a stub function that never comes back', async () => {
  const controller = new AbortController();
  const stuck = answer(() => new Promise(() => {}), { signal: controller.signal });
  controller.abort('enough');
  await expect(stuck).rejects.toBe('enough');
});

test('closes a streamed body when the call is aborted', async () => {
  const body = new Readable({ read() {} });
  body.on('error', () => {});
  const controller = new AbortController();
  await answer(reply({ body }), { stream: true, signal: controller.signal });
  controller.abort(new Error('enough'));
  expect(body.destroyed).toBe(true);
});
