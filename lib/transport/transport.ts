import type { Readable } from 'node:stream';
import type { BackendRequest, Headers } from '../proxy.js';

/**
 * What became of an answer that was taken from a queue. `used`: it was decoded and shaped. `refused`: it cannot be, by
 * any request. `released`: no request waited for it any more, so that the next one may have it.
 */
export type Settlement = 'used' | 'refused' | 'released';

/** The raw answer of a backend: any status, body still encoded as the `encoding` of the backend says. */
export interface BackendResponse {
  readonly status: number;
  readonly headers: Headers;
  /** A stream when the request said `stream`, else usually a Buffer; readers accept both. */
  readonly body: Readable | Buffer;
  /** True where redirects were followed: the answer is that of another URL. */
  readonly isRedirected?: true;
  /** True where nothing but the end of the connection ended the body, so that it may have been cut. */
  readonly isCloseDelimited?: boolean;
  /** Set on redirects, where it is known: the address of their sender. */
  readonly peerAddress?: string | undefined;
  /**
   * Set where an answer is taken from a queue: called once, when it is known what became of it. When it rejects, so does
   * the call. A layer that derives an answer keeps it.
   */
  readonly settle?: (settlement: Settlement) => Promise<void>;
}

/**
 * One exchange on the wire. Resolves with any status; rejects with a `BackendError` when there is no answer to speak of.
 * Must settle promptly once `request.signal` is aborted.
 */
export type Transport = (request: BackendRequest) => Promise<BackendResponse>;
export type TransportMiddleware = (next: Transport) => Transport;
