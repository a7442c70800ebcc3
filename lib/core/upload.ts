import { RequestError } from '../errors.js';

interface Upload {
  /** Tells whether its client has yet to send a part of it. */
  readonly isOwed: () => boolean;
  readonly length: number | undefined;
}

/** Requests, and the streams made of their bodies. */
const uploads = new WeakMap<object, Upload>();

/**
 * Tells of a body that is passed on while its client is sending it.
 *
 * @param length its bytes, where its client has said how many they are: the stream ends after so many and not otherwise
 */
export function watchUpload(body: object, isOwed: () => boolean, length?: number): void {
  uploads.set(body, { isOwed, length });
}

/** How many bytes a body will have that is passed on while it comes; undefined where that is not known. */
export function lengthOfUpload(body: object | undefined): number | undefined {
  return body && uploads.get(body)?.length;
}

/**
 * Whether a body, or the body of a request, is still to come and its client is the one that is waited for. Until a backend has
 * had the whole request, its silence says nothing about it. Undefined for what is not passed on while it comes.
 */
export function isOwedByClient(body: object | undefined): boolean | undefined {
  return body && uploads.get(body)?.isOwed();
}

/** The time was up while the client was still sending: its failure, not the backend's. */
export const TOO_SLOW = new RequestError('ERR_REQUEST_BODY', 'The request body did not arrive in time.', 408);
