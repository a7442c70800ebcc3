import type { IncomingHttpHeaders } from 'node:http';
import type { BackendConfig } from '../config/resolved.js';
import { type ErrorCode, toBackendFailure } from '../errors.js';
import type { BackendRequest, Data, Headers, Middleware } from '../proxy.js';

/** One exchange that would have gone over the wire. */
export interface CallTrace {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  /** The stub's status; missing when it failed or was not waited for. */
  readonly status?: number;
}

/** A call while it is under way. */
export type CallRecord = { -readonly [K in keyof CallTrace]: CallTrace[K] };

/** What one backend did for one request. */
export interface BackendTrace {
  /** Its place in the configuration, e.g. `endpoints[0].backend[1]`. */
  readonly at: string;
  /** e.g. `backend[1] GET /orders/{id}`. */
  readonly name: string;
  /** More than one with concurrent calls and retries; none where the URL could not be built. */
  readonly calls: readonly CallTrace[];
  /** What it put into the answer, after its filters. */
  readonly contributed?: Data | null;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

type Draft = { -readonly [K in keyof BackendTrace]: BackendTrace[K] } & { calls: CallTrace[] };

/** What makes a call worthless as a test: there is no stub for it, or the stub threw. */
export type Trouble = { readonly unstubbed: string } | { readonly thrown: unknown };

export interface RequestTrace {
  readonly troubles: readonly Trouble[];
  backends(): readonly BackendTrace[];
}

/** Keeps what happened, request by request. */
export interface Tracer {
  readonly tap: (backend: BackendConfig) => Middleware;
  /** A request is told apart by its headers object, which travels with it. */
  start(headers: IncomingHttpHeaders): RequestTrace;
  recordCall(name: string, request: BackendRequest, call: CallTrace): void;
  recordTrouble(request: BackendRequest, trouble: Trouble): void;
}

interface Records {
  readonly drafts: Map<string, Draft>;
  readonly troubles: Trouble[];
}

export function createTracer(): Tracer {
  const requests = new WeakMap<IncomingHttpHeaders, Records>();

  return {
    start(headers) {
      const drafts = new Map<string, Draft>();
      const troubles: Trouble[] = [];
      requests.set(headers, { drafts, troubles });
      return {
        troubles,
        backends: () => [...drafts.values()].sort((a, b) => a.at.localeCompare(b.at, 'en', { numeric: true })),
      };
    },

    recordCall(name, request, call) {
      requests.get(request.client.headers)?.drafts.get(name)?.calls.push(call);
    },

    recordTrouble(request, trouble) {
      requests.get(request.client.headers)?.troubles.push(trouble);
    },

    tap({ at, name }) {
      return function trace(next) {
        return function traceBackend(request) {
          const draft: Draft = { at, name, calls: [] };
          requests.get(request.client.headers)?.drafts.set(name, draft);
          return next(request).then(
            (response) => {
              draft.contributed = response.data;
              return response;
            },
            (thrown) => {
              const { code, message } = toBackendFailure(name, thrown);
              draft.error = { code, message };
              throw thrown;
            },
          );
        };
      };
    },
  };
}
