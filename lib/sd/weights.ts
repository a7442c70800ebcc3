/** So many hosts of one backend are used; the rest of a longer list is left out. */
const MAX_HOSTS = 1_000;
/** Weights are scaled down to about this sum, so that the list stays short. */
const WEIGHT_SUM = 100;

/** How often each host is in a list, in order of first appearance: repetition is weight. */
export function countHosts(hosts: readonly string[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const host of hosts) weights.set(host, (weights.get(host) ?? 0) + 1);
  return weights;
}

/**
 * Writes whole, positive weights out as a list that repeats each host as often as its weight says, copies spread as far
 * apart as they go (smooth weighted round robin), so that a heavy host does not get its share in one burst.
 */
export function spreadHosts(weights: ReadonlyMap<string, number>): readonly string[] {
  const divisor = [...weights.values()].reduce(greatestCommonDivisor, 0);
  const entries = Array.from(weights, ([host, weight]) => ({ host, weight: weight / divisor, credit: 0 }));
  const total = entries.reduce((sum, { weight }) => sum + weight, 0);
  if (total === entries.length) return entries.map(({ host }) => host);
  return Array.from({ length: total }, () => {
    let richest = entries[0]!;
    for (const entry of entries) {
      entry.credit += entry.weight;
      if (entry.credit > richest.credit) richest = entry;
    }
    richest.credit -= total;
    return richest.host;
  });
}

/**
 * The list for weights as a registry gives them, whatever their size: the heaviest 1000 hosts. No host with a weight is
 * rounded down to nothing; a weight of 0 among others is about one exchange in a hundred; where all are 0 all are equal.
 */
export function listHosts(weights: ReadonlyMap<string, number>): readonly string[] {
  const sorted = [...weights]
    .sort(([host, weight], [other, otherWeight]) => otherWeight - weight || (host < other ? -1 : 1))
    .slice(0, MAX_HOSTS);
  const sum = sorted.reduce((total, [, weight]) => total + weight, 0);
  const target = Math.max(WEIGHT_SUM, sorted.length);
  const hasIdle = sorted.at(-1)?.[1] === 0;
  // Weights that fit stay as they are, unless one is 0: then the others are written large, to leave it a small share.
  const factor = sum > target || (hasIdle && sum > 0) ? target / sum : 1;
  return spreadHosts(new Map(sorted.map(([host, weight]) => [host, Math.max(1, Math.round(weight * factor))])));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
