import { RequestError } from './errors.js';

/** Requests, and the streams made of their bodies: each with what tells whether its client still owes a part of it. */
const uploads = new WeakMap<object, () => boolean>();

/** Tells of a body that is passed on while its client is sending it. */
export function watchUpload(body: object, isOwed: () => boolean): void {
  uploads.set(body, isOwed);
}

/**
 * Whether a body, or the body of a request, is still to come and its client is the one that is waited for. Until a backend has
 * had the whole request, its silence says nothing about it. Undefined for what is not passed on while it comes.
 */
export function isOwedByClient(body: object | undefined): boolean | undefined {
  return body && uploads.get(body)?.();
}

/** The time was up while the client was still sending: its failure, not the backend's. */
export const TOO_SLOW = new RequestError('ERR_REQUEST_BODY', 408, 'The request body did not arrive in time.');
