import { createHash, randomBytes } from 'node:crypto';
import { createLru } from '../../core/lru.js';
import { onceAMinute } from '../../core/once-a-minute.js';
import { inTime } from '../../core/race.js';
import type { Logger } from '../../logger.js';
import { createBreaker } from '../breaker.js';
import {
  BY_READ,
  BY_WRITE,
  type CacheStore,
  LONGEST_LIFE,
  setVersionedBy,
  type VersionedWrite,
} from './cache-store.js';
import { decodeStored, encodeEntry, encodeVary, type Stored } from './codec.js';
import type { Entry } from './entry.js';
import { hasValidator } from './freshness.js';
import { urlOf, variantOf } from './key.js';
import { type EntryStore, NOTHING } from './store.js';

const PATIENCE = 100;
/** For what no request waits for. */
const WRITE_PATIENCE = 1_000;
/** A store that fails is left alone for a second, so that requests do not wait for it one after the other. */
const MAX_ERRORS = 2;
const PAUSE = 1_000;
/** Milliseconds that an entry which can be asked about is kept beyond its lifetime. */
const ASKABLE = 60 * 60 * 1000;
/** Milliseconds that a write is remembered without an entry: longer than a read takes that was under way. */
const WRITE_LIFE = 10 * 60 * 1000;
/** Writes that did not reach the store are tried again, this many URLs of them. */
const OWED_BOUNDS = { maxBytes: Infinity, maxItems: 10_000 };

/**
 * Entries in a store of several processes. Each URL has a version there, and each entry names the one it belongs to: a write
 * changes the version, so that all entries of its URL are gone with one command, and so is what a read under way brings.
 */
export function createRemoteStore(name: string, remote: CacheStore, logger: Logger): EntryStore {
  const breaker = createBreaker({ maxErrors: MAX_ERRORS, interval: 0, timeout: PAUSE });
  /** URLs whose change the store does not know of yet. */
  const owed = createLru<symbol>(OWED_BOUNDS);
  const writeLife = remote.setVersioned ? WRITE_LIFE : LONGEST_LIFE;

  /** What throws where it should reject would leave the call beside it without a listener. */
  async function get(key: string): Promise<string | null | undefined> {
    return remote.get(key);
  }

  async function setVersioned(write: VersionedWrite): Promise<void> {
    if (remote.setVersioned) await remote.setVersioned(write);
    else await setVersionedBy(remote, write);
  }

  const report = onceAMinute(function warn(err: unknown) {
    logger.warn({ cache: name, err }, 'the cache store cannot be used; the backends are asked instead');
  });

  /** Resolves with undefined, whatever the store does, when it cannot be asked. */
  async function ask<T>(work: () => Promise<T>, patience: number): Promise<{ readonly answer: T } | undefined> {
    const entered = breaker.enter();
    if (entered === undefined) return undefined;
    try {
      const answer = await inTime(patience, work);
      breaker.leave(entered, 'success');
      return { answer };
    } catch (error) {
      breaker.leave(entered, 'failure');
      report(error);
      return undefined;
    }
  }

  function read(key: string, version: string): Promise<Stored | undefined> {
    return ask(() => get(key), PATIENCE).then((read) => read && decodeVersioned(read.answer, version));
  }

  /** Not left to the breaker: what does not reach the store now, the store would hand out again when it is back. */
  function tell(url: string): void {
    const debt = Symbol();
    owed.set(url, debt, 0);
    const write = () => remote.set(versionKey(url), newVersion(BY_WRITE), writeLife);
    inTime(WRITE_PATIENCE, write).then(() => {
      if (owed.get(url) === debt) owed.delete(url);
    }, report);
  }

  return {
    async find(key, headers) {
      const url = urlOf(key);
      if (owed.get(url) !== undefined) {
        tell(url);
        return NOTHING;
      }
      const sharedKey = tagged(key);
      const found = await ask(() => Promise.all([get(versionKey(url)), get(sharedKey)]), PATIENCE);
      if (found === undefined) return NOTHING;
      const [present, text] = found.answer;
      const version = typeof present === 'string' ? present : '';
      const stored = decodeVersioned(text, version);
      if (stored === undefined) return { ...NOTHING, version };
      if ('entry' in stored) return { entry: stored.entry, vary: stored.entry.vary, version };
      const { vary } = stored;
      const variant = await read(variantKey(sharedKey, variantOf(vary, headers)), version);
      return { entry: variant && 'entry' in variant ? variant.entry : undefined, vary, version };
    },
    put(key, entry, seen) {
      const url = urlOf(key);
      if (seen === undefined || owed.get(url) !== undefined) return;
      const milliseconds = timeToLive(entry);
      const fresh = newVersion(BY_READ);
      const sharedKey = tagged(key);

      function write(to: string, value: string): Promise<unknown> {
        const versioned = { versionKey: versionKey(url), seen: seen as string, fresh, key: to, value, milliseconds };
        return ask(() => setVersioned(versioned), WRITE_PATIENCE);
      }
      const text = encodeEntry(entry);
      if (entry.vary.length === 0) {
        void write(sharedKey, text);
        return;
      }
      void write(sharedKey, encodeVary(entry.vary));
      void write(variantKey(sharedKey, entry.variant), text);
    },
    invalidate: tell,
    async remove(matches) {
      return remote.remove((key) => isEntryKey(key) && matches(key.slice(key.indexOf('\n') + 1)));
    },
  };
}

/** A Redis Cluster keeps all keys with the same text in braces in one place. */
function tagOf(url: string): string {
  return `{${createHash('sha256').update(url).digest('base64url')}}`;
}

function tagged(key: string): string {
  return `${tagOf(urlOf(key))}\n${key}`;
}

function versionKey(url: string): string {
  return `${tagOf(url)} version`;
}

function isEntryKey(key: string): boolean {
  return key.startsWith('{') && key.includes('}\n');
}

function variantKey(key: string, variant: string): string {
  return `${key}\n${createHash('sha256').update(variant).digest('base64url')}`;
}

function newVersion(by: string): string {
  return by + randomBytes(9).toString('base64url');
}

/** Undefined where the text is of another version of its URL, or cannot be read. */
function decodeVersioned(text: unknown, version: string): Stored | undefined {
  if (typeof text !== 'string' || version === '' || !text.startsWith(`${version}\n`)) return undefined;
  return decodeStored(text.slice(version.length + 1));
}

function timeToLive(entry: Entry): number {
  const usable = (Math.max(0, entry.lifetime - entry.initialAge) + entry.staleIfError) * 1000;
  return Math.ceil(usable) + (hasValidator(entry.headers) ? ASKABLE : 0);
}
