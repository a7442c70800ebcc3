import { describe, expect, test } from 'vitest';
import { createEntry, type Entry } from '../../../lib/components/http-cache/entry.js';
import { createMemoryStore, type Lookup } from '../../../lib/components/http-cache/store.js';
import { backendRequest, headersOf } from '../../support/requests.js';

const MINUTE = { lifetime: 60, initialAge: 0, staleIfError: 0, mayBeStale: true };

function entryFor(vary: string, headers: Record<string, string>, text: string): Entry {
  const request = backendRequest({ headers: headersOf(headers) });
  const body = Buffer.from(text);
  return createEntry(request, { status: 200, headers: headersOf(vary ? { vary } : {}), body }, body, MINUTE, 0);
}

function textOf(found: Lookup | Promise<Lookup>): string | undefined {
  return (found as Lookup).entry?.body.toString();
}

function open(maxBytes = 1e6, maxItems = 100) {
  return createMemoryStore({ maxBytes, maxItems });
}

describe('createMemoryStore', () => {
  test('finds what was put there, and nothing else', () => {
    const store = open();
    store.put('a', entryFor('', {}, 'one'));
    expect(textOf(store.find('a', {}))).toBe('one');
    expect(store.find('b', {})).toEqual({ entry: undefined, vary: [] });
    store.put('a', entryFor('', {}, 'two'));
    expect(textOf(store.find('a', {}))).toBe('two');
    expect(store.items()).toBe(1);
  });

  test('tells variants apart by the headers that Vary names', () => {
    const store = open();
    store.put('a', entryFor('accept', { accept: 'x' }, 'for x'));
    store.put('a', entryFor('accept', { accept: 'y' }, 'for y'));
    store.put('a', entryFor('accept', { accept: 'x' }, 'for x again'));
    expect(textOf(store.find('a', headersOf({ accept: 'x' })))).toBe('for x again');
    expect(textOf(store.find('a', headersOf({ accept: 'y' })))).toBe('for y');
    expect(store.find('a', headersOf({ accept: 'z' }))).toEqual({ entry: undefined, vary: ['accept'] });
    expect(store.items()).toBe(2);
  });

  test('K05 sixteen variants of one key, the newest ones', () => {
    const store = open();
    for (let index = 0; index < 1_000; index++) {
      store.put('a', entryFor('user-agent', { 'user-agent': String(index) }, String(index)));
    }
    expect(store.items()).toBe(16);
    const ask = (agent: number) => textOf(store.find('a', headersOf({ 'user-agent': String(agent) })));
    expect([ask(999), ask(984), ask(983), ask(0)]).toEqual(['999', '984', undefined, undefined]);
  });

  test('K05 a million keys take no more than the bounds', () => {
    const store = open(1_000_000, 500);
    const entry = entryFor('', {}, 'x'.repeat(100));
    for (let index = 0; index < 1_000_000; index++) store.put(`key ${index}`, entry);
    expect(store.items()).toBe(500);
    expect(store.bytes()).toBeLessThan(1_000_000);
    expect(textOf(store.find('key 999999', {}))).toBeDefined();
    expect(textOf(store.find('key 999499', {}))).toBeUndefined();
  }, 60_000);

  test('removes by key', () => {
    const store = open();
    for (const key of ['a1', 'a2', 'b1']) store.put(key, entryFor('', {}, key));
    expect(store.remove((key) => key.startsWith('a'))).toBe(2);
    expect(textOf(store.find('a1', {}))).toBeUndefined();
    expect(textOf(store.find('b1', {}))).toBe('b1');
  });

  test('P12 forgets a URL with all its keys and variants, and no other one', () => {
    const store = open();
    const key = (url: string, select = '') => ['space', 'GET', url, select].join('\n');
    store.put(key('/1'), entryFor('accept', { accept: 'x' }, 'x'));
    store.put(key('/1'), entryFor('accept', { accept: 'y' }, 'y'));
    store.put(key('/1', 'tenant'), entryFor('', {}, 'of a tenant'));
    store.put(key('/11'), entryFor('', {}, 'other'));
    store.invalidate('/1');
    expect(store.items()).toBe(1);
    expect(textOf(store.find(key('/11'), {}))).toBe('other');
    store.invalidate('/not there');
    store.put(key('/1'), entryFor('', {}, 'new'));
    expect(textOf(store.find(key('/1'), {}))).toBe('new');
    store.invalidate('/1');
    store.invalidate('/11');
    expect([store.items(), store.bytes()]).toEqual([0, 0]);
  });

  test('P12 forgets what has made room in between', () => {
    const store = open(1e6, 2);
    const key = (url: string) => ['space', 'GET', url, ''].join('\n');
    for (const url of ['/1', '/2', '/3']) store.put(key(url), entryFor('', {}, url));
    store.invalidate('/1');
    store.invalidate('/3');
    expect(textOf(store.find(key('/2'), {}))).toBe('/2');
    expect(store.items()).toBe(1);
  });

  test('grows', () => {
    const store = open(1e6, 1);
    store.grow?.({ maxBytes: 0, maxItems: 2 });
    for (const key of ['a', 'b']) store.put(key, entryFor('', {}, key));
    expect(store.items()).toBe(2);
  });
});
