/** State that outlives a reload: made on first use, found again by its key. */
export type Keep = <T>(key: string, create: () => T) => T;
/** What one configuration uses, by key. */
export type Kept = ReadonlyMap<string, unknown>;

/** Takes over what `earlier` kept as it is asked for; what nobody asks for is let go. */
export function createKeep(earlier: Kept = new Map()): { readonly keep: Keep; readonly kept: Kept } {
  const kept = new Map<string, unknown>();

  function keep<T>(key: string, create: () => T): T {
    if (!kept.has(key)) kept.set(key, earlier.has(key) ? earlier.get(key) : create());
    return kept.get(key) as T;
  }
  return { keep, kept };
}
