/** State that outlives a reload: made on first use, found again by its key. */
export type Keep = <T>(key: string, create: () => T) => T;
/** What one configuration uses, by key. */
export type Kept = ReadonlyMap<string, unknown>;

/** States of one kind that the gateway looks for itself, whichever component keeps them. */
export interface KeepToken<T> {
  /** As `keep(detail, create)`; the detail is compared among the states of this kind only. */
  keep<S extends T>(keep: Keep, detail: string, create: () => S): S;
  /** All states of this kind that a configuration uses. */
  of(kept: Kept): readonly T[];
}

export function createKeepToken<T>(name: string): KeepToken<T> {
  const prefix = `${name}: `;
  return {
    keep: (keep, detail, create) => keep(prefix + detail, create),
    // Only `keep` of the token makes such a key.
    of: (kept) => [...kept].filter(([key]) => key.startsWith(prefix)).map(([, state]) => state as T),
  };
}

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
