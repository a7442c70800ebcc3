import { describe, expect, test } from 'vitest';
import { createCache } from '../../lib/components/http-cache/cache.js';
import { createEntry } from '../../lib/components/http-cache/entry.js';
import { createKeyMaker } from '../../lib/components/http-cache/key.js';
import { createMemoryStore } from '../../lib/components/http-cache/store.js';
import { createCacheControl } from '../../lib/core/cache-control.js';
import { backendRequest } from '../support/requests.js';

const URLS = [
  'http://a.test/products',
  'http://a.test/products/1',
  'http://a.test/products/1?full=1',
  'https://b.test:8443/products/1',
  'http://a.test/productsale',
  'http://a.test',
];

function fill() {
  const caches = ['one', 'two'].map((space) => {
    const cache = createCache(createMemoryStore({ maxBytes: 1e6, maxItems: 100 }));
    for (const url of URLS) {
      const request = backendRequest({ url });
      const body = Buffer.from(url);
      const freshness = { lifetime: 60, initialAge: 0, staleIfError: 0, mayBeStale: true };
      const entry = createEntry(request, { status: 200, headers: {}, body }, body, freshness, 0);
      cache.store.put(createKeyMaker(space, [])(request), entry);
    }
    return cache;
  });
  return { caches, control: createCacheControl(() => caches) };
}

describe('purge', () => {
  test.each<[string | undefined, number]>([
    ['http://a.test/products/1', 1],
    ['http://a.test/products/1*', 2],
    ['/products/1', 2],
    ['/products/1*', 3],
    ['/products/*', 3],
    ['/products*', 5],
    ['/', 1],
    ['http://a.test', 1],
    ['http://a.test*', 5],
    ['/nothing', 0],
    ['*', 6],
    [undefined, 6],
  ])('%s: %d of six, in each cache', async (target, count) => {
    expect(await fill().control.purge(target)).toBe(count * 2);
  });

  test('what was asked for before it is not stored after it', async () => {
    const { caches, control } = fill();
    const outdated = caches.map(({ reads }) =>
      reads.during('http://a.test/products/1', async (read) => {
        await control.purge('/products/*');
        return read.isOutdated;
      }),
    );
    expect(await Promise.all(outdated)).toEqual([true, true]);
    const other = caches[0]!.reads.during('http://a.test/x', async (read) => {
      await control.purge('/products/*');
      return read.isOutdated;
    });
    expect(await other).toBe(false);
  });

  test('counts add up', () => {
    const { caches, control } = fill();
    for (const { counts } of caches) {
      counts.hit += 2;
      counts.stale++;
    }
    expect(control.counts()).toEqual({ hit: 4, miss: 0, revalidated: 0, stale: 2, pass: 0 });
  });
});
