import { createHash } from 'node:crypto';
import { z } from 'zod';
import { bytes, countUnlessZero, flag } from '../../config/fields.js';
import type { BackendConfig } from '../../config/resolved.js';
import { CACHES } from '../../core/cache-control.js';
import type { Bounds } from '../../core/lru.js';
import { type BackendScope, defineComponent } from '../component.js';
import { type Cache, createCache, createCacheTransport } from './cache.js';
import { type CacheStore, isCacheStore } from './cache-store.js';
import { steadyClock } from './entry.js';
import { createKeyMaker } from './key.js';
import { createRemoteStore } from './remote-store.js';
import { createMemoryStore } from './store.js';

/** What all backends without bounds of their own have together, and what the shared store has. */
const DEFAULT_BYTES = 64 * 1024 * 1024;
const DEFAULT_ITEMS = 10_000;

const schema = z.strictObject({
  shared: flag().meta({
    description: 'One store for all backends that say so; else each backend sees its own answers only.',
    examples: [true],
  }),
  max_size: countUnlessZero().meta({
    description: 'How much this store may take; 0 means the default.',
    label: 'bytes',
    shownDefault: '64 MiB, together with the others',
    examples: [16777216],
  }),
  max_items: countUnlessZero().meta({
    description: 'How many answers this store may hold; 0 means the default.',
    shownDefault: '10,000, together with the others',
    examples: [1000],
  }),
  max_entry_size: bytes(Number.MAX_SAFE_INTEGER)
    .default(2 ** 20)
    .meta({
      description: 'Largest body that is stored; larger ones are passed on.',
      examples: [65536],
    }),
  ignore_headers: z
    .array(z.string().min(1))
    .default([])
    .meta({
      description: 'Forwarded headers that do not tell answers apart, unless `Vary` names them.',
      examples: [['X-Device']],
    }),
  store: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'The name of a store in `options.stores` that several processes share.',
      more: 'See [several processes](#several-processes).',
      shownDefault: 'memory',
      examples: ['redis'],
    }),
});

type Settings = z.output<typeof schema>;

/** Keeps what backends allow to be kept, by RFC 9111, between the pipeline of a backend and the wire. */
export const httpCache = defineComponent({
  namespace: 'qos/http-cache',
  aliases: ['github.com/devopsfaith/krakend-httpcache'],
  schema,
  sharesCalls: true,

  check({ store, max_size, max_items }, { stores }) {
    if (store === undefined) return [];
    if (!isCacheStore(stores.get(store))) {
      return [{ path: ['store'], message: `there is no "${store}" in options.stores that has get, set and remove` }];
    }
    const isBounded = max_size !== undefined || max_items !== undefined;
    return isBounded ? [{ path: ['store'], message: 'has bounds of its own; leave max_size and max_items out' }] : [];
  },

  transport(settings, scope) {
    const { backend, debug } = scope;
    const space = settings.shared ? 'shared' : spaceOf(backend);
    return createCacheTransport({
      name: backend.name,
      cache: openCache(settings, space, scope),
      keyOf: createKeyMaker(
        space,
        settings.ignore_headers.map((name) => name.toLowerCase()),
      ),
      clock: steadyClock,
      maxEntry: settings.max_entry_size,
      showsState: debug,
    });
  },
});

function openCache(settings: Settings, space: string, { keep, stores, logger }: BackendScope): Cache {
  const { store: name, shared, max_size, max_items } = settings;
  if (name !== undefined) {
    return CACHES.keep(keep, `store ${name}`, () =>
      createCache(createRemoteStore(name, stores.get(name) as CacheStore, logger)),
    );
  }
  const bounds: Bounds = { maxBytes: max_size ?? DEFAULT_BYTES, maxItems: max_items ?? DEFAULT_ITEMS };
  if (shared) {
    const cache = CACHES.keep(keep, 'shared', () => createCache(createMemoryStore(bounds)));
    // Backends may disagree about its size: the largest that is asked for holds.
    cache.store.grow?.(bounds);
    return cache;
  }
  const isBounded = max_size !== undefined || max_items !== undefined;
  const owner = isBounded ? `${space} ${bounds.maxBytes} ${bounds.maxItems}` : 'common';
  return CACHES.keep(keep, owner, () => createCache(createMemoryStore(bounds)));
}

/** Tells apart what may answer differently: backends, and over a reload what is between a backend and its cache. */
function spaceOf({ at, components, http_client }: BackendConfig): string {
  const inner = JSON.stringify([components.map(({ config }) => config), http_client]);
  return `${at} ${createHash('sha256').update(inner).digest('base64url')}`;
}
