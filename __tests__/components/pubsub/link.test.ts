import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLink, pauseAfter } from '../../../lib/components/pubsub/link.js';
import { ConfigError } from '../../../lib/errors.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

function linkTo(open: () => Promise<number>) {
  const close = vi.fn(async () => {});
  return { link: createLink({ name: 'backend[0]', open, close }), close };
}

test('is opened once for everybody', async () => {
  const open = vi.fn(async () => 1);
  const { link } = linkTo(open);
  expect(await Promise.all([link.get(), link.get()])).toEqual([1, 1]);
  expect(open).toHaveBeenCalledOnce();
  link.lose();
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

test('an attempt that was lost on the way is closed, and does not take the place of the next one', async () => {
  const opens: ((value: number) => void)[] = [];
  const { link, close } = linkTo(() => new Promise((resolve) => opens.push(resolve)));
  const lost = expect(link.get()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  link.lose();
  const next = link.get();
  opens[0]?.(1);
  await lost;
  expect(close).toHaveBeenCalledExactlyOnceWith(1);
  opens[1]?.(2);
  await expect(next).resolves.toBe(2);
  await expect(link.get()).resolves.toBe(2);
  expect(opens).toHaveLength(2);
});

test('an attempt that never ends is given up, and closed when it opens after all', async () => {
  vi.useFakeTimers();
  try {
    let opened = (_: number) => {};
    const { link, close } = linkTo(() => new Promise((resolve) => (opened = resolve)));
    const given = expect(link.get()).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    await vi.advanceTimersByTimeAsync(10_000);
    await given;
    opened(3);
    await vi.advanceTimersByTimeAsync(0);
    expect(close).toHaveBeenCalledExactlyOnceWith(3);
  } finally {
    vi.useRealTimers();
  }
});

test('has nothing to close when it never opened', async () => {
  const { link, close } = linkTo(() => Promise.reject(new Error('down')));
  await link.close();
  expect(close).not.toHaveBeenCalled();
});
