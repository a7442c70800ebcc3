import { describe, expect, test } from 'vitest';
import { createLoopDelay } from '../../../lib/components/load-shedding/loop-delay.js';

const LIMIT = 200;
const TICK = 20;

/** Looks every 20 ms, each look late by what the list says; gives back what was said at each. */
function run(delays: readonly number[], window = 1_000) {
  const noteDelay = createLoopDelay({ limit: LIMIT, window });
  let at = 0;
  return delays.map(function look(delay) {
    at += TICK + delay;
    return noteDelay(at, delay);
  });
}

function times(count: number, delay = 0): number[] {
  return Array.from({ length: count }, () => delay);
}

describe('the loop', () => {
  test.each([0, 5, 199, LIMIT])('is not late by %d ms', (delay) => {
    expect(run(times(200, delay))).not.toContain(true);
  });

  test('O04 is late at once when one delay of a second is beyond the limit', () => {
    expect(run([...times(100), 201]).indexOf(true)).toBe(100);
  });

  test('O04 is no longer late when a whole window has seen nothing of the kind', () => {
    const answers = run([500, ...times(60)]);
    expect(answers.indexOf(false)).toBe(1_000 / TICK);
    expect(answers.lastIndexOf(true)).toBe(1_000 / TICK - 1);
  });

  test('O04 stays late while it is late by more than half: what has just caught up is not flooded again', () => {
    expect(run([201, ...times(50, 101)])).not.toContain(false);
    expect(run([201, ...times(50, 100)])).toContain(false);
    // Those that are late by less than the limit do not begin it.
    expect(run(times(50, 199))).not.toContain(true);
  });

  test('may be late once in a hundred looks', () => {
    expect(run([...times(150), 300, ...times(100)], 10_000)).not.toContain(true);
    expect(run([...times(150), 300, 300, ...times(100)], 10_000)).toContain(true);
  });

  test('agrees with a percentile that is counted out', () => {
    let state = 7;
    const delays = Array.from({ length: 3_000 }, function next() {
      state = (state * 48_271) % 2_147_483_647;
      return state % 40 === 0 ? state % 400 : state % 30;
    });
    const window = 3_000;
    const answers = run(delays, window);
    let at = 0;
    const looks = delays.map(function look(delay) {
      at += TICK + delay;
      return { delay, at };
    });
    let isLate = false;
    const expected = looks.map(function count({ at: now }, index) {
      const latest = looks.slice(Math.max(0, index - 150), index + 1).filter((look) => now - look.at < window);
      const sorted = latest.map(({ delay }) => delay).sort((a, b) => a - b);
      const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] as number;
      isLate = p99 > (isLate ? LIMIT / 2 : LIMIT);
      return isLate;
    });
    expect(answers).toEqual(expected);
    expect(new Set(answers).size).toBe(2);
  });
});
