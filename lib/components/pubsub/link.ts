import { BackendError, GatewayError } from '../../errors.js';

/** Something that is opened once, for whoever comes first, and again when that failed or it was lost. */
export interface Link<T> {
  /** What is open. Rejects with a `GatewayError` while it cannot be; the next attempt comes after a pause. */
  get(): Promise<T>;
  /** Forgets what is open: the next `get` opens it again. */
  lose(): void;
  /** Closes it, also when it is still being opened. */
  close(): Promise<void>;
}

export interface LinkOptions<T> {
  /** How messages name the backend. */
  readonly name: string;
  readonly open: () => Promise<T>;
  readonly close: (opened: T) => Promise<void>;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
const LONGEST_ATTEMPT = 10_000;

/** Attempts of many gateways must not come together: each pause is between half of what it may be and all of it. */
export function pauseAfter(failures: number, random: () => number = Math.random): number {
  return Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE) * (0.5 + random() / 2);
}

export function createLink<T>({ name, open, close }: LinkOptions<T>): Link<T> {
  let current: Promise<T> | undefined;
  let failures = 0;
  let notBefore = 0;
  let isClosed = false;

  /** A client library may wait for ever for a broker that died in the middle of their greeting. */
  function openInTime(): Promise<T> {
    return new Promise<T>(function tryToOpen(resolve, reject) {
      let isLate = false;
      const timer = setTimeout(giveUp, LONGEST_ATTEMPT);
      function giveUp(): void {
        isLate = true;
        reject(unreachable(name));
      }
      open().then(
        (opened) => {
          clearTimeout(timer);
          if (isLate) close(opened).catch(ignore);
          else resolve(opened);
        },
        (thrown) => {
          clearTimeout(timer);
          reject(thrown);
        },
      );
    });
  }

  /** One attempt. It may end when it no longer counts, since another has begun after a loss. */
  function attempt(): Promise<T> {
    const attempted: Promise<T> = openInTime().then(
      async (opened) => {
        failures = 0;
        if (current === attempted) return opened;
        // Nobody would ever hear of it again, but it would go on taking messages.
        await close(opened);
        throw isClosed ? closing(name) : unreachable(name);
      },
      (thrown) => {
        if (current === attempted) current = undefined;
        failures++;
        notBefore = performance.now() + pauseAfter(failures);
        throw thrown instanceof GatewayError ? thrown : unreachable(name);
      },
    );
    return attempted;
  }

  return {
    get() {
      if (current) return current;
      if (isClosed) return Promise.reject(closing(name));
      if (performance.now() < notBefore) return Promise.reject(unreachable(name));
      current = attempt();
      return current;
    },
    lose() {
      current = undefined;
    },
    async close() {
      isClosed = true;
      const last = current;
      current = undefined;
      const opened = await last?.catch(() => undefined);
      if (opened !== undefined) await close(opened);
    },
  };
}

export function unreachable(name: string): BackendError {
  return new BackendError('ERR_BACKEND_CONNECTION', 502, `${name}: there is no connection to its broker`);
}

export function closing(name: string): BackendError {
  return new BackendError('ERR_CLOSING', 503, `${name}: the gateway is closing; no new call is made`);
}

function ignore(): void {}
