import { expect, test, vi } from 'vitest';
import { createInbox } from '../../../lib/components/brokers/async-queue.js';

const { signal } = new AbortController();

test('messages go to those who wait, and to those who come, in order', async () => {
  const inbox = createInbox<number>();
  const waiting = [inbox.take(signal), inbox.take(signal)];
  expect(inbox.waiting).toBe(2);
  for (const n of [1, 2, 3, 4]) inbox.put(n);
  expect(await Promise.all([...waiting, inbox.take(signal), inbox.take(signal)])).toEqual([1, 2, 3, 4]);
});

test('one that was out already comes before the others', async () => {
  const inbox = createInbox<number>();
  inbox.put(2);
  inbox.put(1, 'front');
  expect([await inbox.take(signal), await inbox.take(signal)]).toEqual([1, 2]);
});

test('who has left gets nothing, and takes nothing from the next', async () => {
  const inbox = createInbox<number>();
  const controller = new AbortController();
  const left = inbox.take(controller.signal);
  const next = inbox.take(signal);
  controller.abort(new Error('gone'));
  inbox.put(1);
  await expect(left).rejects.toThrow('gone');
  expect(await next).toBe(1);
  await expect(inbox.take(controller.signal)).rejects.toThrow('gone');
  inbox.put(2);
  await expect(inbox.take(controller.signal)).rejects.toThrow('gone');
  expect(await inbox.take(signal)).toBe(2);
});

test('what nobody has got can be taken back, what is out cannot', async () => {
  const inbox = createInbox<number>();
  inbox.put(1);
  expect(inbox.withdraw(1)).toBe(true);
  expect(inbox.withdraw(1)).toBe(false);
  inbox.put(2);
  inbox.put(3);
  expect(inbox.clear()).toEqual([2, 3]);
  const waiting = inbox.take(signal);
  inbox.put(4);
  expect(await waiting).toBe(4);
});

test('a failure reaches everybody who waits, and nobody who comes later', async () => {
  const inbox = createInbox<number>();
  const waiting = [inbox.take(signal), inbox.take(signal)];
  inbox.fail(new Error('down'));
  for (const one of waiting) await expect(one).rejects.toThrow('down');
  const later = inbox.take(signal);
  inbox.put(1);
  expect(await later).toBe(1);
});

test('no listener is left on a signal', async () => {
  const own = new AbortController().signal;
  const add = vi.spyOn(own, 'addEventListener');
  const remove = vi.spyOn(own, 'removeEventListener');
  const inbox = createInbox<number>();
  const waiting = inbox.take(own);
  inbox.put(1);
  await waiting;
  inbox.put(2);
  await inbox.take(own);
  expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
});
