import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import { stringifyJson } from '../core/json-number.js';
import { BackendError, GatewayError } from '../errors.js';
import { type Headers, NO_HEADERS } from '../proxy.js';
import type { BackendResponse } from '../transport/transport.js';
import { defineComponent } from './component.js';
import { type BufferedRequest, callWithoutHttp } from './non-http-backend.js';

/** What a function backend is called with: what an HTTP backend would have been sent, its body read. */
export type FunctionRequest = BufferedRequest;
/**
 * A backend that is a function of the host app. What it gives back is the answer: a value is sent as JSON, text and bytes as
 * they are, nothing as an empty answer, and a `Response` with its status and headers.
 */
export type BackendFunction = (request: FunctionRequest) => unknown;

const NOTHING: BackendResponse = { status: 204, headers: NO_HEADERS, body: Buffer.alloc(0) };
const JSON_HEADERS: Headers = Object.freeze(Object.assign(Object.create(null), { 'content-type': 'application/json' }));

/** Functions of the host app as backends, by the names they have in `options.functions`. */
export const functionBackend = defineComponent({
  namespace: 'backend/function',
  schema: z
    .string()
    .min(1)
    .meta({
      description: 'The name of the function in `options.functions` that answers in place of a server.',
      examples: ['priceOf'],
    }),
  replacesWire: true,

  check(name, { functions }) {
    return functions.has(name) ? [] : [{ path: [], message: `there is no "${name}" in options.functions` }];
  },

  transport(name, scope) {
    const { functions, backend } = scope;
    const callFunction = functions.get(name) as BackendFunction;

    return callWithoutHttp(scope, async function answerByFunction(request) {
      try {
        return toResponse(await callFunction(request));
      } catch (thrown) {
        if (thrown instanceof GatewayError) throw thrown;
        const error = new BackendError('ERR_BACKEND_STATUS', `${backend.name}: the function "${name}" failed`);
        error.cause = thrown;
        throw error;
      }
    });
  },
});

function toResponse(value: unknown): BackendResponse {
  if (value === undefined || value === null) return NOTHING;
  if (value instanceof Response) return fromResponse(value);
  if (value instanceof Readable || Buffer.isBuffer(value)) return { status: 200, headers: NO_HEADERS, body: value };
  if (typeof value === 'string') return { status: 200, headers: NO_HEADERS, body: Buffer.from(value) };
  if (value instanceof Uint8Array) {
    return { status: 200, headers: NO_HEADERS, body: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError('what it gave back cannot be written as JSON');
  }
  return { status: 200, headers: JSON_HEADERS, body: Buffer.from(stringifyJson(value)) };
}

function fromResponse({ status, headers, body }: Response): BackendResponse {
  if (status < 200) throw new TypeError('a network error is no answer');
  const named: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, value] of headers) named[name] = value;
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) named['set-cookie'] = cookies;
  return { status, headers: named, body: body ? Readable.fromWeb(body as ReadableStream) : Buffer.alloc(0) };
}
