import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { untilAborted } from '../../lib/transport/abort.js';

it('settles as the work does, and leaves no listener', async () => {
  const { signal } = new AbortController();
  await expect(untilAborted(Promise.resolve(1), signal, 'backend[0]')).resolves.toBe(1);
  await expect(untilAborted(Promise.reject(new Error('no')), signal, 'backend[0]')).rejects.toThrow('no');
  await Promise.resolve();
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('T02 settles when the signal is aborted, whatever the work does later', async () => {
  const controller = new AbortController();
  let fail: (error: Error) => void = () => {};
  const work = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  const call = untilAborted(work, controller.signal, 'backend[0]');
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  fail(new Error('too late'));
});
