import { describe, expect, it } from 'vitest';
import { BackendError } from '../../lib/errors.js';
import type { Balancer, BalancerFactory } from '../../lib/sd/balancer.js';
import type { Subscriber } from '../../lib/sd/subscriber.js';

/** A subscriber whose list a test replaces at will. */
export function createListSubscriber(
  initial: readonly string[],
): Subscriber & { replace(hosts: readonly string[]): void } {
  let current = initial;
  return {
    hosts() {
      return current;
    },
    replace(hosts) {
      current = hosts;
    },
  };
}

/** Runs whole exchanges one after the other and counts how often each host was chosen. */
export function shares(balancer: Balancer, exchanges: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let count = 0; count < exchanges; count++) {
    const host = balancer.host();
    balancer.settled?.(host, 'ok');
    counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return counts;
}

/** What every balancer owes its callers, whatever its policy. */
export function describeBalancer(name: string, make: BalancerFactory): void {
  describe(`Balancer contract: ${name}`, () => {
    it('R03 throws ERR_BACKEND_HOSTS with status 503 when the list is empty, and recovers when it fills', () => {
      const subscriber = createListSubscriber([]);
      const balancer = make(subscriber);
      let thrown: unknown;
      try {
        balancer.host();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(BackendError);
      expect(thrown).toMatchObject({ code: 'ERR_BACKEND_HOSTS', status: 503 });
      subscriber.replace(['http://a']);
      expect(balancer.host()).toBe('http://a');
    });

    it('R03 always takes the only host, tried or not', () => {
      const balancer = make(createListSubscriber(['http://a']));
      expect([balancer.host(), balancer.host(['http://a']), balancer.host()]).toEqual([
        'http://a',
        'http://a',
        'http://a',
      ]);
    });

    it('R02 prefers hosts that were not tried yet', () => {
      const balancer = make(createListSubscriber(['http://a', 'http://b', 'http://c']));
      for (let turn = 0; turn < 50; turn++) {
        expect(balancer.host(['http://a', 'http://c'])).toBe('http://b');
        expect(['http://b', 'http://c']).toContain(balancer.host(['http://a']));
      }
    });

    it('R02 still answers when every host was tried', () => {
      const hosts = ['http://a', 'http://b'];
      const balancer = make(createListSubscriber(hosts));
      for (let turn = 0; turn < 10; turn++) expect(hosts).toContain(balancer.host(hosts));
    });

    it('R03 gives equal hosts equal shares within 5 % over 10 000 exchanges', () => {
      const hosts = ['http://a', 'http://b', 'http://c', 'http://d', 'http://e'];
      const counts = shares(make(createListSubscriber(hosts)), 10_000);
      expect([...counts.keys()].sort()).toEqual(hosts);
      for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThanOrEqual(2000 * 0.05);
    });

    it('S02 survives a list that changes between any two exchanges', () => {
      const lists = [
        ['http://a', 'http://b', 'http://c'],
        ['http://b'],
        ['http://b', 'http://d'],
        ['http://c', 'http://a'],
      ];
      const subscriber = createListSubscriber(lists[0]!);
      const balancer = make(subscriber);
      const underWay: string[] = [];
      for (let turn = 0; turn < 400; turn++) {
        const list = lists[turn % lists.length]!;
        subscriber.replace(list);
        const host = balancer.host();
        expect(list).toContain(host);
        underWay.push(host);
        // A host that left the list meanwhile still finishes its work.
        if (underWay.length > 5) balancer.settled?.(underWay.shift()!, 'ok');
      }
    });
  });
}
