import { type ConfigIssue, sentencesOf } from '../errors.js';

/** Collects what the log says about a configuration. The same sentence about many places is one line. */
export interface Notices {
  add(at: string, message: string): void;
  /** Hands on every sentence once, with its places. */
  tell(warn: (at: string, message: string) => void): void;
}

export function createNotices(): Notices {
  const notices: ConfigIssue[] = [];
  return {
    add(path, message) {
      notices.push({ path, message });
    },
    tell(warn) {
      for (const { places, message } of sentencesOf(notices)) warn(places, message);
    },
  };
}
