import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CacheStore, VersionedWrite } from '../../../lib/components/http-cache/cache-store.js';
import { createEntry, type Entry } from '../../../lib/components/http-cache/entry.js';
import { createRemoteStore } from '../../../lib/components/http-cache/remote-store.js';
import type { EntryStore, Lookup } from '../../../lib/components/http-cache/store.js';
import type { Logger } from '../../../lib/logger.js';
import type { Headers } from '../../../lib/proxy.js';
import { backendRequest, headersOf } from '../../support/requests.js';

const MINUTE = { lifetime: 60, initialAge: 10, staleIfError: 5, mayBeStale: true };
const NOTHING = { entry: undefined, vary: [] };

function keyOf(url: string, select = ''): string {
  return ['space', 'GET', url, select].join('\n');
}
const KEY = keyOf('http://a.test/1');

function entryOf(headers: Record<string, string> = {}, sent: Record<string, string> = {}, text = 'body'): Entry {
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

/** As the cache does: looks, asks the backend, and stores. */
async function store(to: EntryStore, key: string, entry = entryOf(), headers: Headers = {}): Promise<void> {
  const { version } = await to.find(key, headers);
  to.put(key, entry, version);
  await settled();
}

/** Lets everything happen that waits for promises only. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function textOf(found: Lookup | Promise<Lookup>): Promise<string | undefined> {
  return (await found).entry?.body.toString();
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
    await store(open(), KEY, entry);
    expect(await open().find(KEY, {})).toMatchObject({ entry, vary: [] });
    expect(await open().find(keyOf('http://a.test/2'), {})).toMatchObject(NOTHING);
  });

  test('variants have keys of their own', async () => {
    const opened = open();
    const [de, en] = ['de', 'en'].map((language) =>
      entryOf({ vary: 'accept-language' }, { 'accept-language': language }, language),
    );
    await store(opened, KEY, de);
    await store(opened, KEY, en);
    expect((await opened.find(KEY, headersOf({ 'accept-language': 'de' }))).entry).toEqual(de);
    expect((await opened.find(KEY, headersOf({ 'accept-language': 'en' }))).entry).toEqual(en);
    expect(await opened.find(KEY, headersOf({ 'accept-language': 'fr' }))).toMatchObject({
      entry: undefined,
      vary: ['accept-language'],
    });
  });

  test('keeps entries for as long as they can be of use', async () => {
    const opened = open();
    await store(opened, KEY);
    await store(opened, keyOf('http://a.test/tagged'), entryOf({ etag: '"a"' }));
    const timeOf = (text: string) => [...times].find(([key]) => key.includes(text))?.[1];
    expect(timeOf(KEY)).toBe(55_000);
    expect(timeOf('/tagged')).toBe(55_000 + 3_600_000);
  });

  test('removes by key, and counts answers only', async () => {
    const opened = open();
    for (const id of ['a1', 'b1']) await store(opened, keyOf(`http://a.test/${id}`));
    expect(await opened.remove((key) => key.includes('/a1'))).toBe(1);
    expect(await textOf(opened.find(keyOf('http://a.test/b1'), {}))).toBe('body');
    expect(await opened.remove(() => true)).toBe(1);
  });

  test('a store that can do it in one step is asked to, with keys of one place', async () => {
    const setVersioned = vi.fn<(write: VersionedWrite) => Promise<unknown>>(async () => 1);
    await store(open({ ...remote, setVersioned }), KEY, entryOf({ vary: 'accept' }));
    expect(setVersioned).toHaveBeenCalledTimes(2);
    const [first, second] = setVersioned.mock.calls.map(([write]) => write) as [VersionedWrite, VersionedWrite];
    expect(first).toMatchObject({ versionKey: second.versionKey, fresh: second.fresh, seen: '', milliseconds: 55_000 });
    for (const key of [first.key, second.key]) expect(key.split('}')[0]).toBe(first.versionKey.split('}')[0]);
    expect(values.size).toBe(0);
  });
});

describe('P12 a write', () => {
  const OTHER = keyOf('http://a.test/2');

  test('takes every variant and every key of its URL away, in every process, and nothing else', async () => {
    const [one, other] = [open(), open()];
    const tenant = keyOf('http://a.test/1', 'digest of a tenant');
    const varied = keyOf('http://a.test/1', 'varied');
    await store(one, KEY);
    await store(one, tenant);
    await store(one, varied, entryOf({ vary: 'accept' }, { accept: 'x' }), headersOf({ accept: 'x' }));
    await store(one, OTHER);
    other.invalidate('http://a.test/1');
    await settled();
    for (const key of [KEY, tenant, varied]) {
      expect(await textOf(one.find(key, headersOf({ accept: 'x' })))).toBeUndefined();
      expect(await textOf(other.find(key, headersOf({ accept: 'x' })))).toBeUndefined();
    }
    expect(await textOf(one.find(OTHER, {}))).toBe('body');
    await store(one, KEY, entryOf({}, {}, 'new'));
    expect(await textOf(other.find(KEY, {}))).toBe('new');
  });

  test('is one command of the store, however much is in it', async () => {
    const counted = { ...remote, get: vi.fn(remote.get), set: vi.fn(remote.set), remove: vi.fn(remote.remove) };
    const opened = open(counted);
    for (let id = 0; id < 100; id++) await store(opened, keyOf(`http://a.test/${id}`));
    for (const call of [counted.get, counted.set]) call.mockClear();
    opened.invalidate('http://a.test/1');
    await settled();
    expect(counted.get.mock.calls.length + counted.set.mock.calls.length + counted.remove.mock.calls.length).toBe(1);
  });

  test.each(['nothing is stored', 'an answer is stored'])(
    'keeps away what another process asked for before it, where %s',
    async (before) => {
      const [reader, writer] = [open(), open()];
      if (before === 'an answer is stored') await store(reader, KEY);
      const { version } = await reader.find(KEY, {});
      writer.invalidate('http://a.test/1');
      await settled();
      reader.put(KEY, entryOf({}, {}, 'asked before'), version);
      await settled();
      expect(await textOf(reader.find(KEY, {}))).toBeUndefined();
    },
  );

  test('two that read at the same time both store', async () => {
    const [one, other] = [open(), open()];
    const tenant = keyOf('http://a.test/1', 'digest of a tenant');
    const seen = [await one.find(KEY, {}), await other.find(tenant, {})];
    one.put(KEY, entryOf({}, {}, 'one'), seen[0]?.version);
    await settled();
    other.put(tenant, entryOf({}, {}, 'other'), seen[1]?.version);
    await settled();
    expect(await textOf(other.find(KEY, {}))).toBe('one');
    expect(await textOf(one.find(tenant, {}))).toBe('other');
  });

  test('that loses its version takes the entries with it', async () => {
    const opened = open();
    await store(opened, KEY);
    for (const key of values.keys()) if (key.endsWith(' version')) values.delete(key);
    expect(await textOf(opened.find(KEY, {}))).toBeUndefined();
  });

  test('that the store could not be told of is told later, and until then nothing of its URL is used', async () => {
    let isReadOnly = false;
    const opened = open({
      ...remote,
      set: (...args) => (isReadOnly ? Promise.reject(new Error('READONLY')) : remote.set(...args)),
    });
    await store(opened, KEY);
    isReadOnly = true;
    opened.invalidate('http://a.test/1');
    await settled();
    expect(await opened.find(KEY, {})).toEqual(NOTHING);
    await settled();
    isReadOnly = false;
    expect(await opened.find(KEY, {})).toEqual(NOTHING);
    await settled();
    expect(await opened.find(KEY, {})).toMatchObject(NOTHING);
    await store(opened, KEY, entryOf({}, {}, 'new'));
    expect(await textOf(opened.find(KEY, {}))).toBe('new');
  });
});

test('P12 of two changes at once, nothing of their URL is used until the store knows of the later one', async () => {
  const told: (() => void)[] = [];
  const get = vi.fn(remote.get);
  const opened = open({ ...remote, get, set: () => new Promise<void>((resolve) => told.push(resolve)) });
  opened.invalidate('http://a.test/1');
  opened.invalidate('http://a.test/1');
  told[0]?.();
  await settled();
  await opened.find(KEY, {});
  expect(get).not.toHaveBeenCalled();
  for (const tell of told) tell();
  await settled();
  await opened.find(KEY, {});
  expect(get).toHaveBeenCalled();
});

/** What a store may do instead of answering. */
const FAILURES: readonly [string, () => Promise<never>][] = [
  [
    'throws',
    () => {
      throw new Error('no client');
    },
  ],
  ['rejects', () => Promise.reject(new Error('down'))],
  ['rejects later', () => new Promise((_, reject) => setTimeout(reject, 5, new Error('down')))],
  ['rejects after its time', () => new Promise((_, reject) => setTimeout(reject, 2_000, new Error('down')))],
  ['never answers', () => new Promise(() => {})],
];
const CALLS = ['get', 'set', 'setVersioned'] as const;

describe('S13 a store that fails', () => {
  const unhandled: unknown[] = [];
  function note(reason: unknown): void {
    unhandled.push(reason);
  }
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    process.off('unhandledRejection', note);
  });

  test.each(CALLS.flatMap((call) => FAILURES.map(([how, fail]) => [call, how, fail] as const)))(
    'whose %s %s has nothing, breaks nothing, and says so once a minute',
    async (call, _how, fail) => {
      const opened = open({ ...remote, setVersioned: async () => 1, [call]: fail });
      for (let round = 0; round < 20; round++) {
        const found = opened.find(KEY, {});
        await vi.advanceTimersByTimeAsync(150);
        expect((await found).entry).toBeUndefined();
        opened.put(KEY, entryOf({ vary: 'accept' }), '');
        opened.invalidate('http://a.test/1');
        await vi.advanceTimersByTimeAsync(2_100);
      }
      // A real turn of the event loop: what was left alone would be reported now.
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      expect(warn).toHaveBeenCalledOnce();
      expect(warn.mock.calls[0]?.[0]).toMatchObject({ cache: 'redis', err: expect.any(Error) });
      await vi.advanceTimersByTimeAsync(60_000);
      const found = opened.find(KEY, {});
      opened.put(keyOf('http://a.test/3'), entryOf(), '');
      opened.invalidate('http://a.test/1');
      await vi.advanceTimersByTimeAsync(2_100);
      await found;
      expect(warn).toHaveBeenCalledTimes(2);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test('is not waited for by one request after the other', async () => {
    const get = vi.fn(() => new Promise<never>(() => {}));
    const opened = open({ ...remote, get });
    for (let round = 0; round < 3; round++) {
      const found = opened.find(KEY, {});
      await vi.advanceTimersByTimeAsync(100);
      await found;
    }
    get.mockClear();
    expect(await opened.find(KEY, {})).toEqual(NOTHING);
    expect(get).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    void opened.find(KEY, {});
    expect(get).toHaveBeenCalled();
  });

  test.each(['rubbish', '', '\n', '{"layout":1,"head":{}}\nbody', 'cut'])(
    'whose entry is broken (%j) has none, and gets another one',
    async (broken) => {
      const opened = open();
      await store(opened, KEY);
      for (const [key, value] of values) {
        if (key.endsWith(' version')) continue;
        values.set(key, broken === 'cut' ? value.slice(0, -1) : `${value.split('\n', 1)[0]}\n${broken}`);
      }
      expect((await opened.find(KEY, {})).entry).toBeUndefined();
      expect(warn).not.toHaveBeenCalled();
      await store(opened, KEY, entryOf({}, {}, 'whole'));
      expect(await textOf(opened.find(KEY, {}))).toBe('whole');
    },
  );

  test.each([5, {}, [], true, null, undefined])('that answers %j has nothing', async (answer) => {
    const opened = open({ ...remote, get: async () => answer as unknown as string });
    expect((await opened.find(KEY, {})).entry).toBeUndefined();
    opened.put(KEY, entryOf(), '');
    opened.invalidate('http://a.test/1');
    await settled();
    expect(unhandled).toEqual([]);
  });
});
