import { BackendError } from '../errors.js';
import type { BackendRequest } from '../proxy.js';

/** A layer around the calls of one backend, whatever they answer with. */
export type CallLimit = <A>(next: (request: BackendRequest) => Promise<A>) => (request: BackendRequest) => Promise<A>;

/** Caps how many calls to one backend are under way: a slow backend must not pile up the requests of all clients. */
export function createCallLimit(name: string, limit: number): CallLimit {
  return function bulkhead<A>(next: (request: BackendRequest) => Promise<A>) {
    let pending = 0;

    function release(): void {
      pending--;
    }

    return function callWithinLimit(request) {
      if (pending >= limit) {
        return Promise.reject(
          new BackendError('ERR_OVERLOADED', `${name} was not called: ${limit} calls to it are already under way`),
        );
      }
      const answer = next(request);
      answer.then(release, release);
      // Last, so that a layer that throws or gives back no promise has not taken a place.
      pending++;
      return answer;
    };
  };
}
