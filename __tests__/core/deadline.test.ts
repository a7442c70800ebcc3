import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDeadline } from '../../lib/core/deadline.js';

const expired = new Error('expired');
const reason = new Error('cancelled');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each([false, true])('hasInternalSignal: %s', (hasInternalSignal) => {
  function start(milliseconds = 100, parent?: AbortSignal) {
    return createDeadline(milliseconds, () => expired, parent, hasInternalSignal);
  }

  /** What a promise has become without waiting for it. */
  async function stateOf(promise: Promise<unknown>): Promise<unknown> {
    return Promise.race([promise.catch((error) => error), Promise.resolve().then(() => 'pending')]);
  }

  test('T01 ends exactly when its time is up', async () => {
    const deadline = start(100);
    await vi.advanceTimersByTimeAsync(99);
    expect(deadline.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(deadline.signal.reason).toBe(expired);
  });

  test('makes the reason only when it is needed', async () => {
    const makeReason = vi.fn(() => expired);
    const deadline = createDeadline(100, makeReason);
    await deadline.race(Promise.resolve('done'));
    deadline.dispose();
    await vi.advanceTimersByTimeAsync(1000);
    expect(makeReason).not.toHaveBeenCalled();
  });

  test('tells that it has ended, once it has', async () => {
    const deadline = start(100);
    const ended = deadline.ended();
    expect(await stateOf(ended)).toBe('pending');
    deadline.cancel(reason);
    expect(await ended).toBe(reason);
    expect(await deadline.ended()).toBe(reason);
  });

  describe('a race', () => {
    test('settles as the promise does', async () => {
      const deadline = start();
      expect(await deadline.race(Promise.resolve(7))).toBe(7);
      await expect(deadline.race(Promise.reject(reason))).rejects.toBe(reason);
      deadline.dispose();
    });

    test('T01 rejects with the reason when the time is up, whatever the promise does later', async () => {
      const deadline = start();
      let finish: (value: string) => void = () => {};
      const raced = deadline.race(
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
      );
      const settled = expect(raced).rejects.toBe(expired);
      await vi.advanceTimersByTimeAsync(100);
      await settled;
      finish('late');
      await expect(raced).rejects.toBe(expired);
    });

    test('T02 that begins too late rejects at once, and swallows what its promise does', async () => {
      const deadline = start();
      deadline.cancel(reason);
      await expect(deadline.race(Promise.reject(new Error('late')))).rejects.toBe(reason);
    });

    test('T02 is one of several: all of them end', async () => {
      const deadline = start();
      const raced = [1, 2, 3].map(() => deadline.race(new Promise(() => {})));
      deadline.cancel(reason);
      for (const promise of raced) await expect(promise).rejects.toBe(reason);
    });
  });

  describe('the first reason wins', () => {
    test('over later ones', async () => {
      const deadline = start();
      deadline.cancel(reason);
      deadline.cancel(new Error('second'));
      await vi.advanceTimersByTimeAsync(1000);
      expect(deadline.signal.reason).toBe(reason);
    });

    test('and drops the timer', () => {
      start().cancel(reason);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  describe('a parent', () => {
    test('that ends takes its children along, with its reason', async () => {
      const parent = start(50);
      const child = start(100, parent.signal);
      const raced = expect(child.race(new Promise(() => {}))).rejects.toBe(expired);
      await vi.advanceTimersByTimeAsync(50);
      await raced;
      expect(child.signal.reason).toBe(parent.signal.reason);
      expect(vi.getTimerCount()).toBe(0);
    });

    test('that has ended before leaves nothing to begin', () => {
      const child = start(100, AbortSignal.abort(reason));
      expect(child.signal.reason).toBe(reason);
      expect(vi.getTimerCount()).toBe(0);
    });

    test('is not ended by its children', async () => {
      const parent = start(100);
      const child = start(50, parent.signal);
      await vi.advanceTimersByTimeAsync(50);
      expect(child.signal.aborted).toBe(true);
      expect(parent.signal.aborted).toBe(false);
      parent.dispose();
    });
  });

  describe('disposing of it', () => {
    test('drops the timer without ending it', async () => {
      const deadline = start();
      const raced = deadline.race(new Promise(() => {}));
      deadline.dispose();
      await vi.advanceTimersByTimeAsync(1000);
      expect(deadline.signal.aborted).toBe(false);
      expect(await stateOf(raced)).toBe('pending');
      expect(vi.getTimerCount()).toBe(0);
    });

    test('lets go of the parent', () => {
      const parent = start();
      const child = start(100, parent.signal);
      child.dispose();
      parent.cancel(reason);
      expect(child.signal.aborted).toBe(false);
    });

    test('does not keep it from being cancelled', () => {
      const deadline = start();
      deadline.dispose();
      deadline.cancel(reason);
      expect(deadline.signal.reason).toBe(reason);
    });

    test('T04 leaves no listener on a parent that outlives thousands of children', () => {
      const parent = new AbortController();
      const add = vi.spyOn(parent.signal, 'addEventListener');
      const remove = vi.spyOn(parent.signal, 'removeEventListener');
      for (let count = 0; count < 10_000; count++) start(100, parent.signal).dispose();
      expect(add).toHaveBeenCalledTimes(10_000);
      expect(remove).toHaveBeenCalledTimes(10_000);
      for (const [index, [type, listener]] of remove.mock.calls.entries()) {
        expect(type).toBe('abort');
        expect(listener).toBe(add.mock.calls[index]?.[1]);
      }
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  test('T04 dozens of listeners are no leak', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const deadline = start();
    for (let count = 0; count < 50; count++) deadline.signal.addEventListener('abort', () => {});
    vi.useRealTimers();
    await new Promise(setImmediate);
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
    deadline.dispose();
  });
});
