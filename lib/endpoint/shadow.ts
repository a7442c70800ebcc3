import type { BackendClient } from '../backend/client.js';
import { openHeld, release } from '../core/buffer-budget.js';
import { createDeadline, type Deadline } from '../core/deadline.js';
import { createQueue } from '../core/linked-queue.js';
import { BackendError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Middleware, ProxyRequest } from '../proxy.js';

export interface ShadowOptions {
  readonly clients: readonly BackendClient[];
  /** Milliseconds each shadow call may take: no request waits for it. */
  readonly timeout: number;
  readonly logger: Logger;
}

export interface Shadow {
  readonly middleware: Middleware;
  /** Ends what is still running. */
  close(): void;
}

/** Sends a copy of each request to the shadow backends. Nothing they do, or fail to do, reaches the client. */
export function createShadow({ clients, timeout, logger }: ShadowOptions): Shadow {
  const running = createQueue<Deadline>();

  function send(client: BackendClient, request: ProxyRequest): void {
    const deadline = createDeadline(timeout, () => expired(client));
    const place = running.push(deadline);
    // It goes on when the request is over.
    const held = request.held && openHeld(request.held.budget);
    deadline
      .race(client.send({ ...request, signal: deadline.signal, held }))
      .then(({ body }) => {
        if (body && 'destroy' in body) body.destroy();
      })
      .catch((error) => logger.debug({ backend: client.name, code: error?.code }, 'shadow backend failed'))
      .finally(() => {
        running.remove(place);
        deadline.dispose();
        if (held) release(held);
      });
  }

  return {
    middleware: function shadow(next) {
      return function sendShadows(request) {
        const answer = next(request);
        for (const client of clients) send(client, request);
        return answer;
      };
    },
    close() {
      for (const deadline of running.values()) {
        deadline.cancel(new BackendError('ERR_BACKEND_CANCELLED', 'The gateway is closing'));
      }
    },
  };
}

function expired(client: BackendClient): BackendError {
  return new BackendError('ERR_BACKEND_TIMEOUT', `${client.name} (shadow) did not answer in time`);
}
