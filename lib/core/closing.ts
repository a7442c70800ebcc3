import type { Logger } from '../logger.js';

/** Ends what belongs to a configuration; it may take its time. */
export type Close = () => void | Promise<void>;

export interface Closing {
  /** For the place `at` of the configuration: registers what has to end with it. */
  at(at: string): (end: Close) => void;
  /**
   * Ends everything at once, and resolves when all of it has ended, or when it is not waited for any more. What fails to end
   * is logged.
   */
  close(): Promise<void>;
  /** Waits no longer; logs what has not ended. */
  giveUp(): void;
}

/** What has to end with one configuration. */
export function createClosing(logger: Logger): Closing {
  const closers: { readonly at: string; readonly end: Close }[] = [];
  const pending = new Set<{ readonly at: string }>();
  let isClosing = false;
  let resume: () => void = () => {};

  async function endOne(closer: (typeof closers)[number]): Promise<void> {
    pending.add(closer);
    try {
      await closer.end();
    } catch (err) {
      logger.error({ at: closer.at, err }, 'what ends with the configuration could not be closed');
    }
    pending.delete(closer);
  }

  return {
    at(at) {
      return function onClose(end) {
        closers.push({ at, end });
      };
    },
    async close() {
      isClosing = true;
      const givenUp = new Promise<void>((resolve) => {
        resume = resolve;
      });
      // The last one first: the others depend on what came first.
      await Promise.race([Promise.all([...closers].reverse().map(endOne)), givenUp]);
    },
    giveUp() {
      if (!isClosing) return;
      for (const { at } of pending) {
        logger.error({ at }, 'what ends with the configuration has not ended in time; it is not waited for');
      }
      pending.clear();
      resume();
    },
  };
}
