import { beforeEach, describe, expect, it } from 'vitest';
import { type Balancer, createRoundRobinBalancer } from '../../lib/sd/balancer.js';
import { type EjectionOptions, withEjection } from '../../lib/sd/ejection.js';
import { createListSubscriber, describeBalancer, shares } from '../contracts/balancer.js';

describeBalancer('round_robin with ejection', withEjection(createRoundRobinBalancer));

const hosts = ['http://a', 'http://b', 'http://c', 'http://d', 'http://e'];
let time: number;

beforeEach(() => {
  time = 0;
});

function setUp(list: readonly string[] = hosts, options: EjectionOptions = {}) {
  const subscriber = createListSubscriber(list);
  return { subscriber, balancer: withEjection(createRoundRobinBalancer, options, () => time)(subscriber) };
}

/** Runs exchanges of which those with the `dead` hosts fail; returns how many did. */
function run(balancer: Balancer, exchanges: number, dead: readonly string[], perExchange = 1): number {
  let failures = 0;
  for (let count = 0; count < exchanges; count++) {
    time += perExchange;
    const host = balancer.host();
    const isDead = dead.includes(host);
    if (isDead) failures++;
    balancer.settled?.(host, isDead ? 'failed' : 'ok');
  }
  return failures;
}

function fail(balancer: Balancer, host: string, times: number): void {
  for (let count = 0; count < times; count++) balancer.settled?.(host, 'failed');
}

function chosen(balancer: Balancer): string[] {
  return [...shares({ host: () => balancer.host() }, 100).keys()].sort();
}

describe('withEjection', () => {
  it('R03 keeps errors below 2 % after the first second when one of five hosts is dead', () => {
    const { balancer } = setUp();
    run(balancer, 1000, ['http://c']);
    const failures = run(balancer, 100_000, ['http://c']);
    expect(failures).toBeLessThan(2000);
    expect(failures).toBeGreaterThan(0);
  });

  it('R03 judges no host by fewer than ten exchanges', () => {
    const { balancer } = setUp();
    fail(balancer, 'http://c', 9);
    expect(chosen(balancer)).toEqual(hosts);
    fail(balancer, 'http://c', 1);
    expect(chosen(balancer)).toEqual(['http://a', 'http://b', 'http://d', 'http://e']);
  });

  it('R03 forgets exchanges that are older than the window', () => {
    const { balancer } = setUp();
    fail(balancer, 'http://c', 9);
    time += 10_000;
    fail(balancer, 'http://c', 9);
    expect(chosen(balancer)).toEqual(hosts);
  });

  it('R03 does not let old successes speak for a host that fails now', () => {
    const { balancer } = setUp();
    for (let count = 0; count < 100; count++) balancer.settled?.('http://c', 'ok');
    time += 10_000;
    fail(balancer, 'http://c', 10);
    expect(chosen(balancer)).not.toContain('http://c');
  });

  it('R03 does not prolong the time for exchanges that were under way when it began', () => {
    const { balancer } = setUp();
    fail(balancer, 'http://c', 10);
    time = 20_000;
    fail(balancer, 'http://c', 50);
    time = 30_000;
    expect(chosen(balancer)).toContain('http://c');
  });

  it('R03 counts exchanges of the last window across its boundary', () => {
    const { balancer } = setUp();
    time += 4999;
    fail(balancer, 'http://c', 5);
    time += 2;
    fail(balancer, 'http://c', 5);
    expect(chosen(balancer)).not.toContain('http://c');
  });

  it('R03 leaves a host alone whose failures are a small share', () => {
    const { balancer } = setUp();
    for (let count = 0; count < 100; count++) {
      balancer.settled?.('http://c', 'ok');
      balancer.settled?.('http://c', 'ok');
      balancer.settled?.('http://c', 'failed');
    }
    expect(chosen(balancer)).toEqual(hosts);
  });

  it('C02 blames no host for exchanges that we ended ourselves', () => {
    const { balancer } = setUp();
    for (let count = 0; count < 1000; count++) balancer.settled?.('http://c', 'aborted');
    expect(chosen(balancer)).toEqual(hosts);
  });

  it('R03 leaves out half of the hosts at most', () => {
    const { balancer } = setUp();
    for (const host of hosts.slice(0, 4)) fail(balancer, host, 10);
    expect(chosen(balancer)).toHaveLength(3);
    expect(chosen(balancer)).toContain('http://e');
  });

  it('R03 uses all hosts when all of them fail', () => {
    const { balancer } = setUp();
    run(balancer, 1000, hosts);
    expect(chosen(balancer)).toEqual(hosts);
  });

  it('R03 never leaves out the only host', () => {
    const { balancer } = setUp(['http://a']);
    fail(balancer, 'http://a', 100);
    expect(balancer.host()).toBe('http://a');
  });

  it('R03 counts a repeated host once against the limit', () => {
    const { balancer } = setUp(['http://a', 'http://a', 'http://a', 'http://b']);
    fail(balancer, 'http://a', 10);
    expect(chosen(balancer)).toEqual(['http://b']);
  });

  it('R03 takes a host back when its time is up, and leaves it out twice as long when it fails again', () => {
    const { balancer } = setUp();
    fail(balancer, 'http://c', 10);
    time = 29_999;
    expect(chosen(balancer)).not.toContain('http://c');
    time = 30_000;
    expect(chosen(balancer)).toContain('http://c');
    fail(balancer, 'http://c', 10);
    time = 89_999;
    expect(chosen(balancer)).not.toContain('http://c');
    time = 90_000;
    expect(chosen(balancer)).toContain('http://c');
  });

  it('R03 starts over with the shortest time after a host did well for a while', () => {
    const { balancer } = setUp();
    fail(balancer, 'http://c', 10);
    time = 30_000 + 30_001;
    fail(balancer, 'http://c', 10);
    time += 30_000;
    expect(chosen(balancer)).toContain('http://c');
  });

  it('R03 never leaves a host out for longer than the longest time', () => {
    const { balancer } = setUp(hosts, { duration: 100_000 });
    for (let round = 0; round < 5; round++) {
      fail(balancer, 'http://c', 10);
      time += 300_000;
      expect(chosen(balancer)).toContain('http://c');
    }
  });

  it('S02 R03 remembers a failing host while a flapping list drops it and brings it back', () => {
    const { balancer, subscriber } = setUp();
    const without = hosts.filter((host) => host !== 'http://c');
    fail(balancer, 'http://c', 5);
    subscriber.replace(without);
    balancer.host();
    subscriber.replace([...hosts]);
    fail(balancer, 'http://c', 5);
    for (let turn = 0; turn < 200; turn++) {
      time += 50;
      subscriber.replace(turn % 2 === 0 ? [...without] : [...hosts]);
      expect(balancer.host()).not.toBe('http://c');
    }
  });

  it('S02 hands tried hosts and outcomes on to the balancer it wraps', () => {
    const heard: unknown[] = [];
    const make = withEjection(
      () => ({
        host(tried) {
          heard.push(tried);
          return 'http://a';
        },
        settled(host, outcome) {
          heard.push([host, outcome]);
        },
      }),
      {},
      () => time,
    );
    const balancer = make(createListSubscriber(hosts));
    balancer.host(['http://b']);
    balancer.settled?.('http://a', 'aborted');
    expect(heard).toEqual([['http://b'], ['http://a', 'aborted']]);
  });

  it('R03 prefers a tried host that works to one that is left out', () => {
    const { balancer } = setUp(['http://a', 'http://b']);
    fail(balancer, 'http://b', 10);
    expect(balancer.host(['http://a'])).toBe('http://a');
  });
});
