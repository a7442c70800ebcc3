import { expect, test, vi } from 'vitest';
import { createAsyncQueue } from '../../../lib/components/brokers/async-queue.js';

const { signal } = new AbortController();

test('messages go to those who wait, and to those who come, in order', async () => {
  const queue = createAsyncQueue<number>();
  const waiting = [queue.take(signal), queue.take(signal)];
  expect(queue.waiting).toBe(2);
  for (const n of [1, 2, 3, 4]) queue.put(n);
  expect(await Promise.all([...waiting, queue.take(signal), queue.take(signal)])).toEqual([1, 2, 3, 4]);
});

test('one that was out already comes before the others', async () => {
  const queue = createAsyncQueue<number>();
  queue.put(2);
  queue.put(1, 'front');
  expect([await queue.take(signal), await queue.take(signal)]).toEqual([1, 2]);
});

test('who has left gets nothing, and takes nothing from the next', async () => {
  const queue = createAsyncQueue<number>();
  const controller = new AbortController();
  const left = queue.take(controller.signal);
  const next = queue.take(signal);
  controller.abort(new Error('gone'));
  queue.put(1);
  await expect(left).rejects.toThrow('gone');
  expect(await next).toBe(1);
  await expect(queue.take(controller.signal)).rejects.toThrow('gone');
  queue.put(2);
  await expect(queue.take(controller.signal)).rejects.toThrow('gone');
  expect(await queue.take(signal)).toBe(2);
});

test('what nobody has got can be taken back, what is out cannot', async () => {
  const queue = createAsyncQueue<number>();
  queue.put(1);
  expect(queue.withdraw(1)).toBe(true);
  expect(queue.withdraw(1)).toBe(false);
  queue.put(2);
  queue.put(3);
  expect(queue.clear()).toEqual([2, 3]);
  const waiting = queue.take(signal);
  queue.put(4);
  expect(await waiting).toBe(4);
});

test('a failure reaches everybody who waits, and nobody who comes later', async () => {
  const queue = createAsyncQueue<number>();
  const waiting = [queue.take(signal), queue.take(signal)];
  queue.fail(new Error('down'));
  for (const one of waiting) await expect(one).rejects.toThrow('down');
  const later = queue.take(signal);
  queue.put(1);
  expect(await later).toBe(1);
});

test('no listener is left on a signal', async () => {
  const own = new AbortController().signal;
  const add = vi.spyOn(own, 'addEventListener');
  const remove = vi.spyOn(own, 'removeEventListener');
  const queue = createAsyncQueue<number>();
  const waiting = queue.take(own);
  queue.put(1);
  await waiting;
  queue.put(2);
  await queue.take(own);
  expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
});
