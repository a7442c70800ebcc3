import { BackendError, GatewayError, NotReadyError, type ReadyFailure } from '../errors.js';
import type { Logger } from '../logger.js';
import { createDeadline, LONGEST_TIMER } from './deadline.js';

/**
 * Resolves when something that requests will need is there, and connects to it where that was not done yet. Rejects with a
 * `GatewayError` while it is not. May be called again.
 */
export type ReadyCheck = () => Promise<unknown>;

export interface ReadyOptions {
  /** Milliseconds that what does not answer is waited for. Default 10000. */
  readonly timeout?: number;
}

export interface Readiness {
  /** For the place `path` of the configuration: registers what it needs. */
  at(path: string): (check: ReadyCheck) => void;
  /** Checks everything at once. Rejects with a `NotReadyError` that lists all that is not there. */
  ready(options?: ReadyOptions): Promise<void>;
  /** Ends the checks that are under way. */
  close(): void;
}

const DEFAULT_PATIENCE = 10_000;

/** What one configuration needs before it can serve requests. */
export function createReadiness(logger: Logger): Readiness {
  const needs: { readonly path: string; readonly check: ReadyCheck }[] = [];
  const closing = new AbortController();

  function toFailure(path: string, thrown: unknown): ReadyFailure {
    if (thrown instanceof GatewayError) return { path, error: thrown };
    // What a client library or a plug-in says may name hosts: it goes to the log, where it can be looked into.
    logger.error({ at: path, err: thrown }, 'something that requests need is not there');
    return { path, error: new BackendError('ERR_BACKEND_CONNECTION', 'it cannot be reached; the log says why') };
  }

  return {
    at(path) {
      return function onReady(check) {
        needs.push({ path, check });
      };
    },
    async ready({ timeout = DEFAULT_PATIENCE } = {}) {
      const deadline = createDeadline(Math.min(timeout, LONGEST_TIMER), () => noAnswer(timeout), closing.signal);
      const outcomes = needs.map(async ({ path, check }): Promise<ReadyFailure[]> => {
        try {
          await deadline.race(Promise.resolve(check()));
          return [];
        } catch (thrown) {
          return [toFailure(path, thrown)];
        }
      });
      const failures = (await Promise.all(outcomes)).flat();
      deadline.dispose();
      if (failures.length > 0) throw new NotReadyError(failures);
    },
    close() {
      closing.abort(new GatewayError('ERR_CLOSING', 'the gateway is closing'));
    },
  };
}

function noAnswer(milliseconds: number): BackendError {
  return new BackendError('ERR_BACKEND_TIMEOUT', `it gave no answer within ${milliseconds} ms`);
}
