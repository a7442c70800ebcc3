import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDeadline } from '../../lib/core/deadline.js';
import { inTime, untilAborted } from '../../lib/core/race.js';

const never = new Promise<never>(() => {});

describe('untilAborted', () => {
  test('settles as the work does, and leaves no listener', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    await Promise.resolve();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('T02 settles when the signal is aborted, whatever the work does later', async () => {
    const controller = new AbortController();
    let fail: (error: Error) => void = () => {};
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const late = vi.fn();
    const call = untilAborted(work, controller.signal, () => new Error('not needed'), late);
    controller.abort();
    await expect(call).rejects.toThrow('not needed');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    fail(new Error('too late'));
    await expect(work).rejects.toThrow('too late');
    expect(late).not.toHaveBeenCalled();
  });

  test('hands over what comes after the signal was aborted, even if both come in the same turn', async () => {
    const controller = new AbortController();
    const late = vi.fn();
    const call = untilAborted(Promise.resolve('after all'), controller.signal, undefined, late);
    controller.abort(new Error('left'));
    await expect(call).rejects.toThrow('left');
    expect(late).toHaveBeenCalledWith('after all');
  });

  test('rejects with the reason of a signal that was aborted before, and of one of the gateway', async () => {
    const reason = new Error('left');
    await expect(untilAborted(never, AbortSignal.abort(reason))).rejects.toBe(reason);
    const deadline = createDeadline(1_000, () => reason, undefined, true);
    const call = untilAborted(never, deadline.signal);
    deadline.cancel(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe('inTime', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('settles as the work does, and leaves no timer', async () => {
    await expect(inTime(100, async () => 1)).resolves.toBe(1);
    await expect(inTime(100, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes what is thrown for a rejection, and what is no promise for a result', async () => {
    const throwing = () => {
      throw new Error('no');
    };
    await expect(inTime(100, throwing)).rejects.toThrow('no');
    await expect(inTime(100, (() => 1) as unknown as () => Promise<number>)).resolves.toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('rejects when the time is up, and hands over what comes later', async () => {
    const late = vi.fn();
    let finish: (value: string) => void = () => {};
    const work = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const call = inTime(
      100,
      () => work,
      () => new Error('too slow'),
      late,
    );
    const rejected = expect(call).rejects.toThrow('too slow');
    await vi.advanceTimersByTimeAsync(99);
    expect(late).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await rejected;
    finish('after all');
    await work;
    expect(late).toHaveBeenCalledWith('after all');
  });

  test('says itself how long that was', async () => {
    const rejected = expect(inTime(100, () => never)).rejects.toThrow('no answer within 100 ms');
    await vi.advanceTimersByTimeAsync(100);
    await rejected;
  });
});
