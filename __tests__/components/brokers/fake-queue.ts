import { EventEmitter, once } from 'node:events';

export interface Entry<M> {
  readonly id: string;
  readonly message: M;
  /** Of the last time it was handed out. */
  handle: string;
  isHidden: boolean;
  handedOut: number;
}

/** What the queues of clouds have in common: a message is hidden while it is out, until it is removed or shown again. */
export function createFakeQueue<M>() {
  const entries: Entry<M>[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  let count = 0;

  function take(most: number): Entry<M>[] {
    const taken = entries.filter(({ isHidden }) => !isHidden).slice(0, most);
    for (const entry of taken) {
      entry.isHidden = true;
      entry.handedOut++;
      entry.handle = `handle-${entry.id}-${entry.handedOut}`;
    }
    return taken;
  }

  return {
    entries,
    put(message: M): string {
      const id = `m-${++count}`;
      entries.push({ id, message, handle: '', isHidden: false, handedOut: 0 });
      arrivals.emit('message');
      return id;
    },
    /** Waits for the first one, until the signal is aborted. */
    async take(most: number, signal: AbortSignal): Promise<Entry<M>[]> {
      for (;;) {
        const taken = take(most);
        if (taken.length > 0 || signal.aborted) return taken;
        await once(arrivals, 'message', { signal }).catch(() => {});
      }
    },
    /** False for a handle that no longer counts. */
    remove(handle: string): boolean {
      const index = entries.findIndex((entry) => entry.handle === handle && entry.isHidden);
      if (index >= 0) entries.splice(index, 1);
      return index >= 0;
    },
    show(handle: string): boolean {
      const entry = entries.find((other) => other.handle === handle && other.isHidden);
      if (!entry) return false;
      entry.isHidden = false;
      arrivals.emit('message');
      return true;
    },
  };
}
export type FakeQueue<M> = ReturnType<typeof createFakeQueue<M>>;
