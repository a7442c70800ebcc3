import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Held } from './core/buffer-budget.js';
import type { GatewayError, RejectedError } from './errors.js';

/** Header names in lower case; several lines of one name are in an array, in order. The object has no prototype. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** One `name=value` of a query string: decoded, and as it was in the URL. */
export interface QueryPair {
  readonly name: string;
  readonly value: string;
  /** The pair as the client wrote it, still encoded and safe to put in a URL. */
  readonly text: string;
}

/** The sender of the request, as far as the gateway believes it. */
export interface Client {
  /** The client's address; from a forwarding header only when the proxies in between are trusted. */
  readonly ip: string;
  /** All headers as Node parsed them, for guards that look at more than is forwarded. */
  readonly headers: IncomingHttpHeaders;
  /** What a guard says of headers, whatever the client sent under their names; undefined for one that is not to be there. */
  readonly claimed?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * What travels through an endpoint: only what the configuration lets in. Read-only, since one request serves several
 * backends: layers derive a new one, they never mutate it.
 */
export interface ProxyRequest {
  readonly method: string;
  /** The path below the mount point as the client sent it: still encoded, without the query. */
  readonly path: string;
  /** Values of the path's `{params}`, decoded once, by the names the endpoint gives them. `*` holds a wildcard's rest. */
  readonly params: Readonly<Record<string, string>>;
  /** The query pairs that `input_query_strings` lets in, in order, repeats kept. */
  readonly query: readonly QueryPair[];
  /** The headers that `input_headers` lets in and those the gateway sets. */
  readonly headers: Headers;
  /** A stream only where exactly one backend reads it; else the whole body, shared. */
  readonly body: Readable | Buffer | undefined;
  /** Aborted when the deadline has passed, the client has gone, or the answer is not needed any more. */
  readonly signal: AbortSignal;
  readonly client: Client;
  /** What it holds in memory, for `max_buffered_bytes`; a request without it is not counted. Layers pass it on. */
  readonly held?: Held | undefined;
  /** What a guard knows of the user, such as the verified claims of a token; missing where no guard has said anything. */
  readonly user?: Readonly<Record<string, unknown>> | undefined;
  /** Names of headers that a guard filled with something about the user: what they bring is for that user alone. */
  readonly personal?: readonly string[] | undefined;
}

/** What is known of a request before its body is read. */
export type RequestHead = Omit<ProxyRequest, 'body'>;

/** Lets a request in with another head: that is what later guards, the endpoint and its backends see. */
export interface AdmittedAs {
  readonly head: RequestHead;
  /** What its answer will have, names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Why a request is turned away; or headers that its answer will have, names in lower case; or the head with which it comes
 * in; or nothing, when it may come in as it is.
 */
export type Admitted = RejectedError | Readonly<Record<string, string>> | AdmittedAs | undefined;

/** True for a decision that changes the head of a request. */
export function isAdmittedAs(admitted: Admitted): admitted is AdmittedAs {
  return admitted !== undefined && 'head' in admitted && typeof admitted.head === 'object';
}

/** Decides by its head whether a request is let in. What it throws, or rejects with, fails the request. */
export type Admit = (head: RequestHead) => Admitted | Promise<Admitted>;

/** A request to one host: the URL is built, the host is chosen. */
export interface BackendRequest extends ProxyRequest {
  /** Absolute URL, encoded. */
  readonly url: string;
  /** True where the answer is passed through as a stream (`no-op`) instead of being decoded. */
  readonly stream: boolean;
}

/** A decoded document: the top level is always an object. `T` says what is in it, where you know. */
export type Data<T extends object = Record<string, unknown>> = Readonly<T>;

export interface Metadata {
  readonly status: number;
  readonly headers: Headers;
}

/** What comes back up: from one backend, or merged from several. */
export interface ProxyResponse<T extends object = Record<string, unknown>> {
  /** `null` is a JSON `null`: no data, which is not the same as an empty object. */
  readonly data: Data<T> | null;
  /** False as soon as anything that belongs to the answer is missing. */
  readonly isComplete: boolean;
  /** True where the backend had nothing to say and said so (204, empty body). */
  readonly isEmpty?: boolean;
  readonly metadata: Metadata;
  /** The failures a partial answer survived. Absent when nothing failed. */
  readonly errors?: readonly GatewayError[];
  /** The untouched body of a `no-op` backend. */
  readonly body?: Readable | Buffer | undefined;
}

export type Proxy<R = ProxyRequest> = (request: R) => Promise<ProxyResponse>;
export type Middleware<R = ProxyRequest> = (next: Proxy<R>) => Proxy<R>;

/** Express' and Connect's handler, in terms of `node:http`. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * What holds for the answers to the requests it is asked about, errors included. It is asked only about requests that the
 * gateway answers itself, and before anything else is done for them.
 */
export interface Policy {
  /** Sets headers of the answer. True: it has answered, and nothing else is done for the request. */
  apply(request: IncomingMessage, response: ServerResponse): boolean;
  /**
   * The same for a CORS preflight (`OPTIONS` with `Access-Control-Request-Method`), at the policy of the request that the
   * preflight asks for. Where none answers, the preflight goes on as any other `OPTIONS`.
   */
  preflight?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Headers, in lower case, that only the policy may set: those of a backend are dropped. */
  readonly owns: readonly string[];
  /** True where it holds for `/__health` and the gateway's other own routes too. Default: false. */
  readonly coversBuiltIns?: boolean;
}

/** Wraps `innermost` in the given layers; the first of the list ends up outermost. What is no layer is left out. */
export function compose<T>(layers: readonly (((next: T) => T) | false | undefined)[], innermost: T): T {
  return layers.reduceRight((next, layer) => (layer ? layer(next) : next), innermost);
}

export const NO_HEADERS: Headers = Object.freeze(Object.create(null));
