export interface Sample {
  /** As Stryker's `--mutate` takes them. */
  readonly ranges: readonly string[];
  /** Of all `lines`, those in the ranges. */
  readonly taken: number;
  readonly lines: number;
}

export function sample(patterns: string, share: number, seed: number): Sample;
