import type { Deadline } from '../deadline.js';
import type { GatewayError } from '../errors.js';

/** Keeps count of the requests under way: caps them, and knows when the last one has left. */
export interface Admission {
  /** False when the house is full; then `leave` must not be called. */
  enter(deadline: Deadline): boolean;
  leave(deadline: Deadline): void;
  /** Resolves once nobody is inside. */
  empty(): Promise<void>;
  /** Ends all requests under way. */
  cancelAll(reason: GatewayError): void;
}

export function createAdmission(limit: number): Admission {
  const inside = new Set<Deadline>();
  let waiting: (() => void)[] = [];

  return {
    enter(deadline) {
      if (inside.size >= limit) return false;
      inside.add(deadline);
      return true;
    },
    leave(deadline) {
      inside.delete(deadline);
      if (inside.size > 0 || waiting.length === 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    empty() {
      return inside.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
    },
    cancelAll(reason) {
      for (const deadline of inside) deadline.cancel(reason);
    },
  };
}
