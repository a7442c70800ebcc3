import { showPlaces } from '../errors.js';

/** Collects what the log says about a configuration. The same sentence about many places is one line. */
export interface Notices {
  add(at: string, message: string): void;
  /** Hands on every sentence once, with its places. */
  tell(warn: (at: string, message: string) => void): void;
}

export function createNotices(): Notices {
  const placesOf = new Map<string, Set<string>>();
  return {
    add(at, message) {
      const places = placesOf.get(message);
      if (places === undefined) placesOf.set(message, new Set([at]));
      else places.add(at);
    },
    tell(warn) {
      for (const [message, places] of placesOf) warn(showPlaces([...places]), message);
    },
  };
}
