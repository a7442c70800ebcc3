import { describe, expect, test, vi } from 'vitest';
import { createAbort, createInternalSignal, offAbort, onAbort, pause, toAbortSignal } from '../../lib/core/signal.js';

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

describe('a quiet signal', () => {
  test('tells its list and those who listen to its event, once', () => {
    const { signal, abort } = createInternalSignal();
    const [listed, evented, gone] = [vi.fn(), vi.fn(), vi.fn()];
    onAbort(signal, listed);
    signal.addEventListener('abort', evented);
    signal.addEventListener('abort', gone);
    signal.removeEventListener('abort', gone);
    expect(() => signal.throwIfAborted()).not.toThrow();
    abort(reason);
    abort(new Error('again'));
    expect(listed).toHaveBeenCalledOnce();
    expect(evented).toHaveBeenCalledOnce();
    expect(gone).not.toHaveBeenCalled();
    expect(signal).toMatchObject({ aborted: true, reason });
    expect(() => signal.throwIfAborted()).toThrow(reason);
  });

  test('has a real one that follows it', () => {
    const { signal, abort } = createInternalSignal();
    const real = toAbortSignal(signal);
    const any = AbortSignal.any([real]);
    expect(real.aborted).toBe(false);
    abort(reason);
    expect(any.reason).toBe(reason);
    expect(toAbortSignal(signal)).toMatchObject({ aborted: true, reason });
  });

  test('is not made of what is real already', () => {
    const { signal } = new AbortController();
    expect(toAbortSignal(signal)).toBe(signal);
  });
});

describe('a pause', () => {
  test('ends when its time is up, or with the signal, and listens no longer', async () => {
    vi.useFakeTimers();
    try {
      const { signal, abort } = createInternalSignal();
      const ended: string[] = [];
      pause(50, signal).then(() => ended.push('short'));
      pause(100, signal).then(() => ended.push('long'));
      await vi.advanceTimersByTimeAsync(49);
      expect(ended).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(ended).toEqual(['short']);
      abort(reason);
      await vi.advanceTimersByTimeAsync(0);
      expect(ended).toEqual(['short', 'long']);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
