import type { IncomingMessage } from 'node:http';
import { RequestError } from '../errors.js';

/** Refuses requests that have been through this gateway before. */
export type LoopCheck = (request: IncomingMessage) => void;

/**
 * Finds the gateway's own name in the `Via` of a request (RFC 9110 §7.6.3): then a backend has sent it back, and would do so
 * for ever.
 *
 * @param name what the gateway calls itself there; undefined where it does not
 */
export function createLoopCheck(name: string | undefined): LoopCheck {
  if (name === undefined) return ignore;
  return function checkLoop({ headers }) {
    const { via } = headers;
    if (via === undefined || !String(via).split(',').some(isOwn)) return;
    throw new RequestError('ERR_LOOP', 'The request has been through this gateway before: a backend leads back to it.');
  };

  /** An entry is a protocol, a name and perhaps a comment. */
  function isOwn(entry: string): boolean {
    return entry.trim().split(/[ \t]+/, 2)[1] === name;
  }
}

function ignore(): void {}
