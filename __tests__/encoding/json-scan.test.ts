import { describe, expect, test } from 'vitest';
import { mayHoldExactNumber } from '../../lib/encoding/json-scan.js';
import { createRandom } from '../faults/random.js';
import { numberText } from '../support/json-values.js';

describe('mayHoldExactNumber', () => {
  test.each([
    '[1.0]',
    '{"a":0.10}',
    '[1e5]',
    '[1E2,2]',
    '[ 2.5e-3 ]',
    '[0.0000001]',
    '[3.14159265358979312]',
    '[1234567890.123456]',
  ])('sees the number in %s', (text) => {
    expect(mayHoldExactNumber(text)).toBe(true);
  });

  test.each([
    '[1]',
    '[1.5,19.99]',
    '{"lat":52.37,"lon":4.89}',
    '[123456789.123456]',
    '["1.0"]',
    '["a1e5"]',
    '["2024-05-01T12:00:00.000Z"]',
    '["10.0.0.10"]',
    '["3e4f-1e5a"]',
  ])('takes %s for harmless', (text) => {
    expect(mayHoldExactNumber(text)).toBe(false);
  });

  test('B04 misses none of 100,000 random numbers, apart from long integers and -0', () => {
    const random = createRandom(11);
    const missed = [];
    for (let turn = 0; turn < 100_000; turn++) {
      const token = numberText(random);
      const value = Number(token);
      const leftToOthers = Math.abs(value) > Number.MAX_SAFE_INTEGER || Object.is(value, -0);
      if (String(value) !== token && !leftToOthers && !mayHoldExactNumber(`{"a":${token}}`)) missed.push(token);
    }
    expect(missed).toEqual([]);
  });

  test('takes linear time on texts made of digits, dots and exponents', () => {
    const hostile = ['1.1', '1e', '.0', '1.1e1', '-1.', '1e1e', '0', '1 .'];
    for (const piece of hostile) {
      const text = `["${piece.repeat(1_000_000 / piece.length)}"]`;
      const start = performance.now();
      mayHoldExactNumber(text);
      expect(performance.now() - start, piece).toBeLessThan(2_000);
    }
  });
});
