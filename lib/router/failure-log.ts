import { EndpointError, type ErrorCode, type GatewayError, RejectedError } from '../errors.js';
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

/** Calls that were not made, on purpose: whoever floods us must not flood the log. */
const SHED: ReadonlySet<ErrorCode> = new Set(['ERR_BREAKER_OPEN', 'ERR_BACKEND_LIMIT', 'ERR_OVERLOADED', 'ERR_LOOP']);
/** Milliseconds between two lines about such calls. */
const PAUSE = 1_000;

export function createFailureLog(endpoint: string, logger: Logger): FailureLog {
  let next = Number.NEGATIVE_INFINITY;

  /** Lines about calls that were not made go to `debug`, but for one in a second. */
  function isOneTooMany(errors: readonly GatewayError[]): boolean {
    if (!errors.every(isShed)) return false;
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

function isShed(error: GatewayError): boolean {
  if (error instanceof EndpointError && error.causes.length > 0) return error.causes.every(isShed);
  return SHED.has(error.code);
}

/** Not `message`: loggers put the line itself there. */
function toFields({ code, message }: GatewayError): { code: string; reason: string } {
  return { code, reason: message };
}
