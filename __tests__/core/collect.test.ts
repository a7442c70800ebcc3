import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openHeld } from '../../lib/core/buffer-budget.js';
import { releaseMemory, takeMemory } from '../../lib/core/buffer-pool.js';
import { Collector, type CollectRules, collectStream } from '../../lib/core/collect.js';

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

describe('collecting a stream', () => {
  const rules: CollectRules = {
    limit: 10,
    tooLarge: () => new Error('too large'),
    noRoom: () => new Error('no room'),
    cut: (error) => new Error(`cut by ${error?.message ?? 'nothing'}`),
    aborted: ({ reason }) => reason,
  };

  test('brings all bytes, and counts them', async () => {
    const held = openHeld({ limit: 100, used: 0 });
    const bytes = await collectStream(Readable.from([Buffer.from('ab'), 'cd', new Uint8Array([101])]), {
      ...rules,
      held,
    });
    expect(bytes.toString()).toBe('abcde');
    expect(held.bytes).toBe(5);
  });

  test.each<[string, number, number, string]>([
    ['too many bytes', 6, 100, 'too large'],
    ['bytes there is no room for', 5, 8, 'no room'],
  ])('ends with %s, destroys the stream and gives back what it held', async (_title, size, room, message) => {
    const held = openHeld({ limit: room, used: 0 });
    const stream = Readable.from([Buffer.alloc(size), Buffer.alloc(size)]);
    await expect(collectStream(stream, { ...rules, held })).rejects.toThrow(message);
    expect(stream.destroyed).toBe(true);
    expect(held.budget.used).toBe(0);
  });

  test('ends with a stream that breaks, that has broken, or that closes before its end', async () => {
    const breaking = new Readable({ read() {} });
    const collected = collectStream(breaking, rules);
    breaking.destroy(new Error('a reset'));
    await expect(collected).rejects.toThrow('cut by a reset');
    await expect(collectStream(breaking, rules)).rejects.toThrow('cut by a reset');
    const closing = new Readable({ read() {} });
    const cut = collectStream(closing, rules);
    closing.destroy();
    await expect(cut).rejects.toThrow('cut by nothing');
  });

  test('is empty where the stream was read to its end', async () => {
    const stream = Readable.from([Buffer.from('ab')]);
    for await (const _ of stream);
    expect(await collectStream(stream, rules)).toHaveLength(0);
  });

  test('ends when the signal is aborted, and at once where it was', async () => {
    const controller = new AbortController();
    const stream = new Readable({ read() {} });
    const collected = collectStream(stream, { ...rules, signal: controller.signal });
    controller.abort(new Error('left'));
    await expect(collected).rejects.toThrow('left');
    expect(stream.destroyed).toBe(true);
    const other = new Readable({ read() {} });
    await expect(collectStream(other, { ...rules, signal: controller.signal })).rejects.toThrow('left');
    expect(other.destroyed).toBe(true);
  });
});
