import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRefreshedSubscriber, type HostSource, type RefreshOptions } from '../../lib/sd/refresh.js';
import type { Subscriber } from '../../lib/sd/subscriber.js';
import { describeSubscriber } from '../contracts/subscriber.js';

type Answer = readonly string[] | Error | 'never';

describeSubscriber('a polled source', async () => {
  let answer: Answer = [];
  return {
    subscribe: () => createRefreshedSubscriber(createSource(() => answer)),
    publish(hosts) {
      answer = hosts;
    },
    fail() {
      answer = new Error('The registry is down.');
    },
    async close() {},
  };
});

function createSource(answer: () => Answer, settings: Partial<HostSource> = {}): HostSource {
  return {
    name: 'test',
    interval: 30_000,
    limit: 5_000,
    async lookup() {
      const current = answer();
      if (current === 'never') return new Promise(() => {});
      if (current instanceof Error) throw current;
      return current;
    },
    ...settings,
  };
}

describe('createRefreshedSubscriber', () => {
  let open: Subscriber[];
  let lookups: number[];
  let answer: Answer;

  beforeEach(() => {
    vi.useFakeTimers();
    open = [];
    lookups = [];
    answer = ['http://a'];
  });

  afterEach(() => {
    for (const subscriber of open) subscriber.close?.();
    vi.useRealTimers();
  });

  function subscribe(options: RefreshOptions = {}, settings: Partial<HostSource> = {}): Subscriber {
    const start = performance.now();
    const source = createSource(() => {
      lookups.push(performance.now() - start);
      return answer;
    }, settings);
    const subscriber = createRefreshedSubscriber(source, { random: () => 0.5, ...options });
    open.push(subscriber);
    return subscriber;
  }

  it('S04 asks at once and then once per interval', async () => {
    subscribe();
    await vi.advanceTimersByTimeAsync(95_000);
    expect(lookups).toEqual([0, 30_000, 60_000, 90_000]);
  });

  it.each([
    [0, 27_000],
    [0.9999, 32_999.4],
  ])('S04 spreads the pause by ten per cent: random %d gives %d ms', async (random, pause) => {
    subscribe({ random: () => random });
    await vi.advanceTimersByTimeAsync(34_000);
    expect(lookups[1]).toBeCloseTo(pause, -1);
  });

  it('S04 never asks more often than once a second', async () => {
    subscribe({ random: () => 0 }, { interval: 0 });
    await vi.advanceTimersByTimeAsync(3_500);
    expect(lookups).toEqual([0, 1000, 2000, 3000]);
  });

  it('S04 has one look-up under way at most, and gives up on a slow one', async () => {
    answer = 'never';
    const subscriber = subscribe();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(lookups).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(lookups).toEqual([0, 6000]);
    await subscriber.ready?.();
  });

  it('S04 tells a look-up that it is not waited for any more', async () => {
    const signals: AbortSignal[] = [];
    const source = createSource(() => 'never', {
      lookup(signal) {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const subscriber = createRefreshedSubscriber(source);
    await vi.advanceTimersByTimeAsync(6_500);
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
    subscriber.close?.();
    expect(signals[1]?.aborted).toBe(true);
    await subscriber.ready?.();
  });

  it('S01 asks again soon after a failure, then less and less often, at most every TTL', async () => {
    answer = new Error('down');
    subscribe({ ttl: 6_000 });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lookups).toEqual([0, 1000, 3000, 7000, 13_000, 19_000]);
  });

  it('S01 survives a source that throws at once', async () => {
    const subscriber = createRefreshedSubscriber(
      createSource(() => [], {
        lookup() {
          throw new Error('broken');
        },
      }),
    );
    open.push(subscriber);
    await subscriber.ready?.();
    expect(subscriber.hosts()).toEqual([]);
  });

  it('G12 logs each outage once, without the text of the error', async () => {
    const lines: unknown[] = [];
    const write = (fields: object, message: string) => lines.push([message, fields]);
    const logger = { debug: write, info: write, warn: write, error: write };
    subscribe({ logger });
    await vi.advanceTimersByTimeAsync(0);
    answer = Object.assign(new Error('connect ECONNREFUSED 10.9.8.7:53 secret-host'), { code: 'ECONNREFUSED' });
    await vi.advanceTimersByTimeAsync(120_000);
    answer = ['http://b'];
    await vi.advanceTimersByTimeAsync(40_000);
    expect(lines).toEqual([
      ['Service discovery failed: the last known hosts stay in use.', { sd: 'test', hosts: 1, code: 'ECONNREFUSED' }],
      ['Service discovery works again.', { sd: 'test', failures: expect.any(Number) }],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/secret-host|10\.9\.8\.7/);
  });

  it('G12 logs nothing when it is closed in the middle of a look-up', async () => {
    const lines: unknown[] = [];
    const write = (_fields: object, message: string) => lines.push(message);
    answer = 'never';
    const subscriber = subscribe({ logger: { debug: write, info: write, warn: write, error: write } });
    subscriber.close?.();
    await subscriber.ready?.();
    expect(lines).toEqual([]);
  });

  it('S04 asks no more once it is closed', async () => {
    const subscriber = subscribe();
    await subscriber.ready?.();
    subscriber.close?.();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(lookups).toEqual([0]);
  });

  it('S04 does not hold the process between look-ups', async () => {
    vi.useRealTimers();
    const countTimers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = countTimers();
    const subscriber = subscribe();
    await subscriber.ready?.();
    expect(countTimers()).toBe(before);
  });

  it('S01 does not hand out an array that the source goes on using', async () => {
    const list = ['http://a'];
    answer = list;
    const subscriber = subscribe();
    await subscriber.ready?.();
    list.push('http://b');
    expect(subscriber.hosts()).toEqual(['http://a']);
  });
});
