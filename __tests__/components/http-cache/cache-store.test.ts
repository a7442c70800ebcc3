import { describe, expect, test } from 'vitest';
import { type CacheStore, isCacheStore, setVersionedBy } from '../../../lib/components/http-cache/cache-store.js';

function open(present?: string) {
  const values = new Map<string, string>(present === undefined ? [] : [['version', present]]);
  const store: CacheStore = {
    get: async (key) => values.get(key),
    set: async (key, value) => values.set(key, value),
    remove: async () => 0,
  };
  return { values, store };
}

describe('setVersionedBy', () => {
  test.each([
    ['', undefined, 'rFresh'],
    ['', 'rOther', 'rOther'],
    ['', 'wWrite', undefined],
    ['rSeen', 'rSeen', 'rSeen'],
    ['wSeen', 'wSeen', 'wSeen'],
    ['rSeen', 'rOther', undefined],
    ['rSeen', 'wWrite', undefined],
    ['rSeen', undefined, undefined],
  ])('seen %j, there %j: stored for %j', async (seen, present, version) => {
    const { values, store } = open(present);
    const write = { versionKey: 'version', seen, fresh: 'rFresh', key: 'key', value: 'text', milliseconds: 10 };
    await setVersionedBy(store, write);
    expect(values.get('key')).toBe(version && `${version}\ntext`);
    expect(values.get('version')).toBe(present ?? version);
  });
});

test('isCacheStore asks for three functions', () => {
  const { store } = open();
  expect(isCacheStore(store)).toBe(true);
  expect(isCacheStore({ ...store, remove: undefined })).toBe(false);
  expect(isCacheStore({ take() {} })).toBe(false);
  expect(isCacheStore(undefined)).toBe(false);
});
