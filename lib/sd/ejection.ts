import type { Balancer, BalancerFactory, HostOutcome } from './balancer.js';

/** When a failing host is left out for a while. */
export interface EjectionOptions {
  /** The share of failed exchanges from which on a host counts as failing, above 0 up to 1. Default 0.5. */
  readonly failureRatio?: number;
  /** So many exchanges within the window are needed to judge a host. Default 10. */
  readonly minSamples?: number;
  /** Milliseconds that an exchange counts. Default 10000. */
  readonly window?: number;
  /** Milliseconds that a host is left out the first time; doubles each time it fails again right after. Default 30000. */
  readonly duration?: number;
}

/** Milliseconds of the longest such time. */
const LONGEST = 300_000;
/** The share of hosts that may be left out at once. */
const MOST = 0.5;

/** Milliseconds of a clock that never goes back. */
export type Clock = () => number;

interface Health {
  /** Start of the half window being counted; the one before it counts too. */
  since: number;
  ok: number;
  failed: number;
  earlierOk: number;
  earlierFailed: number;
  /** Failing until then. */
  until: number;
  /** How often it failed in a row, each time soon after its return. */
  times: number;
}

/**
 * Leaves out hosts that fail, for a while, whatever the balancer: it is handed a list without them. Where every host fails
 * the whole list is used, since the fault is then hardly theirs. What is known of a host is keyed by its name, so that a
 * list that flaps does not forget it.
 *
 * @example
 * const make = withEjection(createRoundRobinBalancer, { window: 5000 });
 */
export function withEjection(
  make: BalancerFactory,
  options: EjectionOptions = {},
  now: Clock = monotonic,
): BalancerFactory {
  const { failureRatio = 0.5, minSamples = 10, duration = 30_000 } = options;
  const halfWindow = (options.window ?? 10_000) / 2;

  return function createEjectingBalancer(subscriber) {
    const healths = new Map<string, Health>();
    let seen = subscriber.hosts();
    let allowed = seen;
    let nextReturn = Number.POSITIVE_INFINITY;

    function allowedHosts(): readonly string[] {
      const hosts = subscriber.hosts();
      if (hosts !== seen) {
        seen = hosts;
        update();
        forget();
      } else if (nextReturn !== Number.POSITIVE_INFINITY && now() >= nextReturn) {
        update();
      }
      return allowed;
    }

    function update(): void {
      const time = now();
      const distinct = [...new Set(seen)];
      const failing = distinct.filter((host) => (healths.get(host)?.until ?? 0) > time);
      nextReturn = Math.min(...failing.map((host) => healths.get(host)!.until));
      if (failing.length === 0 || failing.length === distinct.length) {
        allowed = seen;
        return;
      }
      // Where the limit leaves no room for all, those that failed most often in a row are left out.
      failing.sort((one, other) => healths.get(other)!.times - healths.get(one)!.times);
      const ejected = new Set(failing.slice(0, Math.floor(distinct.length * MOST)));
      allowed = ejected.size === 0 ? seen : seen.filter((host) => !ejected.has(host));
    }

    /** Hosts that are gone and have nothing left to remember must not pile up. */
    function forget(): void {
      const time = now();
      const listed = new Set(seen);
      for (const [host, health] of healths) {
        const isStale = time - health.since > 2 * halfWindow && time - health.until > duration;
        if (isStale && !listed.has(host)) healths.delete(host);
      }
    }

    function judge(host: string, outcome: 'ok' | 'failed'): void {
      const time = now();
      let health = healths.get(host);
      if (health === undefined) {
        health = {
          since: time,
          ok: 0,
          failed: 0,
          earlierOk: 0,
          earlierFailed: 0,
          until: Number.NEGATIVE_INFINITY,
          times: 0,
        };
        healths.set(host, health);
      }
      if (health.until > time) return;
      advance(health, time);
      if (outcome === 'ok') health.ok++;
      else health.failed++;
      const failed = health.failed + health.earlierFailed;
      const total = failed + health.ok + health.earlierOk;
      if (outcome === 'ok' || total < minSamples || failed < total * failureRatio) return;
      health.times = time - health.until <= duration ? health.times + 1 : 1;
      health.until = time + Math.min(duration * 2 ** (health.times - 1), LONGEST);
      health.ok = health.failed = health.earlierOk = health.earlierFailed = 0;
      update();
    }

    function advance(health: Health, time: number): void {
      const halves = Math.floor((time - health.since) / halfWindow);
      if (halves === 0) return;
      health.earlierOk = halves === 1 ? health.ok : 0;
      health.earlierFailed = halves === 1 ? health.failed : 0;
      health.ok = health.failed = 0;
      health.since += halves * halfWindow;
    }

    const balancer = make({ hosts: allowedHosts });
    return {
      host(tried) {
        return balancer.host(tried);
      },
      settled(host: string, outcome: HostOutcome) {
        balancer.settled?.(host, outcome);
        if (outcome !== 'aborted') judge(host, outcome);
      },
    } satisfies Balancer;
  };
}

function monotonic(): number {
  return performance.now();
}
