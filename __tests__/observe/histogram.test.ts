import { describe, expect, test } from 'vitest';
import { createHistogram } from '../../lib/observe/histogram.js';

describe('createHistogram', () => {
  test('is empty at first', () => {
    const { percentile, ...rest } = createHistogram().summary();
    expect(rest).toEqual({ count: 0, min: 0, max: 0, mean: 0, stdDev: 0 });
    expect(percentile(99)).toBe(0);
  });

  test('one value is every percentile', () => {
    const histogram = createHistogram();
    histogram.record(1234);
    const { percentile, ...rest } = histogram.summary();
    expect(rest).toEqual({ count: 1, min: 1234, max: 1234, mean: 1234, stdDev: 0 });
    for (const percent of [0, 50, 99.9, 100]) expect(percentile(percent)).toBe(1234);
  });

  test.each([0.5, 3, 900, 1e6, 1e12])('percentiles are within 3 %% for values around %d', (scale) => {
    const histogram = createHistogram();
    const values: number[] = [];
    let seed = 3;
    for (let index = 0; index < 20_000; index++) {
      seed = (seed * 48271) % 2147483647;
      const value = scale * (1 + 9 * (seed / 2147483647) ** 3);
      values.push(value);
      histogram.record(value);
    }
    values.sort((a, b) => a - b);
    const { min, max, mean, stdDev, percentile } = histogram.summary();
    const sum = values.reduce((total, value) => total + value, 0);
    expect([min, max]).toEqual([values[0], values.at(-1)]);
    expect(mean).toBeCloseTo(sum / values.length, -Math.log10(scale) + 6);
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
    expect(stdDev / Math.sqrt(variance)).toBeCloseTo(1, 3);
    for (const percent of [10, 50, 75, 95, 99, 99.9]) {
      const exact = values[Math.ceil((percent / 100) * values.length) - 1] as number;
      // Below one there is one class only: nanoseconds and bytes come whole.
      if (exact >= 1) expect(Math.abs(percentile(percent) / exact - 1), String(percent)).toBeLessThan(0.03);
    }
  });

  test('E04 forgets what is old, but not how many there were', () => {
    const histogram = createHistogram();
    histogram.record(1);
    histogram.rotate();
    histogram.record(100);
    expect(histogram.summary()).toMatchObject({ count: 2, min: 1, max: 100 });
    histogram.rotate();
    expect(histogram.summary()).toMatchObject({ count: 2, min: 100, max: 100, mean: 100 });
    histogram.rotate();
    expect(histogram.summary()).toMatchObject({ count: 2, min: 0, max: 0 });
  });
});
