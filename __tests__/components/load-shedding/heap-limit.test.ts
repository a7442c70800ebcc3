import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type HeapSettings, heapSettings, youngLimit } from '../../../lib/components/load-shedding/heap-limit.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** In mebibytes: what of the limit is for young objects. */
function young({ limit, memory = 24_105, flags = '', workerLimit }: Partial<HeapSettings> & { limit: number }): number {
  return youngLimit({ limit: limit * MIB, memory: memory * MIB, flags, workerLimit }) / MIB;
}

describe('N10 the part of the limit for young objects', () => {
  // What V8 reports with --max-old-space-size=128: 48 MiB on Node 20 and 22, 192 on 24, 96 on 26.
  test.each([
    [176, 48],
    [320, 192],
    [224, 96],
    [131, 3],
  ])('is the rest beside --max-old-space-size=128: of %d MiB %d', (limit, expected) => {
    expect(young({ limit, flags: '--max-old-space-size=128' })).toBe(expected);
    expect(young({ limit, flags: '--enable-source-maps --max_old_space_size=128 --no-warnings' })).toBe(expected);
  });

  test('follows the last of several flags', () => {
    expect(young({ limit: 392, flags: '--max-old-space-size=100 --max-old-space-size=200' })).toBe(192);
  });

  test('is the rest beside --max-old-space-size-percentage', () => {
    expect(young({ limit: 2_602, flags: '--max-old-space-size-percentage=10' })).toBe(192);
    expect(young({ limit: 2_506, flags: '--max-old-space-size-percentage=10' })).toBe(96);
    expect(young({ limit: 294, memory: 667.57, flags: '--max-old-space-size-percentage=37' })).toBe(48);
  });

  // Measured in containers: memory, limit, and what a worker thread says is for young objects, rounded as V8 does.
  test.each([
    [256, 259, 3],
    [256, 262, 6],
    [512, 268, 12],
    [640, 332, 12],
    [640, 368, 48],
    [640, 344, 24],
    [1_024, 524, 12],
    [1_024, 560, 48],
    [2_048, 1_120, 96],
    [8_192, 2_096, 48],
    [8_192, 2_240, 192],
    [24_105, 4_144, 48],
    [24_105, 4_288, 192],
    [24_105, 4_192, 96],
  ])('without a flag, with %d MiB of memory, of %d MiB: %d', (memory, limit, expected) => {
    expect(young({ limit, memory })).toBe(expected);
  });

  test('is what --max-semi-space-size makes of it', () => {
    expect(young({ limit: 4_120, flags: '--max-semi-space-size=5' })).toBe(24);
    expect(young({ limit: 124, flags: '--max-old-space-size=100 --max-semi-space-size=5' })).toBe(24);
  });

  test('is the rest beside the limit of a worker thread, unless a flag has set it for all threads', () => {
    expect(young({ limit: 256, workerLimit: 64 })).toBe(192);
    expect(young({ limit: 76, workerLimit: 64 })).toBe(12);
    expect(young({ limit: 292, workerLimit: 64, flags: '--max-old-space-size=100' })).toBe(192);
  });

  test('is half when nothing known makes a whole of it', () => {
    expect(young({ limit: 300 })).toBe(150);
    expect(young({ limit: 300, flags: '--max-old-space-size=299' })).toBe(150);
    expect(young({ limit: 128, flags: '--max-heap-size=128' })).toBe(64);
  });
});

/** What a process with these flags derives; the package must have been built. */
function derivedWith(node: string, execArgv: string[], options = ''): { old: number; young: number } {
  const module = new URL('../../../dist/esm/components/load-shedding/heap-limit.js', import.meta.url);
  const code = `import { heapSettings, youngLimit } from ${JSON.stringify(module.href)};
    const settings = heapSettings(), young = youngLimit(settings);
    console.log(JSON.stringify({ old: (settings.limit - young) / 2 ** 20, young: young / 2 ** 20 }));`;
  const env = { ...process.env, NODE_OPTIONS: options };
  return JSON.parse(execFileSync(node, [...execArgv, '--input-type=module', '-e', code], { encoding: 'utf8', env }));
}

/** This Node, and those that `NODES` names. */
const NODES = [process.execPath, ...(process.env.NODES?.split(':') ?? [])];

describe.each(NODES)('N10 on %s', (node) => {
  test.each([128, 200, 512, 1_000])('the limit for old objects is that of the flag: %d MiB', (size) => {
    expect(derivedWith(node, [`--max-old-space-size=${size}`]).old).toBe(size);
    expect(derivedWith(node, [], `--max-old-space-size=${size}`).old).toBe(size);
    expect(derivedWith(node, [`--max-old-space-size=${size}`, '--max-semi-space-size=3'])).toEqual({
      old: size,
      young: 12,
    });
  });

  test('the limit for old objects is half of the memory, from 256 MiB to 4 GiB, when V8 chooses', () => {
    const { old } = derivedWith(node, []);
    const half = Math.min(totalmem(), process.constrainedMemory() || totalmem()) / 2;
    const expected = Math.max(256 * MIB, Math.min(half, half < 7.5 * GIB ? 2 * GIB : 4 * GIB)) / MIB;
    expect(Math.abs(old - expected)).toBeLessThan(1);
  });
});

test('the settings are those of this process', () => {
  const { limit, memory } = heapSettings();
  expect(limit).toBeGreaterThan(100 * MIB);
  expect(memory).toBeGreaterThan(100 * MIB);
  expect(memory).toBeLessThanOrEqual(totalmem());
});
