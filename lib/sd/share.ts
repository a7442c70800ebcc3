import type { Subscriber } from './subscriber.js';

interface Shared {
  readonly subscriber: Subscriber;
  users: number;
}

/** Hands out one subscriber per key to all callers, and closes it when the last of them has closed theirs. */
export function createShare(): (key: string, make: () => Subscriber) => Subscriber {
  const open = new Map<string, Shared>();

  return function share(key, make) {
    const shared = open.get(key) ?? { subscriber: make(), users: 0 };
    const { subscriber } = shared;
    open.set(key, shared);
    shared.users++;
    let isClosed = false;

    return {
      ...subscriber,
      close() {
        if (isClosed) return;
        isClosed = true;
        shared.users--;
        if (shared.users > 0) return;
        open.delete(key);
        subscriber.close?.();
      },
    };
  };
}
