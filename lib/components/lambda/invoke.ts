import { BackendError, GatewayError } from '../../errors.js';
import { NO_HEADERS } from '../../proxy.js';
import type { BackendResponse } from '../../transport/transport.js';

/** What is used of the `Lambda` client of `@aws-sdk/client-lambda`, version 3. */
export interface LambdaClient {
  invoke(
    input: { FunctionName: string; InvocationType: 'RequestResponse'; Payload?: Uint8Array },
    options: { abortSignal: AbortSignal },
  ): Promise<unknown>;
}

/** What an invocation may answer. A client that was injected may answer anything. */
interface Invocation {
  readonly StatusCode?: unknown;
  readonly FunctionError?: unknown;
  readonly ExecutedVersion?: unknown;
  readonly Payload?: unknown;
}

/** The answer of an invocation, strictly: everything but a result is a failure of `backend`. */
export function toResponse(backend: string, answer: unknown): BackendResponse {
  const { StatusCode, FunctionError, ExecutedVersion, Payload }: Invocation = isObject(answer) ? answer : {};
  if (StatusCode !== 200) throw statusError(`${backend}: Lambda answered without the status of a result`);
  if (FunctionError !== undefined && FunctionError !== null) {
    const kind = FunctionError === 'Handled' || FunctionError === 'Unhandled' ? ` (${FunctionError})` : '';
    throw statusError(`${backend}: the function failed${kind}; its log at AWS says why`);
  }
  const headers: Record<string, string> = Object.assign(Object.create(null), { 'content-type': 'application/json' });
  if (typeof ExecutedVersion === 'string') headers['x-amz-executed-version'] = ExecutedVersion;
  return { status: 200, headers: Payload === undefined ? NO_HEADERS : headers, body: toBytes(backend, Payload) };
}

function toBytes(backend: string, payload: unknown): Buffer {
  if (payload === undefined || payload === null) return Buffer.alloc(0);
  if (typeof payload === 'string') return Buffer.from(payload);
  if (payload instanceof Uint8Array) return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  throw new BackendError('ERR_BACKEND_PROTOCOL', `${backend}: the client of Lambda gave back a payload that is none`);
}

const TOO_BUSY: ReadonlySet<unknown> = new Set(['TooManyRequestsException', 'ThrottlingException']);
const SAFE_NAME = /^[A-Z][A-Za-z]{2,60}$/;

/** Why there is no answer. What the SDK says is not passed on: it holds addresses, accounts and request ids. */
export function toError(backend: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { name, $metadata, retryAfterSeconds } = isObject(thrown) ? (thrown as Record<string, unknown>) : {};
  const status = isObject($metadata) ? ($metadata as Record<string, unknown>)['httpStatusCode'] : undefined;
  const kind = typeof name === 'string' && SAFE_NAME.test(name) && name !== 'Error' ? ` (${name})` : '';
  if (thrown instanceof SyntaxError) {
    return new BackendError('ERR_BACKEND_PROTOCOL', `${backend}: the answer of Lambda cannot be read`);
  }
  if (name === 'CredentialsProviderError') {
    const advice = 'set the usual variables or a profile of AWS';
    return new BackendError('ERR_BACKEND_CONNECTION', `${backend}: there are no credentials for Lambda; ${advice}`);
  }
  if (TOO_BUSY.has(name)) {
    const seconds = Number(retryAfterSeconds);
    const retryAfter = Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
    return statusError(`${backend}: Lambda throttled the call`, 429, retryAfter);
  }
  if (typeof status === 'number') return statusError(`${backend}: Lambda refused the call${kind}`, status);
  return new BackendError('ERR_BACKEND_CONNECTION', `${backend}: Lambda cannot be reached${kind}`);
}

function statusError(message: string, backendStatus?: number, retryAfter?: number): BackendError {
  return new BackendError('ERR_BACKEND_STATUS', message, {
    ...(backendStatus !== undefined && { backendStatus }),
    retryAfter,
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
