/** Collects numbers and says what a report wants to know of them. */
export interface Figure {
  add(value: number): void;
  count(): number;
  max(): number;
  percentile(share: number): number;
}

export function createFigure(): Figure {
  const values: number[] = [];
  return {
    add(value) {
      values.push(value);
    },
    count() {
      return values.length;
    },
    max() {
      return values.reduce((most, value) => Math.max(most, value), 0);
    },
    percentile(share) {
      const sorted = Float64Array.from(values).sort();
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    },
  };
}
