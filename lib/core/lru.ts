export interface Bounds {
  readonly maxBytes: number;
  readonly maxItems: number;
}

/** Values by key; the least recently used ones make room. */
export interface Lru<V> {
  get(key: string): V | undefined;
  /** `bytes` and `items` are what it counts for. False where it is larger than everything, and not kept. */
  set(key: string, value: V, bytes: number, items?: number): boolean;
  delete(key: string): boolean;
  /** Raises the bounds to at least these. */
  grow(bounds: Bounds): void;
  keys(): IterableIterator<string>;
  bytes(): number;
  items(): number;
}

interface Slot<V> {
  readonly value: V;
  readonly bytes: number;
  readonly items: number;
}

/** @param onGone called for each key that makes room or is deleted, not of one that gets another value */
export function createLru<V>(bounds: Bounds, onGone?: (key: string) => void): Lru<V> {
  let { maxBytes, maxItems } = bounds;
  // A Map is in order of insertion: the first key is the one that was used longest ago.
  const slots = new Map<string, Slot<V>>();
  let bytes = 0;
  let items = 0;

  function take(key: string): boolean {
    const slot = slots.get(key);
    if (slot === undefined) return false;
    bytes -= slot.bytes;
    items -= slot.items;
    return slots.delete(key);
  }

  function remove(key: string): boolean {
    const wasThere = take(key);
    if (wasThere) onGone?.(key);
    return wasThere;
  }

  return {
    get(key) {
      const slot = slots.get(key);
      if (slot === undefined) return undefined;
      slots.delete(key);
      slots.set(key, slot);
      return slot.value;
    },
    set(key, value, size, count = 1) {
      if (size > maxBytes || count > maxItems) {
        remove(key);
        return false;
      }
      take(key);
      slots.set(key, { value, bytes: size, items: count });
      bytes += size;
      items += count;
      for (const oldest of slots.keys()) {
        if (bytes <= maxBytes && items <= maxItems) break;
        remove(oldest);
      }
      return true;
    },
    delete: remove,
    grow(wanted) {
      maxBytes = Math.max(maxBytes, wanted.maxBytes);
      maxItems = Math.max(maxItems, wanted.maxItems);
    },
    keys: () => slots.keys(),
    bytes: () => bytes,
    items: () => items,
  };
}
