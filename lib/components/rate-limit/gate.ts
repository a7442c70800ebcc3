import { RejectedError } from '../../errors.js';
import type { Admitted } from '../../proxy.js';
import type { ClientKey, Subject } from './client-key.js';
import { createLimitHeaders, type LimitHeaders, retryAfter } from './headers.js';
import type { Limiter } from './limiter.js';
import type { Decision, Limit } from './store.js';

/** A limit for each client. */
export interface ClientLimit {
  readonly limit: Limit;
  readonly take: Limiter;
  readonly keyOf: ClientKey;
}
/** A limit for all of them together. */
export interface TotalLimit {
  readonly limit: Limit;
  readonly take: Limiter;
}

export interface GateOptions {
  /** What is limited, as messages name it. */
  readonly name: string;
  /** Whether served answers tell the client what is left to it. */
  readonly tellsServed: boolean;
  readonly client?: ClientLimit | undefined;
  readonly total?: TotalLimit | undefined;
}

/** Lets requests in at the rates of its limits; headers say what is left to the client. */
export type Gate = (subject: Subject) => Admitted | Promise<Admitted>;

const NOT_NOW = { 'retry-after': '1' };

/**
 * The client's own limit is asked first: 429, and what it would have taken from the others is left to them. The limit for
 * all says 503.
 */
export function createGate({ name, tellsServed, client, total }: GateOptions): Gate {
  const judgeClient =
    client && createJudge(429, `A client of ${name} is over its rate limit`, 'client', client.limit, tellsServed);
  const judgeTotal = total && createJudge(503, `${name} is over its rate limit`, 'all', total.limit, false);
  // Waiting would not help this one, so nothing says when to come back.
  const anonymous = new RejectedError(429, `A client of ${name} does not say who it is, so that it cannot be limited`);

  function enterTotal(headers: Admitted): Admitted | Promise<Admitted> {
    if (!total || !judgeTotal) return headers;
    return whenDecided(total.take(''), (decision) => {
      const verdict = judgeTotal(decision);
      return verdict instanceof RejectedError ? verdict : headers;
    });
  }

  return function enter(subject) {
    if (!client || !judgeClient) return enterTotal(undefined);
    const key = client.keyOf(subject);
    if (key === undefined) return anonymous;
    return whenDecided(client.take(key), (decision) => {
      const verdict = judgeClient(decision);
      return verdict instanceof RejectedError ? verdict : enterTotal(verdict);
    });
  };
}

/** Limits in memory answer at once; nothing has to wait then. */
function whenDecided(
  decision: ReturnType<Limiter>,
  judge: (decision: Decision | undefined) => Admitted | Promise<Admitted>,
): Admitted | Promise<Admitted> {
  return decision instanceof Promise ? decision.then(judge) : judge(decision);
}

function createJudge(status: number, message: string, name: string, limit: Limit, tellsServed: boolean) {
  const headersOf: LimitHeaders = createLimitHeaders(name, limit);
  return function judge(decision: Decision | undefined): Admitted {
    // A store that fails is not the client's doing.
    if (!decision) return new RejectedError(503, `${message}, for all one can tell without its store`, NOT_NOW);
    if (decision.isAllowed) return tellsServed ? headersOf(decision) : undefined;
    const headers = { 'retry-after': retryAfter(decision.retryAfter), ...headersOf(decision) };
    return new RejectedError(status, message, headers);
  };
}
