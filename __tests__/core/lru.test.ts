import { describe, expect, test } from 'vitest';
import { createLru } from '../../lib/core/lru.js';

describe('createLru', () => {
  test('P12 tells of each key that has gone, not of one that has another value', () => {
    const gone: string[] = [];
    const lru = createLru<number>({ maxBytes: 10, maxItems: 2 }, (key) => gone.push(key));
    expect(lru.set('a', 1, 4)).toBe(true);
    lru.set('a', 2, 4);
    lru.set('b', 1, 4);
    expect(gone).toEqual([]);
    lru.set('c', 1, 4);
    expect(lru.set('b', 1, 11)).toBe(false);
    expect(lru.set('not there', 1, 11)).toBe(false);
    lru.delete('c');
    lru.delete('c');
    expect(gone).toEqual(['a', 'b', 'c']);
  });

  test('K05 the least recently used make room, by bytes and by items', () => {
    const lru = createLru<number>({ maxBytes: 10, maxItems: 3 });
    lru.set('a', 1, 4);
    lru.set('b', 2, 4);
    expect(lru.get('a')).toBe(1);
    lru.set('c', 3, 4);
    expect([...lru.keys()]).toEqual(['a', 'c']);
    lru.set('d', 4, 1);
    lru.set('e', 5, 1);
    expect([...lru.keys()]).toEqual(['c', 'd', 'e']);
    expect(lru.bytes()).toBe(6);
    expect(lru.items()).toBe(3);
  });

  test('K05 what is larger than everything is not kept, and its predecessor neither', () => {
    const lru = createLru<string>({ maxBytes: 10, maxItems: 2 });
    lru.set('a', 'small', 1);
    lru.set('b', 'small', 1);
    lru.set('a', 'large', 11);
    expect(lru.get('a')).toBeUndefined();
    lru.set('a', 'many', 1, 3);
    expect(lru.get('a')).toBeUndefined();
    expect(lru.get('b')).toBe('small');
    expect(lru.bytes()).toBe(1);
  });

  test('K05 counts stay exact over a hundred thousand random steps', () => {
    const lru = createLru<number>({ maxBytes: 5_000, maxItems: 100 });
    const sizes = new Map<string, number>();
    let seed = 11;
    function random(below: number): number {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    }
    for (let step = 0; step < 100_000; step++) {
      const key = `k${random(300)}`;
      if (random(10) === 0) lru.delete(key);
      else if (random(3) === 0) lru.get(key);
      else {
        const size = random(200);
        lru.set(key, step, size);
        sizes.set(key, size);
      }
      if (lru.bytes() > 5_000 || lru.items() > 100) throw new Error(`out of bounds at step ${step}`);
    }
    const keys = [...lru.keys()];
    expect(keys.length).toBe(lru.items());
    expect(keys.reduce((sum, key) => sum + (sizes.get(key) as number), 0)).toBe(lru.bytes());
  });

  test('grow raises the bounds and never lowers them', () => {
    const lru = createLru<number>({ maxBytes: 1, maxItems: 1 });
    lru.grow({ maxBytes: 10, maxItems: 0 });
    lru.set('a', 1, 10);
    lru.set('b', 1, 0);
    expect([...lru.keys()]).toEqual(['b']);
    lru.grow({ maxBytes: 0, maxItems: 2 });
    lru.set('a', 1, 10);
    expect([...lru.keys()]).toEqual(['b', 'a']);
  });
});
