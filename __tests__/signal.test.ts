import { expect, test, vi } from 'vitest';
import { createAbort, offAbort, onAbort } from '../lib/signal.js';

const reason = new Error('enough');

function setUp() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: createAbort(controller) };
}

test('A01 every listener is called once, in order, after the signal was aborted', () => {
  const { signal, abort } = setUp();
  const calls: unknown[] = [];
  onAbort(signal, () => calls.push(['first', signal.aborted, signal.reason]));
  onAbort(signal, () => calls.push(['second', signal.aborted, signal.reason]));
  abort(reason);
  abort(new Error('again'));
  expect(calls).toEqual([
    ['first', true, reason],
    ['second', true, reason],
  ]);
});

test('those who listen to the event are told too', () => {
  const { signal, abort } = setUp();
  const listener = vi.fn();
  signal.addEventListener('abort', listener);
  abort(reason);
  expect(listener).toHaveBeenCalledOnce();
});

test('a listener that was taken away is not called, also when another one does it meanwhile', () => {
  const { signal, abort } = setUp();
  const [gone, late] = [vi.fn(), vi.fn()];
  onAbort(signal, gone);
  onAbort(signal, () => offAbort(signal, late));
  onAbort(signal, late);
  offAbort(signal, gone);
  offAbort(signal, vi.fn());
  abort(reason);
  expect(gone).not.toHaveBeenCalled();
  expect(late).not.toHaveBeenCalled();
});

test('a signal of somebody else is listened to by its event', () => {
  const controller = new AbortController();
  const [kept, gone] = [vi.fn(), vi.fn()];
  onAbort(controller.signal, kept);
  onAbort(controller.signal, gone);
  offAbort(controller.signal, gone);
  controller.abort();
  expect(kept).toHaveBeenCalledOnce();
  expect(gone).not.toHaveBeenCalled();
});
