import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../errors.js';

/** An endpoint, by what the configuration says of it: nothing that a client sends is in here. */
export interface EndpointPlace {
  /** The path of the configuration, e.g. `/users/{id}`. */
  readonly endpoint: string;
  readonly method: string;
}

/** A backend of an endpoint, by what the configuration says of it. */
export interface BackendPlace extends EndpointPlace {
  /** Its position, method and pattern, e.g. `backend[1] GET /orders/{id}`. */
  readonly backend: string;
  /** What the backend is called with; `method` is the endpoint's. */
  readonly backendMethod: string;
  /** The `url_pattern` alone. */
  readonly pattern: string;
  /** True for one whose answer is not waited for. */
  readonly isShadow: boolean;
}

/**
 * How a request ended. `complete` and `partial`: with an answer; `failed`: without, or with one that the gateway or a backend
 * cut off; `rejected`: it was turned away before a backend was needed, by a guard or for its own faults; `aborted`: its client
 * left, or did not take its whole answer in time.
 */
export type EndpointOutcome = 'complete' | 'partial' | 'failed' | 'rejected' | 'aborted';

/**
 * How a backend did. `complete` and `incomplete`: it answered; `failed`: it did not, or not as it should, or broke off in the
 * middle of a stream; `rejected`: it was not called, by a limit, a breaker or a guard; `cancelled`: its answer was not needed any
 * more, or not to its end, or the client did not send the whole request.
 */
export type BackendOutcome = 'complete' | 'incomplete' | 'failed' | 'rejected' | 'cancelled';

/** Reported when a request is over. */
export interface EndpointEvent extends EndpointPlace {
  readonly kind: 'endpoint';
  /** What the client was answered; 499 when the client had left. */
  readonly status: number;
  readonly outcome: EndpointOutcome;
  /** Milliseconds from the route being found to the last byte. */
  readonly durationMs: number;
  /** Bytes of the body, where its length was announced. */
  readonly bytes?: number | undefined;
  /** Of the failure, where there was one. */
  readonly code?: ErrorCode | undefined;
}

/** Reported when a call of a backend is over: retries, concurrent copies and a streamed body included. */
export interface BackendEvent extends BackendPlace {
  readonly kind: 'backend';
  /** What the backend answered, where that is known. */
  readonly status?: number | undefined;
  readonly outcome: BackendOutcome;
  /** Milliseconds. */
  readonly durationMs: number;
  readonly code?: ErrorCode | undefined;
}

/** Reported when a backend's connection brought bytes that no request had asked for. The origin is isolated for ten minutes. */
export interface StrayEvent {
  /** Scheme, host and port, e.g. `http://users.internal:8080`. */
  readonly origin: string;
}

/**
 * Is called with how requests and calls of backends end. The request waits while it runs: be quick. What it throws is logged
 * and harms nothing.
 */
export type Observe = (event: EndpointEvent | BackendEvent) => void;

/** Is called for requests from their beginning, for spans and gauges. */
export interface Observer {
  /** Every end, as `Observe`. */
  ended?: Observe;
  /** A backend has sent bytes that no request asked for: its answers may have got out of step with the requests. */
  strayed?(event: StrayEvent): void;
  /** A request has found its endpoint. What is given back follows this one request. */
  started?(place: EndpointPlace, request: IncomingMessage): RequestObserver | undefined;
}

/** Follows one request. */
export interface RequestObserver {
  /** Runs the work on the request, in a context of yours: the guard, where there is one, then the endpoint. */
  run?<T>(work: () => T): T;
  /** A backend is about to be called. What is given back follows that one call. */
  backendStarted?(place: BackendPlace): BackendObserver | undefined;
  ended?(event: EndpointEvent): void;
}

/** A request that is about to be sent to a backend. */
export interface BackendAttempt {
  readonly method: string;
  /** Scheme, host and port that the balancer has chosen, e.g. `http://users.internal:8080`. */
  readonly origin: string;
}

/** Follows the call of one backend. */
export interface BackendObserver {
  /** The host is chosen. Called once for each attempt: again for a retry and for each concurrent copy. */
  sending?(attempt: BackendAttempt): void;
  /** Headers that are sent along, names in lower case, such as `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Runs the call, in a context of yours. */
  run?<T>(work: () => T): T;
  ended?(event: BackendEvent): void;
}
