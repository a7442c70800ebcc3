import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Subscriber } from '../../lib/sd/subscriber.js';
import { until } from '../sd/support/until.js';

/** A registry that the suite can write to, and a subscriber that reads it. */
export interface Registry {
  subscribe(): Subscriber;
  /** From now on the registry has these hosts and no others. */
  publish(hosts: readonly string[]): void | Promise<void>;
  /** From now on the registry cannot be read, until something is published. */
  fail(): void | Promise<void>;
  close(): Promise<void>;
}

const A = 'http://10.0.0.1:8001';
const B = 'http://10.0.0.2:8002';
/** Longer than any pause between look-ups at the default TTL, shorter than the time a look-up may take. */
const ONE_ROUND_MS = 33_000;

function sorted(subscriber: Subscriber): string[] {
  return [...new Set(subscriber.hosts())].sort();
}

/** What every subscriber that reads a registry owes its callers. */
export function describeSubscriber(name: string, setUp: () => Promise<Registry>): void {
  describe(`Subscriber contract: ${name}`, () => {
    let registry: Registry;
    let open: Subscriber[];

    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      registry = await setUp();
      open = [];
    });

    afterEach(async () => {
      for (const subscriber of open) subscriber.close?.();
      await registry.close();
      vi.useRealTimers();
    });

    function subscribe(): Subscriber {
      const subscriber = registry.subscribe();
      open.push(subscriber);
      return subscriber;
    }

    async function expectHosts(subscriber: Subscriber, hosts: readonly string[]): Promise<void> {
      await vi.advanceTimersByTimeAsync(ONE_ROUND_MS);
      await until(() => sorted(subscriber).join() === hosts.join());
    }

    it('S01 is ready once the first list is there', async () => {
      await registry.publish([A, B]);
      const subscriber = subscribe();
      expect(subscriber.hosts()).toEqual([]);
      await subscriber.ready?.();
      expect(sorted(subscriber)).toEqual([A, B]);
    });

    it('S01 follows the list as it grows, shrinks and empties', async () => {
      await registry.publish([A]);
      const subscriber = subscribe();
      await subscriber.ready?.();
      for (const hosts of [[A, B], [B], [], [A]]) {
        await registry.publish(hosts);
        await expectHosts(subscriber, hosts);
      }
    });

    it('S01 hands out the same array while the list is the same', async () => {
      await registry.publish([A, B]);
      const subscriber = subscribe();
      await subscriber.ready?.();
      const before = subscriber.hosts();
      await registry.publish([A, B]);
      await vi.advanceTimersByTimeAsync(ONE_ROUND_MS);
      expect(subscriber.hosts()).toBe(before);
    });

    it('S01 keeps the last good list while the registry fails, and follows it again afterwards', async () => {
      await registry.publish([A]);
      const subscriber = subscribe();
      await subscriber.ready?.();
      await registry.fail();
      await vi.advanceTimersByTimeAsync(ONE_ROUND_MS);
      expect(subscriber.hosts()).toEqual([A]);
      await registry.publish([B]);
      await expectHosts(subscriber, [B]);
    });

    it('S01 is ready with no hosts when the registry fails at start, and recovers', async () => {
      await registry.fail();
      const subscriber = subscribe();
      await expect(subscriber.ready?.()).resolves.toBeUndefined();
      expect(subscriber.hosts()).toEqual([]);
      await registry.publish([A]);
      await expectHosts(subscriber, [A]);
    });

    it('S04 stops for good when it is closed, however often', async () => {
      await registry.publish([A]);
      const subscriber = subscribe();
      await subscriber.ready?.();
      subscriber.close?.();
      subscriber.close?.();
      await registry.publish([B]);
      await vi.advanceTimersByTimeAsync(ONE_ROUND_MS);
      expect(subscriber.hosts()).toEqual([A]);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('S04 can be closed before the first answer', async () => {
      const subscriber = subscribe();
      subscriber.close?.();
      await expect(subscriber.ready?.()).resolves.toBeUndefined();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
}
