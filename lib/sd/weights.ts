/** How often each host stands in a list, in order of first appearance: repetition is weight. */
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

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
