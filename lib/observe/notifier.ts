import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isBackendFailure, onStreamEnd, type StreamEnd } from '../core/backend-failure.js';
import { onceAMinute } from '../core/once-a-minute.js';
import { BackendError, type ErrorCode, GatewayError, RequestError, toBackendFailure } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Admit, BackendRequest, Middleware, ProxyRequest, ProxyResponse } from '../proxy.js';
import type {
  BackendEvent,
  BackendObserver,
  BackendOutcome,
  BackendPlace,
  EndpointEvent,
  EndpointPlace,
  Observer,
  RequestObserver,
} from './observer.js';

/** What is known of a request while it is under way. */
export interface Visit {
  /** Settles with what the endpoint made of it; missing as long as it has not been begun. */
  answer?: ProxyResponse | undefined;
  failure?: unknown;
  signal?: AbortSignal | undefined;
  /** Of the calls under way, by the backend's name: a second call of the same backend takes its place. */
  readonly calls: Map<string, readonly BackendObserver[]>;
  readonly observers: readonly RequestObserver[];
}

/** Tells the observers what happens. Only there when there are any. */
export interface Notifier {
  /** A request has found its endpoint. */
  enter(place: EndpointPlace, request: IncomingMessage): Visit;
  /** It has no answer. */
  failed(request: IncomingMessage, error: GatewayError): void;
  /** It is over. */
  leave(visit: Visit, event: EndpointEvent): void;
  /** A backend has sent bytes that no request asked for. */
  strayed(origin: string): void;
  /** A layer around what lets requests in. */
  admitLayer(admit: Admit): Admit;
  /** A layer around an endpoint, outside of everything. */
  readonly endpointLayer: Middleware;
  /** A layer around a backend, outside of everything. */
  backendLayer(place: BackendPlace): Middleware;
  /** A layer around each attempt; undefined where no observer has anything to send along. */
  headersLayer(place: BackendPlace): Middleware<BackendRequest> | undefined;
}

export function createNotifier(observers: readonly Observer[], logger: Logger): Notifier | undefined {
  if (observers.length === 0) return undefined;
  const guard = createGuard(logger);
  const isFollowing = observers.some(({ started }) => started !== undefined);
  // The headers object of a request travels with everything that is derived from it.
  const visits = new WeakMap<IncomingHttpHeaders, Visit>();

  function tell<E extends EndpointEvent | BackendEvent>(event: E, followers: readonly { ended?(event: E): void }[]) {
    for (const observer of observers) guard(() => observer.ended?.(event));
    for (const follower of followers) guard(() => follower.ended?.(event));
  }

  /** Runs `work`, which does not throw, inside of all the contexts. */
  function runIn<T>(followers: readonly { run?<U>(work: () => U): U }[], work: () => T): T {
    if (followers.length === 0) return work();
    return followers.reduceRight<() => T>((inner, follower) => {
      if (follower.run === undefined) return inner;
      return function runOnce() {
        let result: { readonly value: T } | undefined;
        guard(() => {
          const returned = follower.run?.(() => {
            result ??= { value: inner() };
            return result.value;
          });
          return returned instanceof Promise ? withoutFaultOf(() => result?.value, returned) : undefined;
        });
        return (result ?? { value: inner() }).value;
      };
    }, work)();
  }

  return {
    enter(place, request) {
      const visit: Visit = {
        calls: isFollowing ? new Map() : NO_CALLS,
        observers: isFollowing
          ? present(observers.map((observer) => guard(() => observer.started?.(place, request))))
          : NOBODY,
        answer: undefined,
        failure: undefined,
        signal: undefined,
      };
      visits.set(request.headers, visit);
      return visit;
    },

    failed(request, error) {
      const visit = visits.get(request.headers);
      // Not over what the endpoint itself has failed with.
      if (visit) visit.failure ??= error;
    },

    leave(visit, event) {
      tell(event, visit.observers);
    },

    strayed(origin) {
      for (const observer of observers) guard(() => observer.strayed?.({ origin }));
    },

    admitLayer(admit) {
      return function followHead(head) {
        const visit = visits.get(head.client.headers);
        if (visit === undefined) return admit(head);
        visit.signal = head.signal;
        return runIn(visit.observers, () => callSafely(admit, head));
      };
    },

    endpointLayer(next) {
      return function followRequest(request) {
        const visit = visits.get(request.client.headers);
        if (visit === undefined) return next(request);
        visit.signal = request.signal;
        return runIn(visit.observers, () => callSafely(next, request)).then(
          (answer) => {
            visit.answer = answer;
            return answer;
          },
          (error) => {
            visit.failure = error;
            throw error;
          },
        );
      };
    },

    backendLayer(place) {
      return function followBackend(next) {
        return function callObserved(request) {
          const visit = isFollowing ? visits.get(request.client.headers) : undefined;
          const followers = visit
            ? present(visit.observers.map((observer) => guard(() => observer.backendStarted?.(place))))
            : NOBODY;
          visit?.calls.set(place.backend, followers);
          const startedAt = performance.now();

          function end(outcome: BackendOutcome, status: number | undefined, code?: ErrorCode): void {
            const durationMs = performance.now() - startedAt;
            tell<BackendEvent>({ kind: 'backend', ...place, status, outcome, durationMs, code }, followers);
          }

          return runIn(followers, () => callSafely(next, request)).then(
            (response) => {
              const { status } = response.metadata;
              const outcome = response.isComplete ? 'complete' : 'incomplete';
              function endStream({ failure, isBackendFailure: isFault }: StreamEnd): void {
                if (failure === undefined) end(outcome, status);
                else end(isFault ? 'failed' : 'cancelled', status, toBackendFailure(place.backend, failure).code);
              }
              // Of a shadow no more than the head is read.
              if (place.isShadow || !onStreamEnd(place.backend, response, request.signal, endStream))
                end(outcome, status);
              return response;
            },
            (error) => {
              const { code, status } = describe(place.backend, error);
              end(outcomeOf(error, request), status, code);
              throw error;
            },
          );
        };
      };
    },

    headersLayer({ backend }) {
      if (!isFollowing) return undefined;
      return function sendAlong(next) {
        return function callWithHeaders(request) {
          const followers = visits.get(request.client.headers)?.calls.get(backend) ?? NOBODY;
          for (const follower of followers) {
            if (follower.sending === undefined) continue;
            const { method, url } = request;
            guard(() => follower.sending?.({ method, origin: originOf(url) }));
          }
          const added = followers.filter(({ headers }) => headers !== undefined);
          if (added.length === 0) return next(request);
          const headers = Object.assign(Object.create(null), request.headers, ...added.map((each) => each.headers));
          return next({ ...request, headers });
        };
      };
    },
  };
}

/** Rejects as `returned` does, unless it only passes on what the work inside has failed with: that is no fault of an observer. */
async function withoutFaultOf(work: () => unknown, returned: Promise<unknown>): Promise<void> {
  try {
    await returned;
  } catch (error) {
    try {
      await work();
    } catch (failure) {
      if (failure === error) return;
    }
    throw error;
  }
}

const NOBODY: readonly never[] = Object.freeze([]);
/** It is never written to. */
const NO_CALLS = new Map<string, readonly BackendObserver[]>();

/** Scheme and the first character of the host, at least: the first slash behind them begins the path. */
const SHORTEST_ORIGIN = 'http://h'.length;

function originOf(url: string): string {
  const end = url.indexOf('/', SHORTEST_ORIGIN);
  return end < 0 ? url : url.slice(0, end);
}

function callSafely<R, A>(call: (request: R) => A, request: R): A | Promise<never> {
  try {
    return call(request);
  } catch (error) {
    return Promise.reject(error);
  }
}

function present<T>(values: readonly (T | undefined)[]): readonly T[] {
  return values.filter((value): value is T => typeof value === 'object' && value !== null);
}

function outcomeOf(error: unknown, { signal }: ProxyRequest): BackendOutcome {
  if (isBackendFailure(error, signal)) return 'failed';
  // A client that did not send the whole body has not left the backend anything to answer.
  if (signal.aborted || error instanceof RequestError) return 'cancelled';
  return error instanceof GatewayError && error.kind.isTurnedAway ? 'rejected' : 'failed';
}

function describe(name: string, thrown: unknown): { code: ErrorCode; status: number | undefined } {
  const error = toBackendFailure(name, thrown);
  return { code: error.code, status: error instanceof BackendError ? error.details.backendStatus : undefined };
}

/** Runs what is not ours. What it throws, or rejects with, is logged, once a minute at most. */
function createGuard(logger: Logger): <T>(call: () => T) => T | undefined {
  const report = onceAMinute((err: unknown) => logger.error({ err }, 'an observer failed'));

  return function guard(call) {
    try {
      const result = call();
      if (result instanceof Promise) result.catch(report);
      return result;
    } catch (error) {
      report(error);
      return undefined;
    }
  };
}
