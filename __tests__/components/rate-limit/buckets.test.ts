import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Buckets, createBuckets } from '../../../lib/components/rate-limit/buckets.js';
import type { Limit } from '../../../lib/components/rate-limit/store.js';
import { createRandom } from '../../sd/support/random.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

let time: number;

beforeEach(() => {
  time = 0;
});

function setUp(limit: Limit, maxKeys = 100_000): Buckets {
  return createBuckets(limit, maxKeys, () => time);
}

/** How many of the attempts at this moment are let in. */
function burst(take: Buckets, attempts: number, key = 'a'): number {
  let allowed = 0;
  for (let attempt = 0; attempt < attempts; attempt++) if (take(key).isAllowed) allowed++;
  return allowed;
}

describe('one bucket', () => {
  test('L03 starts full, and fills with time up to its capacity', () => {
    const take = setUp({ capacity: 5, rate: 2 });
    expect(burst(take, 100)).toBe(5);
    time = 499;
    expect(burst(take, 100)).toBe(0);
    time = 500;
    expect(burst(take, 100)).toBe(1);
    time = 2_000;
    expect(burst(take, 100)).toBe(3);
    time = 1e9;
    expect(burst(take, 100)).toBe(5);
  });

  test('L03 lets no double burst through after a long silence', () => {
    const take = setUp({ capacity: 10, rate: 10 });
    time = 3_600_000;
    expect(burst(take, 100)).toBe(10);
    time += 1;
    expect(burst(take, 100)).toBe(0);
  });

  test('L03 who asks exactly as often as allowed is never turned away', () => {
    for (const rate of [1, 3, 7, 10, 1 / 3, 0.1, 999.9]) {
      const take = setUp({ capacity: 1, rate });
      for (let count = 0; count < 10_000; count++) {
        time = 123_456.789 + (count * 1_000) / rate;
        expect(take('a').isAllowed).toBe(true);
      }
    }
  });

  test('says what is left, and when there is more', () => {
    const take = setUp({ capacity: 2, rate: 4 });
    expect(take('a')).toEqual({ isAllowed: true, remaining: 1, retryAfter: 0, reset: 250 });
    expect(take('a')).toEqual({ isAllowed: true, remaining: 0, retryAfter: 250, reset: 500 });
    expect(take('a')).toEqual({ isAllowed: false, remaining: 0, retryAfter: 250, reset: 500 });
    time = 100;
    expect(take('a')).toMatchObject({ isAllowed: false, remaining: 0 });
    expect(take('a').retryAfter).toBeCloseTo(150);
    time = 250;
    expect(take('a')).toMatchObject({ isAllowed: true, remaining: 0 });
  });

  test('being turned away costs nothing', () => {
    const take = setUp({ capacity: 1, rate: 1 });
    for (time = 0; time < 100_000; time += 10) take('a');
    time = 100_000;
    expect(take('a').isAllowed).toBe(true);
  });
});

describe('L03 in any window no more than capacity + rate · t', () => {
  /** The largest surplus of any window over what it may let through, in tokens. */
  function worst(allowedAt: readonly number[], { capacity, rate }: Limit): number {
    // `count so far − rate · time` must not rise by more than the capacity from any point to any later one.
    let lowest = Number.POSITIVE_INFINITY;
    let surplus = Number.NEGATIVE_INFINITY;
    allowedAt.forEach((at, index) => {
      lowest = Math.min(lowest, index - (rate * at) / 1_000);
      surplus = Math.max(surplus, index + 1 - (rate * at) / 1_000 - lowest - capacity);
    });
    return surplus;
  }

  test.each([
    { capacity: 1, rate: 1 },
    { capacity: 10, rate: 3 },
    { capacity: 7, rate: 1 / 7 },
    { capacity: 100, rate: 12_345.678 },
    { capacity: 1_000, rate: 0.01 },
    { capacity: 3, rate: 100_000 },
  ])('%o, under random arrivals, also after a year', (limit) => {
    for (const start of [0, 31_536_000_000]) {
      const random = createRandom(limit.capacity);
      const take = setUp(limit);
      const allowedAt: number[] = [];
      time = start;
      for (let arrival = 0; arrival < 50_000; arrival++) {
        // Bursts, trickles and silences.
        const chance = random();
        const mean = (1_000 / limit.rate) * (chance < 0.5 ? 0 : chance < 0.99 ? 1 : 3 * limit.capacity);
        time += random() * mean;
        if (take('a').isAllowed) allowedAt.push(time - start);
      }
      expect(worst(allowedAt, limit)).toBeLessThan(1e-2);
      expect(allowedAt.length).toBeGreaterThan(1_000);
    }
  });

  test('the check itself sees one token too many', () => {
    expect(worst([0, 0, 500], { capacity: 2, rate: 1 })).toBeCloseTo(0.5);
    expect(worst([0, 0, 1_000], { capacity: 2, rate: 1 })).toBeCloseTo(0);
  });
});

describe('many keys', () => {
  test('have a bucket each', () => {
    const take = setUp({ capacity: 1, rate: 1 });
    expect(take('a').isAllowed && take('b').isAllowed).toBe(true);
    expect(take('a').isAllowed || take('b').isAllowed).toBe(false);
  });

  test('are remembered while their buckets fill, however many turns that takes', () => {
    const take = setUp({ capacity: 4, rate: 1 });
    burst(take, 4);
    for (time = 500; time < 4_000; time += 500) take('somebody else');
    time = 3_999;
    expect(burst(take, 100)).toBe(3);
  });

  test('L01 are forgotten when as many others as may be held have come since', () => {
    for (const [maxKeys, isForgotten] of [
      [4, true],
      [20, false],
    ] as const) {
      const take = setUp({ capacity: 1, rate: 0.001 }, maxKeys);
      expect(take('a').isAllowed).toBe(true);
      for (const key of ['b', 'c', 'd', 'e']) take(key);
      expect(take('a').isAllowed).toBe(isForgotten);
    }
  });

  test('L01 an abuser who keeps trying stays limited through any number of other keys', () => {
    const take = setUp({ capacity: 10, rate: 1 }, 1_000);
    let allowed = 0;
    for (let count = 0; count < 200_000; count++) {
      time = count / 10;
      take(`key ${count}`);
      if (count % 100 === 0 && take('abuser').isAllowed) allowed++;
    }
    expect(allowed).toBeLessThanOrEqual(10 + 20);
    expect(allowed).toBeGreaterThan(20);
  });

  test('L01 two million keys take less than 32 MB', { timeout: 60_000 }, () => {
    const take = setUp({ capacity: 10, rate: 0.001 });
    const before = heapUsed();
    let allowed = 0;
    for (let count = 0; count < 2_000_000; count++) {
      time = count / 1_000;
      take(`2001:db8:${(count >> 16).toString(16)}:${(count & 0xffff).toString(16)}/64`);
      if (count % 1_000 === 0 && take('abuser').isAllowed) allowed++;
    }
    expect(allowed).toBe(10);
    expect(heapUsed() - before).toBeLessThan(32 * 1024 * 1024);
    expect(take('abuser').isAllowed).toBe(false);
  });

  test('L01 a key does not keep the text alive that it was cut out of', () => {
    const take = setUp({ capacity: 10, rate: 0.001 });
    const before = heapUsed();
    for (let count = 0; count < 2_000; count++) {
      const header = `${'x'.repeat(10_000)}${String(count).padStart(20, '0')}`;
      take(header.slice(10_000));
    }
    expect(heapUsed() - before).toBeLessThan(5 * 1024 * 1024);
    expect(take('0').isAllowed).toBe(true);
  });
});
