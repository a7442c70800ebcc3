import { inTime } from '../../core/race.js';
import { RejectedError } from '../../errors.js';
import type { Download } from './download.js';
import { type Key, readKeySet } from './key-set.js';

/** Where the keys come from. Times in milliseconds. */
export interface KeySource {
  /**
   * True where the keys at hand may be used without waiting. Begins a download in the background where they will soon be too old.
   *
   * @param life how long keys are good after their download
   */
  isFresh(life: number): boolean;
  /**
   * The keys, as soon as they are there.
   *
   * @param patience how long to wait for them
   * @throws RejectedError 503 when there have never been any
   */
  keys(life: number, patience: number): Promise<readonly Key[]>;
  /** The keys of a new download for a key id that is not known, unless the last one is not older than `cooldown`. */
  renew(cooldown: number, patience: number): Promise<readonly Key[]>;
  /** Counts a user; the function returned takes it back. With the last one gone a download under way is ended. */
  use(): () => void;
}

const LIMIT = 5_000;
const RETRY_WITHOUT_KEYS = 1_000;
const RETRY = 30_000;
/** Requests only wait when there were none for so long that the retries above have not taken place. */
const LONGEST_FAILURE = 2 * RETRY;
/** From this share of their life on, keys are replaced in the background. */
const RIPE = 0.8;

/** Keys from a file: they are there, and stay. */
export function createFixedKeys(keys: readonly Key[]): KeySource {
  const ready = Promise.resolve(keys);
  return { isFresh: () => true, keys: () => ready, renew: () => ready, use: () => () => {} };
}

export interface RemoteKeysOptions {
  readonly download: Download;
  readonly onFailure: (error: unknown) => void;
}

/** Keys from a server: one download at a time, and the last good ones while it is down. */
export function createRemoteKeys({ download, onFailure }: RemoteKeysOptions): KeySource {
  let keys: readonly Key[] | undefined;
  let loadedAt = -Infinity;
  let begunAt = -Infinity;
  let failedAt = -Infinity;
  let flight: Promise<void> | undefined;
  let users = 0;
  let ending = new AbortController();
  const unavailable = new RejectedError(503, 'The keys that verify tokens are not there', { 'retry-after': '1' });

  async function load(): Promise<void> {
    const { signal } = ending;
    try {
      const document = await download(AbortSignal.any([signal, AbortSignal.timeout(LIMIT)]));
      keys = readKeySet(document, keys);
      loadedAt = performance.now();
      failedAt = -Infinity;
    } catch (error) {
      failedAt = performance.now();
      if (!signal.aborted) onFailure(error);
    }
  }

  function begin(): Promise<void> {
    begunAt = performance.now();
    flight ??= load().finally(() => {
      flight = undefined;
    });
    return flight;
  }

  function mayBegin(): boolean {
    return performance.now() - failedAt >= (keys === undefined ? RETRY_WITHOUT_KEYS : RETRY);
  }

  function isFresh(life: number): boolean {
    if (keys === undefined) return false;
    const now = performance.now();
    const age = now - loadedAt;
    if (age < life * RIPE) return true;
    if (flight === undefined && mayBegin()) void begin();
    return age < life || now - failedAt < LONGEST_FAILURE;
  }

  return {
    isFresh,
    async keys(life, patience) {
      if (!isFresh(life)) {
        const loading = flight ?? (mayBegin() ? begin() : undefined);
        if (loading) await waitAtMost(loading, patience);
      }
      if (keys === undefined) throw unavailable;
      return keys;
    },
    async renew(cooldown, patience) {
      const loading = flight ?? (performance.now() - begunAt >= cooldown ? begin() : undefined);
      if (loading) await waitAtMost(loading, patience);
      return keys ?? [];
    },
    use() {
      if (users === 0 && ending.signal.aborted) ending = new AbortController();
      users += 1;
      return function leave() {
        users -= 1;
        if (users === 0) ending.abort();
      };
    },
  };
}

function waitAtMost(work: Promise<void>, milliseconds: number): Promise<void> {
  return inTime(milliseconds, () => work).catch(ignore);
}

function ignore(): void {}
