/** State that outlives a reload: made on first use, found again by its key. */
export type Keep = <T>(key: string, create: () => T) => T;
/** What one configuration uses, by key. */
export type Kept = ReadonlyMap<string, unknown>;

export interface KeptState {
  readonly keep: Keep;
  readonly kept: Kept;
  /** Forgets what is kept here: for a configuration that another one has replaced. */
  release(): void;
}

/**
 * Takes over what `earlier` kept as it is asked for. What the new configuration does not ask for is forgotten: a later reload
 * that asks for it again gets a new one.
 */
export function createKeep(earlier: Kept = new Map()): KeptState {
  const kept = new Map<string, unknown>();

  function keep<T>(key: string, create: () => T): T {
    if (!kept.has(key)) kept.set(key, earlier.has(key) ? earlier.get(key) : create());
    return kept.get(key) as T;
  }
  return {
    keep,
    kept,
    // A state may hold on to the `keep` it was made with. Were the map left as it is, each would hold those before it.
    release: () => kept.clear(),
  };
}
