import { BackendError } from '../errors.js';
import type { Subscriber } from './subscriber.js';
import { countHosts, spreadHosts } from './weights.js';

/** How an exchange with a host ended; `aborted` is our own doing (deadline of a sibling, client gone) and blames no host. */
export type HostOutcome = 'ok' | 'failed' | 'aborted';

/** Spreads the exchanges of one backend over its hosts. */
export interface Balancer {
  /** The host for the next exchange, preferring one not in `tried`; throws `BackendError` ERR_BACKEND_HOSTS when there is none. */
  host(tried?: readonly string[]): string;
  /** Called once per exchange when it has ended, where the balancer cares. */
  settled?(host: string, outcome: HostOutcome): void;
}

/** Makes the balancer of one backend; named by the backend's `balancer`. Counters are not shared between backends. */
export type BalancerFactory = (subscriber: Subscriber) => Balancer;

/** A number from 0 up to but not including 1. */
export type RandomSource = () => number;

type Pick = (tried?: readonly string[]) => string;

/** Beyond so many unlucky draws a random balancer looks for a free host instead of guessing on. */
const MAX_DRAWS = 8;
const NONE: readonly string[] = Object.freeze([]);

/** One host after the other in the order of the list, from the first on. The default. */
export function createRoundRobinBalancer(subscriber: Subscriber): Balancer {
  return { host: rotate(() => subscriber.hosts()) };
}

/** As round robin, but the repetitions of a host are spread over the turn instead of following each other. */
export function createWeightedBalancer(subscriber: Subscriber): Balancer {
  return { host: rotate(derive(subscriber, (hosts) => spreadHosts(countHosts(hosts)))) };
}

/** A host at random; repetitions raise its chance. */
export function createRandomBalancer(subscriber: Subscriber, random: RandomSource = Math.random): Balancer {
  return {
    host(tried = NONE) {
      const hosts = subscriber.hosts();
      return hosts.length < 2 ? first(hosts) : hosts[draw(hosts, tried, random)]!;
    },
  };
}

/** The host with the fewest exchanges under way in proportion to its repetitions; equals take turns. */
export function createLeastInFlightBalancer(subscriber: Subscriber): Balancer {
  const weights = derive(subscriber, countHosts);
  const rotation = rotate(derive(subscriber, () => spreadHosts(weights())));
  const inFlight = createInFlight();

  return {
    host(tried = NONE) {
      let best = rotation(tried);
      let bestLoad = inFlight.count(best) / weights().get(best)!;
      for (const [host, weight] of weights()) {
        const load = inFlight.count(host) / weight;
        if (load < bestLoad && !tried.includes(host)) {
          best = host;
          bestLoad = load;
        }
      }
      return inFlight.start(best);
    },
    settled: inFlight.end,
  };
}

/** Draws two hosts and takes the one with fewer exchanges under way: nearly as even as the least, at constant cost. */
export function createPowerOfTwoBalancer(subscriber: Subscriber, random: RandomSource = Math.random): Balancer {
  const inFlight = createInFlight();

  return {
    host(tried = NONE) {
      const hosts = subscriber.hosts();
      if (hosts.length < 2) return inFlight.start(first(hosts));
      const one = draw(hosts, tried, random);
      // The second draw leaves the first one's place out.
      const other = (one + 1 + Math.floor(random() * (hosts.length - 1))) % hosts.length;
      const rival = hosts[other]!;
      const isBetter = !tried.includes(rival) && inFlight.count(rival) < inFlight.count(hosts[one]!);
      return inFlight.start(isBetter ? rival : hosts[one]!);
    },
    settled: inFlight.end,
  };
}

/** The built-in balancers by the names a configuration uses. */
export const balancers: ReadonlyMap<string, BalancerFactory> = new Map<string, BalancerFactory>([
  ['round_robin', createRoundRobinBalancer],
  ['random', createRandomBalancer],
  ['weighted', createWeightedBalancer],
  ['least_in_flight', createLeastInFlightBalancer],
  ['power_of_two_choices', createPowerOfTwoBalancer],
]);

/** Walks a list in circles; goes on after the host it chose, so that leaving one out burdens no single other host. */
function rotate(list: () => readonly string[]): Pick {
  let next = 0;
  return function host(tried = NONE) {
    const hosts = list();
    if (hosts.length < 2) return first(hosts);
    const index = firstUntried(hosts, next % hosts.length, tried);
    next = index + 1;
    return hosts[index]!;
  };
}

/** Recomputed only when the subscriber hands out another array. */
function derive<T>(subscriber: Subscriber, compute: (hosts: readonly string[]) => T): () => T {
  let seen = subscriber.hosts();
  let value = compute(seen);
  return function derived() {
    const hosts = subscriber.hosts();
    if (hosts !== seen) {
      value = compute(hosts);
      seen = hosts;
    }
    return value;
  };
}

function draw(hosts: readonly string[], tried: readonly string[], random: RandomSource): number {
  let index = Math.floor(random() * hosts.length);
  for (let draws = 1; tried.includes(hosts[index]!); draws++) {
    if (draws === MAX_DRAWS) return firstUntried(hosts, index, tried);
    index = Math.floor(random() * hosts.length);
  }
  return index;
}

/** The index of the first host not in `tried`, looking from `start` on; `start` itself when all were tried. */
function firstUntried(hosts: readonly string[], start: number, tried: readonly string[]): number {
  let index = start;
  for (let step = 0; step < hosts.length && tried.includes(hosts[index]!); step++) index = (index + 1) % hosts.length;
  return index;
}

/** Counts by host, not by place in the list, so that a flapping list does not reset them. */
function createInFlight() {
  const counts = new Map<string, number>();

  function count(host: string): number {
    return counts.get(host) ?? 0;
  }

  function start(host: string): string {
    counts.set(host, count(host) + 1);
    return host;
  }

  function end(host: string): void {
    const left = count(host) - 1;
    if (left > 0) counts.set(host, left);
    else counts.delete(host);
  }

  return { count, start, end };
}

function first(hosts: readonly string[]): string {
  if (hosts.length === 0) throw noHosts();
  return hosts[0]!;
}

function noHosts(): BackendError {
  return new BackendError(
    'ERR_BACKEND_HOSTS',
    'No hosts available for this backend: check its "host" list or the service discovery that "sd" names.',
  );
}
