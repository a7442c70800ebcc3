import type { IncomingHttpHeaders } from 'node:http';
import type { BackendConfig } from '../config/resolved.js';
import { type ErrorCode, toGatewayError } from '../errors.js';
import type { BackendRequest, Data, Headers, Middleware } from '../proxy.js';

/** One exchange that would have gone over the wire. */
export interface CallTrace {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  /** The stub's status; missing when it failed instead. */
  readonly status?: number;
}

/** What one backend did for one request. */
export interface BackendTrace {
  /** Its place in the configuration, e.g. `endpoints[0].backend[1]`. */
  readonly at: string;
  /** e.g. `backend[1] GET /orders/{id}`. */
  readonly name: string;
  /** More than one with concurrent calls, redirects and retries; none where the URL could not be built. */
  readonly calls: readonly CallTrace[];
  /** What it put into the answer, after its filters. */
  readonly contributed?: Data | null;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

type Draft = { -readonly [K in keyof BackendTrace]: BackendTrace[K] } & { calls: CallTrace[] };

export interface RequestTrace {
  /** Calls that no stub answers. */
  readonly unstubbed: string[];
  backends(): readonly BackendTrace[];
}

/** Keeps what happened, request by request. */
export interface Tracer {
  readonly tap: (backend: BackendConfig) => Middleware;
  /** A request is told apart by its headers object, which travels with it. */
  start(headers: IncomingHttpHeaders): RequestTrace;
  recordCall(name: string, request: BackendRequest, call: CallTrace): void;
  recordUnstubbed(request: BackendRequest, call: string): void;
}

interface Records extends RequestTrace {
  readonly drafts: Map<string, Draft>;
}

export function createTracer(): Tracer {
  const requests = new WeakMap<IncomingHttpHeaders, Records>();

  return {
    start(headers) {
      const drafts = new Map<string, Draft>();
      const records: Records = {
        drafts,
        unstubbed: [],
        backends: () => [...drafts.values()].sort((a, b) => a.at.localeCompare(b.at, 'en', { numeric: true })),
      };
      requests.set(headers, records);
      return records;
    },

    recordCall(name, request, call) {
      requests.get(request.client.headers)?.drafts.get(name)?.calls.push(call);
    },

    recordUnstubbed(request, call) {
      requests.get(request.client.headers)?.unstubbed.push(call);
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
              const { code, message } = toGatewayError(thrown);
              draft.error = { code, message };
              throw thrown;
            },
          );
        };
      };
    },
  };
}
