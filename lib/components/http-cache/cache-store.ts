/**
 * Keeps the cached answers of several processes; by name in `options.stores`. Keys and values are texts whose layout is the
 * gateway's business. What throws, rejects or takes longer than 100 ms costs a call of the backend and nothing else.
 */
export interface CacheStore {
  get(key: string): Promise<string | null | undefined>;
  /** Keeps a value for so many milliseconds, or shorter. */
  set(key: string, value: string, milliseconds: number): Promise<unknown>;
  /** Removes the keys that `matches` says yes to, and tells how many they were. Only `gateway.cache.purge` calls it. */
  remove(matches: (key: string) => boolean): Promise<number>;
  /**
   * Does in one step what `setVersionedBy` does with `get` and `set`, so that no write of another process comes between.
   * All its keys begin with the same text in braces, so that a Redis Cluster has them in one place.
   */
  setVersioned?(write: VersionedWrite): Promise<unknown>;
  /** Rejects while the store cannot be reached; `gateway.ready()` asks it. */
  ping?(): Promise<unknown>;
}

/** Keeps a value as long as its URL has the version that it was asked for at. */
export interface VersionedWrite {
  /** Where the version of the URL is. */
  readonly versionKey: string;
  /** The version before the backend was asked; empty where there was none. */
  readonly seen: string;
  /** The version the URL gets where it has none. */
  readonly fresh: string;
  readonly key: string;
  /** Stored behind the version and a line feed. */
  readonly value: string;
  /** Milliseconds to keep the value, and the version at least. */
  readonly milliseconds: number;
}

/** What versions begin with, by what has made them: only one that a write has made says that the URL has changed. */
export const BY_READ = 'r';
export const BY_WRITE = 'w';

/** How long an entry may be of use at most: a day, a day in place of an error, an hour to be asked about. */
export const LONGEST_LIFE = 49 * 60 * 60 * 1000;

export function isCacheStore(value: unknown): value is CacheStore {
  return ['get', 'set', 'remove'].every(
    (name) => typeof (value as Record<string, unknown> | undefined)?.[name] === 'function',
  );
}

/** For stores that cannot do it in one step. */
export async function setVersionedBy(
  store: CacheStore,
  { versionKey, seen, fresh, key, value, milliseconds }: VersionedWrite,
): Promise<void> {
  const present = (await store.get(versionKey)) || '';
  const isSame = seen === '' ? !present.startsWith(BY_WRITE) : present === seen;
  if (!isSame) return;
  // It has to outlive all entries of its URL, and those are not known here.
  if (present === '') await store.set(versionKey, fresh, LONGEST_LIFE);
  await store.set(key, `${present || fresh}\n${value}`, milliseconds);
}
