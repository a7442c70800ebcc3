import { RejectedError } from '../../errors.js';
import type { ValidatorOptions } from './options.js';

/** Why a request is turned away, made once for each endpoint. */
export interface Rejections {
  readonly missing: RejectedError;
  readonly malformed: RejectedError;
  readonly unverified: RejectedError;
  readonly untimely: RejectedError;
  readonly unfit: RejectedError;
  readonly role: RejectedError;
  readonly scope: RejectedError;
  /** Of another issuer or for another audience. */
  origin(reason: string): RejectedError;
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export function createRejections({ www_authenticate: says, scopes }: ValidatorOptions): Rejections {
  function reject(status: number, reason: string, challenge: string): RejectedError {
    return new RejectedError(status, reason, says ? { 'www-authenticate': challenge } : {});
  }
  function invalid(reason: string): RejectedError {
    return reject(UNAUTHORIZED, reason, 'Bearer error="invalid_token"');
  }
  const needed = scopes.every((scope) => SCOPE.test(scope)) ? `, scope="${scopes.join(' ')}"` : '';

  return {
    missing: reject(UNAUTHORIZED, 'There is no token', 'Bearer'),
    malformed: invalid('What was sent is no signed token'),
    unverified: invalid('No key has signed the token'),
    untimely: invalid('The token has expired, or is not good yet'),
    unfit: invalid('A claim of the token cannot stand in a header'),
    role: reject(FORBIDDEN, 'The token has none of the roles', 'Bearer error="insufficient_scope"'),
    scope: reject(FORBIDDEN, 'The token has not the scopes', `Bearer error="insufficient_scope"${needed}`),
    origin: invalid,
  };
}
