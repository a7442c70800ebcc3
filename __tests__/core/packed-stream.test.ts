import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PackedStream } from '../../lib/core/packed-stream.js';

const HIGH_WATER_MARK = 64 * 1024;

/** A source of pieces that stops when it is told to, as a socket does. */
function pump(pieces: readonly Buffer[], perTurn: number): { stream: PackedStream; produced: () => number } {
  let index = 0;
  let isStopped = true;
  const stream = new PackedStream({
    highWaterMark: HIGH_WATER_MARK,
    read() {
      if (!isStopped) return;
      isStopped = false;
      void run();
    },
  });
  async function run(): Promise<void> {
    await setImmediate();
    for (let count = 0; !isStopped && index < pieces.length; count++) {
      isStopped = !stream.add(pieces[index++]!);
      if (count % perTurn === perTurn - 1) await setImmediate();
    }
    if (index === pieces.length) stream.finish();
  }
  return { stream, produced: () => index };
}

const ways: Record<string, (stream: Readable) => Promise<Buffer>> = {
  flowing: (stream) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
      stream.on('error', reject);
    }),
  iterated: async (stream) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  },
  'with pauses': (stream) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => {
        chunks.push(chunk);
        stream.pause();
        void setImmediate().then(() => stream.resume());
      });
      stream.on('end', () => resolve(Buffer.concat(chunks))).on('error', reject);
    }),
};

describe.each(Object.keys(ways))('%s', (way) => {
  test.each([
    { lengths: [1], perTurn: 10_000, total: 200_000 },
    { lengths: [1], perTurn: 1, total: 3000 },
    { lengths: [1, 0, 5000, 1023, 0, 20_000, 1024], perTurn: 3, total: 2_000_000 },
    { lengths: [98_304, 0], perTurn: 2, total: 2_000_000 },
    { lengths: [15_000, 1], perTurn: 50, total: 2_000_000 },
  ])('P11 hands on every byte in its order: $lengths, $perTurn a turn', async ({ lengths, perTurn, total }) => {
    const pieces: Buffer[] = [];
    const whole = Buffer.alloc(total, 'The quick brown fox jumps over the lazy dog');
    for (let at = 0, index = 0; at < total; index++) {
      const piece = whole.subarray(at, at + lengths[index % lengths.length]!);
      pieces.push(piece);
      at += piece.length;
    }
    const { stream } = pump(pieces, perTurn);
    expect((await ways[way]!(stream)).equals(whole)).toBe(true);
  });
});

test('P11 holds few pieces for a reader that does not read, and stops its source', async () => {
  const { stream, produced } = pump(
    Array.from({ length: 300_000 }, () => Buffer.from('a')),
    1000,
  );
  stream.read(0);
  for (let turn = 0; turn < 200; turn++) await setImmediate();
  expect(produced()).toBeLessThanOrEqual(HIGH_WATER_MARK + 1);
  let count = 0;
  while (stream.read() !== null) count++;
  expect(count).toBeLessThan(10);
  stream.destroy();
});

test('a single small piece is there in the next turn', async () => {
  const stream = new PackedStream({ read() {} });
  const received: string[] = [];
  stream.on('data', (chunk: Buffer) => received.push(chunk.toString()));
  await setImmediate();
  stream.add(Buffer.from('a'));
  stream.add(Buffer.from('b'));
  await setImmediate();
  expect(received).toEqual(['ab']);
  stream.add(Buffer.from('c'));
  stream.destroy();
  await setImmediate();
  expect(received).toEqual(['ab']);
});
