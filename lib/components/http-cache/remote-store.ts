import { createHash } from 'node:crypto';
import type { Logger } from '../../logger.js';
import { decodeStored, encodeEntry, encodeVary, type Stored } from './codec.js';
import type { Entry } from './entry.js';
import { hasValidator } from './freshness.js';
import { variantOf } from './key.js';
import { type EntryStore, NOTHING } from './store.js';

/**
 * Keeps the cached answers of several processes; by name in `options.stores`. Values are texts whose layout is the
 * gateway's business. A call that fails, or takes longer than 100 ms, costs a call of the backend and nothing else.
 */
export interface CacheStore {
  get(key: string): Promise<string | null | undefined>;
  /** Keeps a value for so many milliseconds, or shorter. */
  set(key: string, value: string, milliseconds: number): Promise<unknown>;
  /** Removes the keys that `matches` says yes to, and tells how many they were. */
  remove(matches: (key: string) => boolean): Promise<number>;
  /** Rejects while the store cannot be reached; `gateway.ready()` asks it. */
  ping?(): Promise<unknown>;
}

export function isCacheStore(value: unknown): value is CacheStore {
  return ['get', 'set', 'remove'].every(
    (name) => typeof (value as Record<string, unknown> | undefined)?.[name] === 'function',
  );
}

const PATIENCE = 100;
const REPORT_EVERY = 60_000;
/** Milliseconds that an entry which can be asked about is kept beyond its lifetime. */
const ASKABLE = 60 * 60 * 1000;

export function createRemoteStore(name: string, remote: CacheStore, logger: Logger): EntryStore {
  let silentUntil = 0;

  /** A store that is down fails at every request; the log need not say so each time. */
  function report(err: unknown): void {
    const now = performance.now();
    if (now < silentUntil) return;
    silentUntil = now + REPORT_EVERY;
    logger.warn({ cache: name, err }, 'the cache store cannot be used; the backends are asked instead');
  }

  async function read(key: string): Promise<Stored | undefined> {
    try {
      const text = await inTime(remote.get(key));
      return typeof text === 'string' ? decodeStored(text) : undefined;
    } catch (error) {
      report(error);
      return undefined;
    }
  }

  async function write(key: string, value: string, milliseconds: number): Promise<void> {
    try {
      await remote.set(key, value, milliseconds);
    } catch (error) {
      report(error);
    }
  }

  return {
    async find(key, headers) {
      const stored = await read(key);
      if (stored === undefined) return NOTHING;
      if ('entry' in stored) return { entry: stored.entry, vary: stored.entry.vary };
      const { vary } = stored;
      const variant = await read(variantKey(key, variantOf(vary, headers)));
      return { entry: variant && 'entry' in variant ? variant.entry : undefined, vary };
    },
    put(key, entry) {
      const time = timeToLive(entry);
      const text = encodeEntry(entry);
      if (entry.vary.length === 0) {
        void write(key, text, time);
        return;
      }
      void write(key, encodeVary(entry.vary), time);
      void write(variantKey(key, entry.variant), text, time);
    },
    async remove(matches) {
      return remote.remove(matches);
    },
  };
}

function variantKey(key: string, variant: string): string {
  return `${key}\n${createHash('sha256').update(variant).digest('base64url')}`;
}

function timeToLive(entry: Entry): number {
  const usable = (Math.max(0, entry.lifetime - entry.initialAge) + entry.staleIfError) * 1000;
  return Math.ceil(usable) + (hasValidator(entry.headers) ? ASKABLE : 0);
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise<T>(function race(resolve, reject) {
    const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE);
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
