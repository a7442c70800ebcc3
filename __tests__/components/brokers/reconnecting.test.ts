import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReconnecting, pauseAfter } from '../../../lib/components/brokers/reconnecting.js';
import { ConfigError } from '../../../lib/errors.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

function linkTo(
  open: (onEnd: () => void, signal: AbortSignal) => Promise<number>,
  close = vi.fn(async (_: number) => {}),
) {
  const onLost = vi.fn();
  return { link: createReconnecting({ name: 'backend[0]', open, close, onLost }), close, onLost };
}

/** Opens when it is told to; `ends` end what the attempts have opened. */
function attempts() {
  const opens: ((value: number) => void)[] = [];
  const ends: (() => void)[] = [];
  function open(onEnd: () => void): Promise<number> {
    ends.push(onEnd);
    return new Promise((resolve) => opens.push(resolve));
  }
  return { opens, ends, open };
}

test('is opened once for everybody, and again when it has ended', async () => {
  const open = vi.fn(async (_onEnd: () => void) => 1);
  const { link, onLost } = linkTo(open);
  expect(await Promise.all([link.get(), link.get()])).toEqual([1, 1]);
  expect(open).toHaveBeenCalledOnce();
  const [onEnd] = open.mock.calls[0] ?? [];
  onEnd?.();
  onEnd?.();
  expect(onLost).toHaveBeenCalledOnce();
  await link.get();
  expect(open).toHaveBeenCalledTimes(2);
});

test('N02 a broker that is down is asked again after a pause that grows, not by every call', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const open = vi.fn(() => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:9092')));
  const { link } = linkTo(open);
  const failed = () =>
    expect(link.get()).rejects.toMatchObject({
      code: 'ERR_BACKEND_CONNECTION',
      message: expect.not.stringContaining('10.0'),
    });
  await failed();
  for (let call = 0; call < 100; call++) await failed();
  expect(open).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(101);
  await failed();
  expect(open).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(101);
  await failed();
  expect(open).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(100);
  await failed();
  expect(open).toHaveBeenCalledTimes(3);
});

test('N02 pauses are spread, so that many gateways do not come back together', () => {
  expect([1, 2, 3, 10, 1_000].map((failures) => pauseAfter(failures, () => 1))).toEqual([100, 200, 400, 5_000, 5_000]);
  expect([1, 2, 3, 10, 1_000].map((failures) => pauseAfter(failures, () => 0))).toEqual([50, 100, 200, 2_500, 2_500]);
});

test('T04 an attempt that failed, or that nothing waits for any more, is told to end', async () => {
  vi.useFakeTimers();
  const signals: AbortSignal[] = [];
  const { link } = linkTo((_onEnd, signal) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const failing = expect(link.get()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  expect(signals[0]?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(10_000);
  await failing;
  expect(signals[0]?.aborted).toBe(true);
  vi.useRealTimers();
});

test('an error of our own is told as it is', async () => {
  const error = new ConfigError([]);
  await expect(linkTo(() => Promise.reject(error)).link.get()).rejects.toBe(error);
});

test('closes what is open, also what opens late, and opens nothing after that', async () => {
  let opened = (_: number) => {};
  const { link, close } = linkTo(() => new Promise((resolve) => (opened = resolve)));
  const getting = expect(link.get()).rejects.toMatchObject({ code: 'ERR_CLOSING' });
  const closed = link.close();
  opened(7);
  await Promise.all([getting, closed]);
  expect(close).toHaveBeenCalledExactlyOnceWith(7);
  await expect(link.get()).rejects.toMatchObject({ code: 'ERR_CLOSING' });
});

test('N02 what ends while it is being opened is closed and a failure, with its pause', async () => {
  const { opens, ends, open } = attempts();
  const { link, close, onLost } = linkTo(open);
  const getting = expect(link.get()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  ends[0]?.();
  opens[0]?.(1);
  await getting;
  expect(close).toHaveBeenCalledExactlyOnceWith(1);
  expect(onLost).not.toHaveBeenCalled();
  await expect(link.get()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  expect(opens).toHaveLength(1);
});

test('N02 an attempt that was given up is closed when it opens after all, and its end is nothing to the next', async () => {
  vi.useFakeTimers();
  const { opens, ends, open } = attempts();
  const { link, close, onLost } = linkTo(open);
  const given = expect(link.get()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  await vi.advanceTimersByTimeAsync(10_101);
  await given;
  const next = link.get();
  opens[1]?.(2);
  await expect(next).resolves.toBe(2);
  opens[0]?.(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(close).toHaveBeenCalledExactlyOnceWith(1);
  ends[0]?.();
  expect(onLost).not.toHaveBeenCalled();
  await expect(link.get()).resolves.toBe(2);
  expect(opens).toHaveLength(2);
});

test('N02 a close that never ends is given up, and nobody hears of a loss then', async () => {
  vi.useFakeTimers();
  const { opens, ends, open } = attempts();
  const { link, onLost } = linkTo(
    open,
    vi.fn(() => new Promise<void>(() => {})),
  );
  const getting = link.get();
  opens[0]?.(1);
  await getting;
  const closed = expect(link.close()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  await vi.advanceTimersByTimeAsync(10_000);
  await closed;
  ends[0]?.();
  expect(onLost).not.toHaveBeenCalled();
});

test('has nothing to close when it never opened', async () => {
  const { link, close } = linkTo(() => Promise.reject(new Error('down')));
  await link.close();
  expect(close).not.toHaveBeenCalled();
});
