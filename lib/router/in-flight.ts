import { createQueue, type Place } from '../core/linked-queue.js';
import type { GatewayError } from '../errors.js';

/** A request under way. */
export interface Guest {
  /** Ends it; what was not answered yet fails with the reason. */
  cancel(reason: GatewayError): void;
}

/** Keeps count of the requests under way: caps them, and knows when the last one has left. */
export interface Admission {
  /** Undefined when the house is full. */
  enter(guest: Guest): Place<Guest> | undefined;
  leave(place: Place<Guest>): void;
  /** Resolves once nobody is inside. */
  empty(): Promise<void>;
  /** Ends all requests under way. */
  cancelAll(reason: GatewayError): void;
}

export function createAdmission(limit: number): Admission {
  const inside = createQueue<Guest>();
  let waiting: (() => void)[] = [];

  return {
    enter(guest) {
      return inside.size < limit ? inside.join(guest) : undefined;
    },
    leave(place) {
      inside.leave(place);
      if (inside.size > 0 || waiting.length === 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    empty() {
      return inside.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
    },
    cancelAll(reason) {
      for (const guest of inside.values()) guest.cancel(reason);
    },
  };
}
