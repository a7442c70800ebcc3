import type { Readable } from 'node:stream';
import type { BackendRequest, Headers } from '../proxy.js';

/** The raw answer of a backend: any status, body still encoded as the `encoding` of the backend says. */
export interface BackendResponse {
  readonly status: number;
  readonly headers: Headers;
  /** A stream when the request said `stream`, else usually a Buffer; readers accept both. */
  readonly body: Readable | Buffer;
}

/**
 * One exchange on the wire. Resolves with any status; rejects with a `BackendError` when there is no answer to speak of.
 * Must settle promptly once `request.signal` is aborted.
 */
export type Transport = (request: BackendRequest) => Promise<BackendResponse>;
export type TransportMiddleware = (next: Transport) => Transport;
