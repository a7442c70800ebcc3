import { brand } from './core/brand.js';

/** What all errors of a code have in common. */
export interface ErrorKind {
  /** The honest HTTP status of the failure, where an error does not say another. */
  readonly status: number;
  /** The backend had a part in it; everything else happened on our side of the wire. */
  readonly isBackendFailure?: true;
  /** A time was up. That says something about a backend which was silent until then. */
  readonly isDeadline?: true;
  /** A call was not made, on purpose. */
  readonly isTurnedAway?: true;
  /** It says "not now": the client may come back, whatever `statuses` says. */
  readonly isTemporary?: true;
  /** The connection to the client is of no use after it. */
  readonly endsConnection?: true;
}

/** Every code an error of the gateway can carry; `docs/errors.md` has a heading for each. A code is never reused. */
export const ERROR_KINDS = {
  ERR_CONFIG: { status: 500 },
  ERR_PEER_MISSING: { status: 500 },
  ERR_NOT_READY: { status: 503 },
  ERR_REQUEST_PATH: { status: 400 },
  ERR_REQUEST_QUERY: { status: 400 },
  ERR_REQUEST_HEADERS: { status: 400 },
  ERR_REQUEST_FRAMING: { status: 400, endsConnection: true },
  ERR_REQUEST_BODY: { status: 400, endsConnection: true },
  ERR_REQUEST_BODY_SIZE: { status: 413 },
  ERR_REQUEST_BODY_CONSUMED: { status: 500 },
  ERR_LOOP: { status: 508, isTurnedAway: true },
  ERR_REJECTED: { status: 403, isTurnedAway: true },
  ERR_CLIENT_CLOSED: { status: 499 },
  ERR_ENDPOINT_TIMEOUT: { status: 504, isDeadline: true },
  ERR_ENDPOINT_FAILED: { status: 502 },
  ERR_OVERLOADED: { status: 503, isTurnedAway: true, isTemporary: true },
  ERR_CLOSING: { status: 503, isTemporary: true, endsConnection: true },
  ERR_BREAKER_OPEN: { status: 503, isTurnedAway: true },
  ERR_BACKEND_LIMIT: { status: 503, isTurnedAway: true },
  ERR_BACKEND_HOSTS: { status: 503 },
  ERR_BACKEND_URL: { status: 502 },
  ERR_BACKEND_CONNECTION: { status: 502, isBackendFailure: true },
  ERR_BACKEND_TIMEOUT: { status: 504, isBackendFailure: true, isDeadline: true },
  ERR_BACKEND_PROTOCOL: { status: 502, isBackendFailure: true },
  ERR_BACKEND_SIZE: { status: 502, isBackendFailure: true },
  ERR_BACKEND_REDIRECT: { status: 502, isBackendFailure: true },
  ERR_BACKEND_STATUS: { status: 502, isBackendFailure: true },
  ERR_BACKEND_DECODE: { status: 502, isBackendFailure: true },
  ERR_BACKEND_CANCELLED: { status: 502 },
  ERR_FUNCTION: { status: 500 },
  ERR_INTERNAL: { status: 500 },
} as const satisfies Readonly<Record<string, ErrorKind>>;

/** The code of an error: a key that programs may compare and that does not change between versions. */
export type ErrorCode = keyof typeof ERROR_KINDS;

/**
 * The root of everything the gateway throws. `code` is what a program looks at, `status` the honest HTTP status of the
 * failure: that of the code, where the error does not say another. `instanceof` works across the CommonJS and the ESM build.
 */
export class GatewayError extends Error {
  override readonly name: string = 'GatewayError';
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, message: string, status: number = ERROR_KINDS[code].status) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** What all errors of this code have in common. */
  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}

/** One fault of a configuration. */
export interface ConfigIssue {
  /** Where the fault is, e.g. `endpoints[0].backend[1].url_pattern`. */
  readonly path: string;
  /** What is wrong and what to do about it, in one sentence. */
  readonly message: string;
}

const MOST_PLACES = 3;

/** Places as messages list them: all of a few, else the first two and how many there are besides. */
function showPlaces(places: readonly string[]): string {
  if (places.length <= MOST_PLACES) return places.join(', ');
  const shown = places.slice(0, MOST_PLACES - 1);
  return `${shown.join(', ')} and ${places.length - shown.length} more`;
}

/** Each sentence once, with all the places it is said of. */
export function sentencesOf(issues: readonly ConfigIssue[]): { readonly places: string; readonly message: string }[] {
  const placesOf = new Map<string, Set<string>>();
  for (const { path, message } of issues) {
    const places = placesOf.get(message);
    if (places === undefined) placesOf.set(message, new Set([path]));
    else places.add(path);
  }
  return [...placesOf].map(([message, places]) => ({ places: showPlaces([...places]), message }));
}

/**
 * The configuration is refused; `issues` has everything that is wrong with it, not only the first fault. The message says
 * a sentence once where several places have the same fault.
 */
export class ConfigError extends GatewayError {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    const named = issues.map(({ path, message }) => ({ path: path || '(root)', message }));
    const lines = sentencesOf(named).map(({ places, message }) => `  ${places}: ${message}`);
    super(
      'ERR_CONFIG',
      `The configuration has ${issues.length} fault${issues.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
    );
    this.issues = issues;
  }
}

/** One thing that the gateway needs and that is not there. */
export interface ReadyFailure {
  /** Where the configuration asks for it, e.g. `endpoints[0].backend[1]`. */
  readonly path: string;
  /** Why it cannot be used. */
  readonly error: GatewayError;
}

/** What `gateway.ready()` rejects with; `failures` has everything that is not there, not only the first. */
export class NotReadyError extends GatewayError {
  override readonly name = 'NotReadyError';
  readonly failures: readonly ReadyFailure[];

  constructor(failures: readonly ReadyFailure[]) {
    const lines = failures.map(({ path, error }) => `  ${path}: ${error.message}`);
    super('ERR_NOT_READY', `The gateway is not ready, ${failures.length} missing:\n${lines.join('\n')}`);
    this.failures = failures;
  }
}

/** The client's request cannot be served: answered with `status`, no backend is called. */
export class RequestError extends GatewayError {
  override readonly name = 'RequestError';
}

/** A guard (limit, bot detector, validator…) turned the request away: an empty answer without gateway headers. */
export class RejectedError extends GatewayError {
  override readonly name = 'RejectedError';
  /** Headers that belong to the rejection, such as `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    code: ErrorCode = 'ERR_REJECTED',
  ) {
    super(code, message, status);
    this.headers = headers;
  }
}

/** What a client may see of a backend's own error answer, where the configuration says so. */
export interface ExposedAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** What a failure remembers of the answer that caused it. */
export interface BackendErrorDetails {
  /** Set by `return_error_code`: what the client may see. */
  readonly exposed?: ExposedAnswer;
  /** The status of the backend's answer. */
  readonly backendStatus?: number;
  /** Seconds to wait before the next call: what the backend asked for, or until there can be one. */
  readonly retryAfter?: number | undefined;
  /** Set where the backend has not had the whole request, so that the failure says nothing about it. */
  readonly isUnsent?: true;
}

/** One backend failed. The message names the backend by its place in the configuration, never by its host. */
export class BackendError extends GatewayError {
  override readonly name = 'BackendError';
  /** Not enumerable, so that a backend's body stays out of logs. */
  declare readonly details: BackendErrorDetails;

  constructor(code: ErrorCode, message: string, details: BackendErrorDetails = {}) {
    super(code, message);
    Object.defineProperty(this, 'details', { value: details });
  }
}

/**
 * What a decoder throws: the bytes are not what the encoding says. The message is the end of a sentence, such as "it is
 * not valid UTF-8", and quotes nothing of the body; the caller knows the backend and makes a `BackendError` of it.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** The endpoint as a whole failed; `causes` has the failure of each backend. */
export class EndpointError extends GatewayError {
  override readonly name = 'EndpointError';
  readonly causes: readonly GatewayError[];

  constructor(code: ErrorCode, message: string, causes: readonly GatewayError[] = [], status?: number) {
    super(code, message, status);
    this.causes = causes;
  }
}

/** Whatever was thrown, as one of our own; what we do not know is an internal error without details. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const error = new GatewayError('ERR_INTERNAL', 'An unexpected error inside the gateway or one of its plug-ins');
  error.cause = thrown;
  return error;
}

/** Why a backend has no answer. One that was stopped because the time was up did not fail by itself: that is said. */
export function toBackendFailure(name: string, thrown: unknown): GatewayError {
  const error = toGatewayError(thrown);
  if (error.code !== 'ERR_ENDPOINT_TIMEOUT') return error;
  return new BackendError('ERR_BACKEND_TIMEOUT', `${name} did not answer in time`);
}

for (const known of [
  GatewayError,
  ConfigError,
  NotReadyError,
  RequestError,
  RejectedError,
  BackendError,
  DecodeError,
  EndpointError,
]) {
  brand(known);
}
