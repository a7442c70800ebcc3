import { expect, test } from 'vitest';
import { createReads, type Read } from '../../../lib/components/http-cache/reads.js';

function held() {
  let end!: () => void;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}

function begin(reads: ReturnType<typeof createReads>, url: string) {
  const { promise, end } = held();
  let read!: Read;
  const done = reads.during(url, (given) => {
    read = given;
    return promise;
  });
  return { read, end, done };
}

test('P12 a write outdates the reads of its URL that are under way, and no others', async () => {
  const reads = createReads();
  const [first, second, other] = [begin(reads, '/a'), begin(reads, '/a'), begin(reads, '/b')];
  expect(first.read).toBe(second.read);
  reads.outdate('/a');
  const later = begin(reads, '/a');
  expect([first, second, other, later].map(({ read }) => read.isOutdated)).toEqual([true, true, false, false]);
  expect(later.read.id).not.toBe(first.read.id);
  first.end();
  second.end();
  await Promise.all([first.done, second.done]);
  // The later one is still under way.
  reads.outdate('/a');
  expect(later.read.isOutdated).toBe(true);
});

test('P12 takes memory for what is under way only', async () => {
  const reads = createReads();
  const begun = Array.from({ length: 100 }, (_, id) => begin(reads, `/${id % 50}`));
  expect(reads.size()).toBe(50);
  reads.outdate('/1');
  reads.outdate('/not read');
  for (const { end } of begun) end();
  await Promise.all(begun.map(({ done }) => done));
  expect(reads.size()).toBe(0);
  await expect(reads.during('/fails', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(reads.size()).toBe(0);
});

test('a purge outdates what matches', () => {
  const reads = createReads();
  const [a, b] = [begin(reads, '/a'), begin(reads, '/b')];
  reads.outdateAll((url) => url === '/a');
  expect([a.read.isOutdated, b.read.isOutdated]).toEqual([true, false]);
});
