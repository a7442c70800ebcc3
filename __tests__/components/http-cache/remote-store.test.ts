import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEntry, type Entry } from '../../../lib/components/http-cache/entry.js';
import { type CacheStore, createRemoteStore, isCacheStore } from '../../../lib/components/http-cache/remote-store.js';
import type { Logger } from '../../../lib/logger.js';
import { backendRequest, headersOf } from '../../support/requests.js';

const MINUTE = { lifetime: 60, initialAge: 10, staleIfError: 5, mayBeStale: true };

function entryOf(headers: Record<string, string>, sent: Record<string, string> = {}, text = 'body'): Entry {
  const body = Buffer.from(text);
  const request = backendRequest({ headers: headersOf(sent) });
  return createEntry(request, { status: 200, headers: headersOf(headers), body }, body, MINUTE, 7);
}

const values = new Map<string, string>();
const times = new Map<string, number>();
let warn: ReturnType<typeof vi.fn<Logger['warn']>>;

const remote: CacheStore = {
  get: async (key) => values.get(key) ?? null,
  async set(key, value, milliseconds) {
    values.set(key, value);
    times.set(key, milliseconds);
  },
  async remove(matches) {
    const doomed = [...values.keys()].filter(matches);
    for (const key of doomed) values.delete(key);
    return doomed.length;
  },
};

function open(store: CacheStore = remote) {
  warn = vi.fn();
  return createRemoteStore('redis', store, { debug() {}, info() {}, warn, error() {} });
}

beforeEach(() => {
  values.clear();
  times.clear();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('createRemoteStore', () => {
  test('another process finds what one has put there', async () => {
    const entry = entryOf({ etag: '"a"' });
    open().put('key', entry);
    expect(await open().find('key', {})).toEqual({ entry, vary: [] });
    expect(await open().find('other', {})).toEqual({ entry: undefined, vary: [] });
  });

  test('variants have keys of their own', async () => {
    const store = open();
    const [de, en] = ['de', 'en'].map((language) =>
      entryOf({ vary: 'accept-language' }, { 'accept-language': language }, language),
    );
    store.put('key', de as Entry);
    store.put('key', en as Entry);
    expect((await store.find('key', headersOf({ 'accept-language': 'de' }))).entry).toEqual(de);
    expect((await store.find('key', headersOf({ 'accept-language': 'en' }))).entry).toEqual(en);
    expect(await store.find('key', headersOf({ 'accept-language': 'fr' }))).toEqual({
      entry: undefined,
      vary: ['accept-language'],
    });
  });

  test('keeps entries for as long as they can be of use', () => {
    const store = open();
    store.put('plain', entryOf({}));
    store.put('tagged', entryOf({ etag: '"a"' }));
    expect(times.get('plain')).toBe(55_000);
    expect(times.get('tagged')).toBe(55_000 + 3_600_000);
  });

  test('removes by key', async () => {
    const store = open();
    store.put('a1', entryOf({}));
    store.put('b1', entryOf({}));
    expect(await store.remove((key) => key.startsWith('a'))).toBe(1);
    expect((await store.find('b1', {})).entry).toBeDefined();
  });

  test('what is no longer readable is not there', async () => {
    values.set('key', 'rubbish');
    expect(await open().find('key', {})).toEqual({ entry: undefined, vary: [] });
    expect(warn).not.toHaveBeenCalled();
  });

  test('a store that fails has nothing, and says so once a minute', async () => {
    vi.useFakeTimers();
    const failure = new Error('down');
    const store = open({ ...remote, get: () => Promise.reject(failure), set: () => Promise.reject(failure) });
    for (let call = 0; call < 100; call++) {
      expect(await store.find('key', {})).toEqual({ entry: undefined, vary: [] });
      store.put('key', entryOf({}));
    }
    await vi.advanceTimersByTimeAsync(59_000);
    await store.find('key', {});
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toEqual({ cache: 'redis', err: failure });
    await vi.advanceTimersByTimeAsync(2_000);
    await store.find('key', {});
    expect(warn).toHaveBeenCalledTimes(2);
  });

  test('one that throws, too', async () => {
    const store = open({
      ...remote,
      get() {
        throw new Error('no client');
      },
    });
    expect(await store.find('key', {})).toEqual({ entry: undefined, vary: [] });
  });

  test('one that does not answer is not waited for', async () => {
    vi.useFakeTimers();
    const found = open({ ...remote, get: () => new Promise(() => {}) }).find('key', {});
    await vi.advanceTimersByTimeAsync(100);
    expect(await found).toEqual({ entry: undefined, vary: [] });
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('isCacheStore asks for all three functions', () => {
  expect(isCacheStore(remote)).toBe(true);
  expect(isCacheStore({ ...remote, remove: undefined })).toBe(false);
  expect(isCacheStore({ take() {} })).toBe(false);
  expect(isCacheStore(undefined)).toBe(false);
});
