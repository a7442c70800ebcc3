import { describe, expect, test } from 'vitest';
import { createHeapReader, createHeapWatch } from '../../../lib/components/load-shedding/heap.js';

function setUp() {
  let share = 0;
  const watch = createHeapWatch({ limit: 0.9, window: 1_000, read: () => share });
  return {
    ...watch,
    at(moment: number, inUse: number) {
      share = inUse;
      return watch.isFull(moment);
    },
  };
}

describe('the heap', () => {
  test('O04 is full beyond its limit, and until it is a tenth below', () => {
    const { at } = setUp();
    expect(at(0, 0.9)).toBe(false);
    expect(at(20, 0.901)).toBe(true);
    expect(at(40, 0.85)).toBe(true);
    expect(at(60, 0.81)).toBe(false);
    expect(at(80, 0.85)).toBe(false);
  });

  test('O04 is not believed to be full for ever: what nobody collects may be garbage', () => {
    const { at } = setUp();
    expect(at(100, 0.95)).toBe(true);
    expect(at(1_099, 0.95)).toBe(true);
    expect(at(1_100, 0.95)).toBe(false);
    expect(at(90_000, 0.96)).toBe(false);
  });

  test('O04 is full again when a collection has left it so, and calm when it has not', () => {
    const { at, collected } = setUp();
    at(0, 0.95);
    expect(at(1_000, 0.95)).toBe(false);
    collected(1_500);
    expect(at(1_520, 0.93)).toBe(true);
    expect(at(2_500, 0.93)).toBe(true);
    expect(at(3_500, 0.93)).toBe(false);
    collected(4_000);
    expect(at(4_020, 0.3)).toBe(false);
    expect(at(4_040, 0.89)).toBe(false);
  });

  test('O04 is full again as soon as those let in on trial have taken a quarter of what is left', () => {
    const { at } = setUp();
    at(0, 0.92);
    expect(at(1_000, 0.92)).toBe(false);
    expect(at(1_020, 0.944)).toBe(false);
    expect(at(1_040, 0.946)).toBe(true);
  });

  test('O04 is believed twice as long after each trial in vain, and as at first once it was calm', () => {
    const { at, collected } = setUp();
    let moment = 0;
    at(moment, 0.95);
    for (const patience of [1_000, 2_000, 4_000, 8_000, 16_000, 16_000]) {
      expect(at(moment + patience - 1, 0.95)).toBe(true);
      moment += patience;
      expect(at(moment, 0.95)).toBe(false);
      collected(moment);
      expect(at(moment, 0.95)).toBe(true);
    }
    at(moment, 0.2);
    at(moment, 0.95);
    expect(at(moment + 999, 0.95)).toBe(true);
    expect(at(moment + 1_000, 0.95)).toBe(false);
  });

  test('each collection prolongs the belief', () => {
    const { at, collected } = setUp();
    at(0, 0.95);
    for (let moment = 500; moment < 10_000; moment += 500) {
      collected(moment);
      expect(at(moment, 0.95)).toBe(true);
    }
  });

  test('a collection alone makes nothing full', () => {
    const { at, collected } = setUp();
    collected(0);
    expect(at(10, 0.85)).toBe(false);
  });
});

test('what is in use grows with what is kept', () => {
  const heapInUse = createHeapReader();
  const before = heapInUse();
  const kept = Array.from({ length: 2_000_000 }, (_, index) => ({ index }));
  expect(heapInUse()).toBeGreaterThan(before);
  expect(heapInUse()).toBeLessThan(1);
  expect(kept).toHaveLength(2_000_000);
});
