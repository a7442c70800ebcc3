/** What a histogram tells. All but `count` are about the latest values only. */
export interface Summary {
  /** Values since the beginning. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stdDev: number;
  /** The value that so much of a hundred percent are not above, within 3 %. */
  percentile(percent: number): number;
}

/** Counts values in classes that grow with them, so that it stays small and exact enough. */
export interface Histogram {
  /** A value of 0 or more. */
  record(value: number): void;
  /** Forgets all but the latest: what came before the last rotation but one. */
  rotate(): void;
  summary(): Summary;
}

/** Classes for each doubling. */
const FINENESS = 16;

interface Span {
  readonly classes: Map<number, number>;
  count: number;
  min: number;
  max: number;
  sum: number;
  squares: number;
}

export function createHistogram(): Histogram {
  let current = createSpan();
  let previous = createSpan();
  let count = 0;

  return {
    record(value) {
      const index = value < 1 ? 0 : Math.floor(Math.log2(value) * FINENESS) + 1;
      current.classes.set(index, (current.classes.get(index) ?? 0) + 1);
      current.count++;
      current.min = Math.min(current.min, value);
      current.max = Math.max(current.max, value);
      current.sum += value;
      current.squares += value * value;
      count++;
    },
    rotate() {
      previous = current;
      current = createSpan();
    },
    summary: () => summarize(count, current, previous),
  };
}

function createSpan(): Span {
  return { classes: new Map(), count: 0, min: Infinity, max: 0, sum: 0, squares: 0 };
}

function summarize(count: number, a: Span, b: Span): Summary {
  const latest = a.count + b.count;
  if (latest === 0) return { count, min: 0, max: 0, mean: 0, stdDev: 0, percentile: () => 0 };
  const [min, max] = [Math.min(a.min, b.min), Math.max(a.max, b.max)];
  const mean = (a.sum + b.sum) / latest;
  const variance = (a.squares + b.squares) / latest - mean * mean;
  const classes = [...a.classes, ...b.classes].sort(([left], [right]) => left - right);

  function percentile(percent: number): number {
    let left = Math.ceil((percent / 100) * latest);
    for (const [index, size] of classes) {
      left -= size;
      if (left <= 0) return Math.min(max, Math.max(min, index === 0 ? 0 : 2 ** ((index - 0.5) / FINENESS)));
    }
    return max;
  }
  return { count, min, max, mean, stdDev: Math.sqrt(Math.max(0, variance)), percentile };
}
