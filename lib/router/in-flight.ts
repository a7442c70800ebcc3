import { createQueue, type QueueNode } from '../core/linked-queue.js';
import type { GatewayError } from '../errors.js';

/** A request under way. */
export interface RequestUnderWay {
  /** Ends it; what was not answered yet fails with the reason. */
  cancel(reason: GatewayError): void;
}

/** Counts the requests under way: limits them, and knows when the last one has ended. */
export interface InFlight {
  /** Undefined where the limit is reached. */
  enter(request: RequestUnderWay): QueueNode<RequestUnderWay> | undefined;
  leave(place: QueueNode<RequestUnderWay>): void;
  /** Resolves once no request is under way. */
  empty(): Promise<void>;
  /** Ends all requests under way. */
  cancelAll(reason: GatewayError): void;
}

export function createInFlight(limit: number): InFlight {
  const inside = createQueue<RequestUnderWay>();
  let waiting: (() => void)[] = [];

  return {
    enter(request) {
      return inside.size < limit ? inside.push(request) : undefined;
    },
    leave(place) {
      inside.remove(place);
      if (inside.size > 0 || waiting.length === 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    empty() {
      return inside.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
    },
    cancelAll(reason) {
      for (const request of inside.values()) request.cancel(reason);
    },
  };
}
