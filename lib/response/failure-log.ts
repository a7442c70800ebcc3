import { EndpointError, type GatewayError, RejectedError } from '../errors.js';
import type { Logger } from '../logger.js';

/** Tells the log of what an endpoint could not do. */
export interface FailureLog {
  /** The endpoint has no answer. */
  failed(error: GatewayError): void;
  /** It has one, from which something is missing. */
  incomplete(errors: readonly GatewayError[]): void;
  /** The client has the beginning of an answer and was cut off. */
  cut(error: GatewayError): void;
}

/** Milliseconds between two lines about calls that were not made, on purpose: a flood of requests must not flood the log. */
const PAUSE = 1_000;

export function createFailureLog(endpoint: string, logger: Logger): FailureLog {
  let next = Number.NEGATIVE_INFINITY;

  /** Lines about calls that were not made go to `debug`, but for one in a second. */
  function isOneTooMany(errors: readonly GatewayError[]): boolean {
    if (!errors.every(isTurnedAway)) return false;
    const now = performance.now();
    if (now < next) return true;
    next = now + PAUSE;
    return false;
  }

  return {
    failed(error) {
      const fields = { endpoint, ...toFields(error) };
      if (error.status < 500 || error instanceof RejectedError) logger.debug(fields, 'request not served');
      else if (isOneTooMany([error])) logger.debug(fields, 'endpoint failed');
      else logger.error(error.cause === undefined ? fields : { ...fields, err: error.cause }, 'endpoint failed');
    },
    incomplete(errors) {
      const level = isOneTooMany(errors) ? 'debug' : 'warn';
      logger[level]({ endpoint, errors: errors.map(toFields) }, 'partial answer');
    },
    cut(error) {
      logger.warn({ endpoint, ...toFields(error) }, 'the answer was cut off in the middle, and the client with it');
    },
  };
}

function isTurnedAway(error: GatewayError): boolean {
  if (error instanceof EndpointError && error.causes.length > 0) return error.causes.every(isTurnedAway);
  return error.kind.isTurnedAway === true;
}

/** Not `message`: loggers put the line itself there. */
function toFields({ code, message }: GatewayError): { code: string; reason: string } {
  return { code, reason: message };
}
