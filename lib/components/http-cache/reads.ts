/** What the reads of one URL that are under way at the same time have in common. */
export interface Read {
  readonly id: number;
  /** True once the URL was written to or purged: what was asked for before that must not be stored. */
  isOutdated: boolean;
}

/** The reads that are under way, by URL. Takes memory for them only. */
export interface Reads {
  /** Does `work` as a read of this URL. */
  during<T>(url: string, work: (read: Read) => Promise<T>): Promise<T>;
  /** Outdates the reads of one URL; those that start later are not concerned. */
  outdate(url: string): void;
  outdateAll(matches: (url: string) => boolean): void;
  /** URLs that are being read. */
  size(): number;
}

interface Shared {
  readonly read: Read;
  readers: number;
}

export function createReads(): Reads {
  const underWay = new Map<string, Shared>();
  let lastId = 0;

  function begin(url: string): Shared {
    let shared = underWay.get(url);
    if (shared === undefined) {
      shared = { read: { id: ++lastId, isOutdated: false }, readers: 0 };
      underWay.set(url, shared);
    }
    shared.readers++;
    return shared;
  }

  function outdate(url: string): void {
    const shared = underWay.get(url);
    if (shared === undefined) return;
    shared.read.isOutdated = true;
    underWay.delete(url);
  }

  return {
    during(url, work) {
      const shared = begin(url);
      return work(shared.read).finally(() => {
        if (--shared.readers === 0 && underWay.get(url) === shared) underWay.delete(url);
      });
    },
    outdate,
    outdateAll(matches) {
      for (const url of underWay.keys()) if (matches(url)) outdate(url);
    },
    size: () => underWay.size,
  };
}
