import { inTime } from '../../core/race.js';
import { BackendError, GatewayError } from '../../errors.js';

/** Something that the first caller opens once, and that is opened again when that failed or it was lost. */
export interface Reconnecting<T> {
  /** What is open. Rejects with a `GatewayError` while it cannot be; the next attempt comes after a pause. */
  get(): Promise<T>;
  /** As `get`, for a caller that only wants to know that it is open. */
  open(): Promise<void>;
  /** Closes it, also when it is still being opened. */
  close(): Promise<void>;
}

export interface ReconnectingOptions<T> {
  /** How messages name the backend. */
  readonly name: string;
  /**
   * One attempt. It calls `onEnd` when what it opens has ended, be it before it is open or long after. The signal ends an
   * attempt that is no longer waited for.
   */
  readonly open: (onEnd: () => void, signal: AbortSignal) => Promise<T>;
  readonly close: (opened: T) => Promise<void>;
  /** Is called when what was open has ended without having been closed; the next `get` opens it again. */
  readonly onLost?: (() => void) | undefined;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
const LONGEST_ATTEMPT = 10_000;

/** Attempts of many gateways must not come together: each pause is between half of what it may be and all of it. */
export function pauseAfter(failures: number, random: () => number = Math.random): number {
  return Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE) * (0.5 + random() / 2);
}

export function createReconnecting<T>({ name, open, close, onLost }: ReconnectingOptions<T>): Reconnecting<T> {
  let current: Promise<T> | undefined;
  let failures = 0;
  let notBefore = 0;
  let isClosed = false;

  /** Each attempt notices its own end only: the end of one that was given up does not concern the next one. */
  async function attempt(): Promise<T> {
    let isOpen = false;
    let hasEnded = false;
    const givenUp = new AbortController();
    function onEnd(): void {
      hasEnded = true;
      if (!isOpen || isClosed) return;
      isOpen = false;
      current = undefined;
      onLost?.();
    }

    try {
      const opened = await answersInTime(name, open(onEnd, givenUp.signal), closeLate);
      if (isClosed || hasEnded) {
        // No caller would ever get it, but it might go on taking messages.
        await answersInTime(name, close(opened));
        throw isClosed ? closing(name) : unreachable(name);
      }
      isOpen = true;
      failures = 0;
      return opened;
    } catch (thrown) {
      givenUp.abort();
      current = undefined;
      failures++;
      notBefore = performance.now() + pauseAfter(failures);
      throw thrown instanceof GatewayError ? thrown : unreachable(name);
    }
  }

  function closeLate(opened: T): void {
    close(opened).catch(ignore);
  }

  function get(): Promise<T> {
    if (current) return current;
    if (isClosed) return Promise.reject(closing(name));
    if (performance.now() < notBefore) return Promise.reject(unreachable(name));
    current = attempt();
    return current;
  }

  return {
    get,
    async open() {
      await get();
    },
    async close() {
      isClosed = true;
      const last = current;
      current = undefined;
      const opened = await last?.catch(() => undefined);
      if (opened !== undefined) await answersInTime(name, close(opened));
    },
  };
}

/** A client library may wait for ever for a broker that crashed while it was connecting or closing. */
export function answersInTime<R>(name: string, doing: Promise<R>, onLate?: (result: R) => void): Promise<R> {
  return inTime(
    LONGEST_ATTEMPT,
    () => doing,
    () => unreachable(name),
    onLate,
  );
}

export function unreachable(name: string): BackendError {
  return new BackendError('ERR_BACKEND_CONNECTION', `${name}: there is no connection to its broker`);
}

export function closing(name: string): BackendError {
  return new BackendError('ERR_CLOSING', `${name}: the gateway is closing; no new call is made`);
}

function ignore(): void {}
