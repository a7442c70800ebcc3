import { describe, expect, test } from 'vitest';
import { createEncodings } from '../../lib/encoding/index.js';
import { createTextDecoder } from '../../lib/encoding/json-text.js';
import { combiners } from '../../lib/endpoint/combiner.js';
import { createFlatmap } from '../../lib/manipulation/flatmap.js';
import { createFormatter } from '../../lib/manipulation/formatter.js';
import { createShapes, type Shape } from '../bench/hostile-shapes.mjs';
import { isMutated } from './mutated.js';

const SHAPES = createShapes({ createEncodings, combiners, createFlatmap, createFormatter, createTextDecoder });

const BYTES = 2 ** 17;
const DOUBLINGS = 4;
/** A straight line is twice, a square four times; garbage that is collected only for the larger one counts as well. */
const MOST_GROWTH = 3.5 ** DOUBLINGS;
/** Milliseconds below which a figure says more of the clock than of the shape. */
const LEAST = 0.5;
/** Neighbours on the machine only ever add to a figure, so that the best of many runs is compared. */
const ROUNDS = 12;

async function timeOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** How many times as long the largest size takes as the smallest, which is a sixteenth of it. */
async function growthOf({ most, make }: Shape): Promise<number> {
  const size = most === undefined ? BYTES : most / 4;
  const small = await make(Math.ceil(size / 2 ** DOUBLINGS));
  const large = await make(size);
  const best = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY };
  let growth = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && growth > MOST_GROWTH; round++) {
    best.small = Math.min(best.small, Math.max(await timeOf(small), LEAST));
    best.large = Math.min(best.large, await timeOf(large));
    growth = best.large / best.small;
  }
  return growth;
}

/** Holds that a transformation takes linear time on each of its hostile shapes. */
export function describeGrowth(group: string): void {
  const shapes = SHAPES.filter((shape) => shape.group === group);

  describe.skipIf(isMutated)(`P10 ${group} over size`, () => {
    test('P10 there are shapes to measure', () => {
      expect(shapes.length).toBeGreaterThan(0);
    });

    test.each(shapes)('P10 $name: sixteen times the size takes no square of the time', async (shape) => {
      expect(await growthOf(shape)).toBeLessThanOrEqual(MOST_GROWTH);
    });
  });
}
