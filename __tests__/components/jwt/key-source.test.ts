import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFixedKeys, createRemoteKeys, type KeySource } from '../../../lib/components/jwt/key-source.js';
import { createSigner } from '../../support/jwt.js';

const set = { keys: [createSigner('ES256', 'a').jwk] };
const other = { keys: [createSigner('ES256', 'b').jwk] };
const LIFE = 100_000;
const PATIENCE = 1_000;

const download = vi.fn<(signal: AbortSignal) => Promise<unknown>>();
const onFailure = vi.fn();
let source: KeySource;

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  download.mockResolvedValue(set);
  source = createRemoteKeys({ download, onFailure });
});
afterEach(() => {
  vi.useRealTimers();
});

const idsOf = (keys: Awaited<ReturnType<KeySource['keys']>>) => keys.map(({ names: { kid } }) => kid);

test('keys of a file are there', async () => {
  const fixed = createFixedKeys([]);
  expect(fixed.isFresh(1)).toBe(true);
  expect([await fixed.keys(1, 1), await fixed.renew(1, 1)]).toEqual([[], []]);
  fixed.use()();
});

describe('A03 a download', () => {
  test('is one for all that wait', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => source.keys(LIFE, PATIENCE)));
    expect(all.map(idsOf)).toEqual(Array(50).fill(['a']));
    expect(download).toHaveBeenCalledTimes(1);
  });

  test('takes place in the background before keys are too old, and no request waits', async () => {
    await source.keys(LIFE, PATIENCE);
    vi.advanceTimersByTime(79_000);
    expect([source.isFresh(LIFE), download.mock.calls.length]).toEqual([true, 1]);
    vi.advanceTimersByTime(2_000);
    expect([source.isFresh(LIFE), source.isFresh(LIFE), download.mock.calls.length]).toEqual([true, true, 2]);
  });

  test('is waited for where keys are too old', async () => {
    await source.keys(LIFE, PATIENCE);
    download.mockResolvedValue(other);
    vi.advanceTimersByTime(LIFE);
    expect(source.isFresh(LIFE)).toBe(false);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['b']);
  });

  test('is ended after five seconds, and no request waits longer than it wants', async () => {
    download.mockImplementation((signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)));
    const waiting = source.keys(LIFE, PATIENCE);
    const refused = expect(waiting).rejects.toMatchObject({ status: 503 });
    await vi.advanceTimersByTimeAsync(PATIENCE);
    await refused;
  });

  test('for unknown ids is one in a cooldown', async () => {
    await source.keys(LIFE, PATIENCE);
    for (let turn = 0; turn < 100; turn++) expect(idsOf(await source.renew(30_000, PATIENCE))).toEqual(['a']);
    expect(download).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(30_000);
    download.mockResolvedValue(other);
    expect(idsOf(await source.renew(30_000, PATIENCE))).toEqual(['b']);
    await source.renew(30_000, PATIENCE);
    expect(download).toHaveBeenCalledTimes(2);
  });

  test('that throws at once fails as any other', async () => {
    download.mockImplementation(() => {
      throw new Error('broken');
    });
    await expect(source.keys(LIFE, PATIENCE)).rejects.toMatchObject({ status: 503 });
    vi.advanceTimersByTime(1_000);
    download.mockResolvedValue(set);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['a']);
  });

  test('under way is ended when the last user has gone, and a later one starts anew', async () => {
    let aborted = 0;
    download.mockImplementation(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted += 1;
            reject(signal.reason);
          });
        }),
    );
    const [first, second] = [source.use(), source.use()];
    const failed = expect(source.keys(LIFE, PATIENCE)).rejects.toMatchObject({ status: 503 });
    first();
    expect(aborted).toBe(0);
    second();
    await failed;
    expect([aborted, onFailure.mock.calls.length]).toEqual([1, 0]);
    source.use();
    vi.advanceTimersByTime(1_000);
    download.mockResolvedValue(set);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['a']);
  });
});

describe('A03 a server that is down', () => {
  test('before there were keys: 503, one attempt in a second, and then it heals', async () => {
    download.mockRejectedValue(new Error('down'));
    for (let turn = 0; turn < 10; turn++) {
      await expect(source.keys(LIFE, PATIENCE)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    }
    expect(download).toHaveBeenCalledTimes(1);
    expect(onFailure).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    download.mockResolvedValue(set);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['a']);
  });

  test('later: the last keys serve, attempts are half a minute apart, no request waits', async () => {
    await source.keys(LIFE, PATIENCE);
    download.mockRejectedValue(new Error('down'));
    vi.advanceTimersByTime(LIFE);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['a']);
    for (let second = 0; second < 300; second++) {
      expect(source.isFresh(LIFE)).toBe(true);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(download.mock.calls.length).toBe(11);
    download.mockResolvedValue(other);
    await vi.advanceTimersByTimeAsync(30_000);
    source.isFresh(LIFE);
    await vi.advanceTimersByTimeAsync(1);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['b']);
  });

  test('for longer than any request came: the next one waits for it again', async () => {
    await source.keys(LIFE, PATIENCE);
    download.mockRejectedValue(new Error('down'));
    vi.advanceTimersByTime(LIFE);
    await source.keys(LIFE, PATIENCE);
    vi.advanceTimersByTime(3_600_000);
    download.mockResolvedValue(other);
    expect(source.isFresh(LIFE)).toBe(false);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['b']);
  });

  test('an answer that is no set leaves the last keys in force', async () => {
    await source.keys(LIFE, PATIENCE);
    download.mockResolvedValue({ error: 'oops' });
    vi.advanceTimersByTime(LIFE);
    expect(idsOf(await source.keys(LIFE, PATIENCE))).toEqual(['a']);
    expect(onFailure).toHaveBeenCalledTimes(1);
  });
});
