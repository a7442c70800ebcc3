export interface Bounds {
  readonly maxBytes: number;
  readonly maxItems: number;
}

/** Values by key; the least recently used ones make room. */
export interface Lru<V> {
  get(key: string): V | undefined;
  /** `bytes` and `items` are what it counts for; one that is larger than everything is not kept. */
  set(key: string, value: V, bytes: number, items?: number): void;
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

export function createLru<V>(bounds: Bounds): Lru<V> {
  let { maxBytes, maxItems } = bounds;
  // A Map is in order of insertion: the first key is the one that was used longest ago.
  const slots = new Map<string, Slot<V>>();
  let bytes = 0;
  let items = 0;

  function remove(key: string): boolean {
    const slot = slots.get(key);
    if (slot === undefined) return false;
    bytes -= slot.bytes;
    items -= slot.items;
    return slots.delete(key);
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
      remove(key);
      if (size > maxBytes || count > maxItems) return;
      slots.set(key, { value, bytes: size, items: count });
      bytes += size;
      items += count;
      for (const oldest of slots.keys()) {
        if (bytes <= maxBytes && items <= maxItems) break;
        remove(oldest);
      }
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
