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

/** Attempts of many gateways must not come together: each pause is between half of what it may be and all of it. */
export function pauseAfter(failures: number, random: () => number = Math.random): number {
  return Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE) * (0.5 + random() / 2);
}

export function createLink<T>({ name, open, close }: LinkOptions<T>): Link<T> {
  let current: Promise<T> | undefined;
  let failures = 0;
  let notBefore = 0;
  let isClosed = false;

  function onFailure(thrown: unknown): never {
    current = undefined;
    failures++;
    notBefore = performance.now() + pauseAfter(failures);
    throw thrown instanceof GatewayError ? thrown : unreachable(name);
  }

  return {
    get() {
      if (current) return current;
      if (isClosed) return Promise.reject(closing(name));
      if (performance.now() < notBefore) return Promise.reject(unreachable(name));
      const opening = open().then((opened) => {
        failures = 0;
        return opened;
      });
      current = opening.catch(onFailure);
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
