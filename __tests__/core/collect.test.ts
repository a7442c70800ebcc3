import { describe, expect, test } from 'vitest';
import { releaseMemory, takeMemory } from '../../lib/core/buffer-pool.js';
import { Collector } from '../../lib/core/collect.js';

/** Pieces of pseudo-random lengths, and all of their bytes. */
function cut(length: number, lengths: readonly number[]): { pieces: Buffer[]; whole: Buffer } {
  const whole = Buffer.from(Uint32Array.from({ length: length / 4 }, (_, at) => at * 2_654_435_761).buffer);
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < whole.length; index++) {
    const end = at + lengths[index % lengths.length]!;
    pieces.push(whole.subarray(at, end));
    at = end;
  }
  return { pieces, whole };
}

describe('a collector', () => {
  test.each([
    { lengths: [1] },
    { lengths: [7, 16_383] },
    { lengths: [16_384, 1] },
    { lengths: [1, 100_000, 3, 16_384, 1024] },
    { lengths: [400_000] },
  ])('P11 gives back every byte in its order: $lengths', ({ lengths }) => {
    const { pieces, whole } = cut(800_000, lengths);
    const collector = new Collector();
    for (const piece of pieces) collector.add(piece);
    expect(collector.size).toBe(800_000);
    expect(collector.take().equals(whole)).toBe(true);
  });

  test('a piece that comes alone is not copied', () => {
    const collector = new Collector();
    const piece = Buffer.from('abc');
    collector.add(piece);
    expect(collector.take()).toBe(piece);
  });

  test('begins anew after that', () => {
    const collector = new Collector();
    for (const text of ['a', 'b', 'c']) collector.add(Buffer.from(text));
    expect(collector.take().toString()).toBe('abc');
    expect(collector.size).toBe(0);
    expect(collector.take().length).toBe(0);
    for (const text of ['d', 'e']) collector.add(Buffer.from(text));
    expect(collector.take().toString()).toBe('de');
  });

  test('keeps no memory that is only lent', () => {
    const memory = takeMemory();
    memory.bytes.fill('a', 0, 40_000);
    const collector = new Collector();
    collector.add(memory.bytes.subarray(0, 10));
    collector.add(memory.bytes.subarray(10, 40_000));
    memory.bytes.fill('b');
    expect(collector.take().equals(Buffer.alloc(40_000, 'a'))).toBe(true);
    releaseMemory(memory);
  });

  test('P11 the time for pieces of one byte grows with their number, and no faster', () => {
    function time(count: number): number {
      const piece = Buffer.from('a');
      let best = Infinity;
      for (let round = 0; round < 5; round++) {
        const startedAt = performance.now();
        const collector = new Collector();
        for (let index = 0; index < count; index++) collector.add(piece);
        collector.take();
        best = Math.min(best, performance.now() - startedAt);
      }
      return best;
    }
    time(100_000);
    expect(time(1_600_000) / time(200_000)).toBeLessThan(8 * 4);
  });
});
