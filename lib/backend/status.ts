import type { BackendConfig } from '../config/resolved.js';
import { findConflict } from '../core/http-headers.js';
import { BackendError, type BackendErrorDetails } from '../errors.js';
import { NO_HEADERS, type ProxyResponse } from '../proxy.js';
import type { BackendResponse } from '../transport/transport.js';

/** What becomes of an answer outside 2xx: an object in the client's document, or an error that is thrown. */
export type FailureHandler = (response: BackendResponse, body: Buffer) => ProxyResponse;

const CONTENT_TYPE = ['content-type'];

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function createFailureHandler({ name, http }: BackendConfig): FailureHandler {
  const alias = http.return_error_details;
  const message = (status: number) => `${name} answered with status ${status}`;

  if (alias) {
    const key = `error_${alias}`;
    return function describeFailure(response, body) {
      const encoding = contentType(response);
      const details = {
        http_status_code: response.status,
        ...(body.length > 0 && { http_body: body.toString() }),
        ...(encoding !== undefined && { http_body_encoding: encoding }),
      };
      return {
        data: { [key]: details },
        isComplete: false,
        metadata: { status: response.status, headers: NO_HEADERS },
      };
    };
  }

  // An empty `return_error_details` switches `return_error_code` off as well, as it does in KrakenD.
  if (http.return_error_code && alias === undefined) {
    return function exposeFailure(response, body) {
      const isUnsure = findConflict(response.headers, CONTENT_TYPE) !== undefined;
      const exposed = { status: response.status, contentType: isUnsure ? undefined : contentType(response), body };
      throw new BackendError('ERR_BACKEND_STATUS', message(response.status), { ...detailsOf(response), exposed });
    };
  }

  return function refuseFailure(response) {
    throw new BackendError('ERR_BACKEND_STATUS', message(response.status), detailsOf(response));
  };
}

function detailsOf({ status, headers }: BackendResponse): BackendErrorDetails {
  const seconds = Number(headers['retry-after']);
  return { backendStatus: status, retryAfter: Number.isFinite(seconds) ? seconds : undefined };
}

function contentType({ headers }: BackendResponse): string | undefined {
  const value = headers['content-type'];
  return Array.isArray(value) ? value[0] : (value as string | undefined);
}
