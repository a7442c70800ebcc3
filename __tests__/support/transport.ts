import { NO_HEADERS, type Proxy, type ProxyRequest, type ProxyResponse } from '../../lib/proxy.js';
import type { BackendResponse, Transport } from '../../lib/transport/transport.js';
import { headersOf } from './requests.js';

/** A complete answer with the given document. */
export function answerOf(data: ProxyResponse['data'], init: Partial<ProxyResponse> = {}): ProxyResponse {
  return { data, isComplete: true, metadata: { status: 200, headers: NO_HEADERS }, ...init };
}

/** What a backend sent; strings and objects become bytes. */
export function backendAnswer(
  body: unknown,
  status = 200,
  headers: Record<string, string | string[]> = {},
): BackendResponse {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = Buffer.from(isRaw ? body : JSON.stringify(body));
  return { status, headers: headersOf(headers), body: bytes };
}

/** A transport that always answers the same. */
export function fixedTransport(response: BackendResponse): Transport {
  return () => Promise.resolve(response);
}

/** A proxy whose calls a test settles one by one. An aborted call rejects by itself, as a transport does. */
export interface ManualProxy {
  readonly send: Proxy;
  readonly calls: readonly ManualCall[];
}

export interface ManualCall {
  readonly request: ProxyRequest;
  answer(response: ProxyResponse): void;
  fail(error: unknown): void;
}

export function createManualProxy(): ManualProxy {
  const calls: ManualCall[] = [];
  return {
    calls,
    send(request) {
      return new Promise((answer, fail) => {
        calls.push({ request, answer, fail });
        request.signal.addEventListener('abort', () => fail(request.signal.reason));
      });
    },
  };
}

/** A proxy that waits for ever, also when it is aborted. */
export function deafProxy(): Promise<never> {
  return new Promise(() => {});
}
