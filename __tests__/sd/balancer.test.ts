import { describe, expect, it } from 'vitest';
import {
  type BalancerFactory,
  balancers,
  createLeastInFlightBalancer,
  createPowerOfTwoBalancer,
  createRandomBalancer,
  createRoundRobinBalancer,
  createWeightedBalancer,
} from '../../lib/sd/balancer.js';
import { createListSubscriber, describeBalancer, shares } from '../contracts/balancer.js';
import { createRandom } from './support/random.js';

const seeded: Record<string, BalancerFactory> = {
  random: (subscriber) => createRandomBalancer(subscriber, createRandom(1)),
  power_of_two_choices: (subscriber) => createPowerOfTwoBalancer(subscriber, createRandom(2)),
};

for (const [name, make] of balancers) describeBalancer(name, seeded[name] ?? make);

function take(count: number, host: () => string): string {
  return Array.from({ length: count }, () => host().slice('http://'.length)).join('');
}

describe('createRoundRobinBalancer', () => {
  it('starts at the first host and keeps to the order of the list, repetitions included', () => {
    const { host } = createRoundRobinBalancer(createListSubscriber(['http://a', 'http://b', 'http://b', 'http://c']));
    expect(take(9, host)).toBe('abbcabbca');
  });

  it('R03 burdens no neighbour of a host that is left out', () => {
    const { host } = createRoundRobinBalancer(createListSubscriber(['http://a', 'http://b', 'http://c', 'http://d']));
    expect(take(9, () => host(['http://b']))).toBe('acdacdacd');
  });

  it('does not share its position with another balancer of the same subscriber', () => {
    const subscriber = createListSubscriber(['http://a', 'http://b']);
    const one = createRoundRobinBalancer(subscriber);
    const other = createRoundRobinBalancer(subscriber);
    expect([one.host(), other.host(), one.host(), other.host()]).toEqual([
      'http://a',
      'http://a',
      'http://b',
      'http://b',
    ]);
  });
});

describe('createRandomBalancer', () => {
  it('maps the whole range of the random source onto the list', () => {
    const numbers = [0, 0.333, 0.334, 0.999999];
    const { host } = createRandomBalancer(
      createListSubscriber(['http://a', 'http://b', 'http://c']),
      () => numbers.shift()!,
    );
    expect(take(4, host)).toBe('aabc');
  });

  it('finds the one free host even when every draw misses it', () => {
    const { host } = createRandomBalancer(createListSubscriber(['http://a', 'http://b', 'http://c']), () => 0);
    expect(host(['http://a', 'http://b'])).toBe('http://c');
  });
});

describe('createWeightedBalancer', () => {
  it('gives shares by repetition', () => {
    const hosts = ['http://a', 'http://a', 'http://a', 'http://b'];
    expect(Object.fromEntries(shares(createWeightedBalancer(createListSubscriber(hosts)), 4000))).toEqual({
      'http://a': 3000,
      'http://b': 1000,
    });
  });

  it('spreads the repetitions of a heavy host over the turn', () => {
    const hosts = [...Array<string>(5).fill('http://a'), 'http://b', 'http://c'];
    expect(take(14, createWeightedBalancer(createListSubscriber(hosts)).host)).toBe('aabacaaaabacaa');
  });
});

describe('createLeastInFlightBalancer', () => {
  it('takes the host with the fewest exchanges under way', () => {
    const balancer = createLeastInFlightBalancer(createListSubscriber(['http://a', 'http://b', 'http://c']));
    expect(take(3, balancer.host)).toBe('abc');
    balancer.settled?.('http://b', 'ok');
    expect(balancer.host()).toBe('http://b');
    balancer.settled?.('http://c', 'failed');
    balancer.settled?.('http://c', 'aborted');
    expect(balancer.host()).toBe('http://c');
  });

  it('reads repetition as capacity', () => {
    const balancer = createLeastInFlightBalancer(
      createListSubscriber(['http://a', 'http://a', 'http://a', 'http://b']),
    );
    const taken = take(8, balancer.host);
    expect([...taken].filter((name) => name === 'a')).toHaveLength(6);
  });

  it('counts each exchange that ends, and no other', () => {
    const balancer = createLeastInFlightBalancer(createListSubscriber(['http://a', 'http://b']));
    for (let count = 0; count < 3; count++) balancer.host(['http://b']);
    balancer.settled?.('http://a', 'ok');
    expect(take(3, balancer.host)).toMatch(/^bb/);
  });

  it('S02 keeps counting exchanges with a host that leaves the list and comes back', () => {
    const subscriber = createListSubscriber(['http://a', 'http://b']);
    const balancer = createLeastInFlightBalancer(subscriber);
    balancer.host(['http://b']);
    balancer.host(['http://b']);
    subscriber.replace(['http://b']);
    expect(balancer.host()).toBe('http://b');
    subscriber.replace(['http://a', 'http://b']);
    expect(balancer.host()).toBe('http://b');
  });
});

describe('createPowerOfTwoBalancer', () => {
  it('takes the less busy of two different hosts', () => {
    // Each exchange draws twice: the first host, then how far from it the second stands.
    const balancer = createPowerOfTwoBalancer(createListSubscriber(['http://a', 'http://b', 'http://c']), () => 0);
    expect(take(4, balancer.host)).toBe('abab');
    balancer.settled?.('http://b', 'ok');
    expect(balancer.host()).toBe('http://b');
  });

  it('keeps away from a host that never answers', () => {
    const hosts = ['http://a', 'http://b', 'http://c'];
    const balancer = createPowerOfTwoBalancer(createListSubscriber(hosts), createRandom(3));
    let stuck = 0;
    for (let turn = 0; turn < 3000; turn++) {
      const host = balancer.host();
      if (host === 'http://a') stuck++;
      else balancer.settled?.(host, 'ok');
    }
    expect(stuck).toBeLessThan(5);
  });
});
