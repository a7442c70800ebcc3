import { expect, test } from 'vitest';
import { sample } from './sample.mjs';

const FOLDER = 'lib/endpoint/**';

test('a sample has about its share of the lines, each once, and is drawn again by its seed', () => {
  const part = sample(FOLDER, 0.25, 1);
  expect(part.taken / part.lines).toBeGreaterThan(0.15);
  expect(part.taken / part.lines).toBeLessThan(0.35);
  expect(new Set(part.ranges).size).toBe(part.ranges.length);
  expect(sample(FOLDER, 0.25, 1)).toEqual(part);
  expect(sample(FOLDER, 0.25, 2).ranges).not.toEqual(part.ranges);
});

test('the whole of a file is all its lines, in ranges that meet', () => {
  const { ranges, taken, lines } = sample('lib/endpoint/merge.ts', 1, 1);
  expect(taken).toBe(lines);
  expect(ranges[0]).toMatch(/^lib\/endpoint\/merge\.ts:1-/);
  const ends = ranges.map(
    (range) =>
      range
        .match(/:(\d+)-(\d+)$/)
        ?.slice(1)
        .map(Number) ?? [],
  );
  for (const [index, [first]] of ends.entries()) expect(first).toBe((ends[index - 1]?.[1] ?? 0) + 1);
  expect(ends.at(-1)?.[1]).toBe(lines);
});

test('several patterns make one sample, and the smallest has one range', () => {
  const { ranges } = sample('lib/endpoint/merge.ts,lib/backend/**', 1, 1);
  expect(ranges.some((range) => range.startsWith('lib/endpoint/merge.ts:'))).toBe(true);
  expect(ranges.some((range) => range.startsWith('lib/backend/retry.ts:'))).toBe(true);
  expect(sample('lib/endpoint/merge.ts', 0.0001, 1).ranges).toHaveLength(1);
});
