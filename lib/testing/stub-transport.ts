import { once } from 'node:events';
import { Readable } from 'node:stream';
import { BackendError } from '../errors.js';
import type { BackendRequest, Headers } from '../proxy.js';
import type { BackendResponse, Transport } from '../transport/transport.js';
import { type Failure, type FindStub, type Reply, runStub } from './stubs.js';
import type { Tracer } from './trace.js';

const FAILURES: Readonly<Record<Exclude<Failure, 'silent'>, string>> = {
  refused: 'refused the connection',
  reset: 'broke the connection',
};

/** Stands where the sockets would be: answers every exchange from the stubs. */
export function createStubTransport(name: string, findStub: FindStub, tracer: Tracer): Transport {
  return async function answerFromStub(request) {
    const { method, url, headers } = request;
    const body = await readText(request.body);
    const found = findStub(method, url);
    if (!found) {
      tracer.recordUnstubbed(request, `${method} ${url} (${name})`);
      throw new BackendError('ERR_BACKEND_CONNECTION', 502, `${name} has no stub`);
    }
    const outcome = await runStub(found.stub, { method, url, headers, body });
    if ('failure' in outcome) {
      tracer.recordCall(name, request, { method, url, headers, body });
      return fail(name, outcome.failure, request);
    }
    const { reply } = outcome;
    const { status = 200, delay = 0 } = reply;
    tracer.recordCall(name, request, { method, url, headers, body, status });
    if (delay > 0) await wait(delay, request.signal);
    return toResponse(status, reply, request.stream);
  };
}

async function readText(body: BackendRequest['body']): Promise<string> {
  if (body === undefined) return '';
  if (Buffer.isBuffer(body)) return body.toString();
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function fail(name: string, kind: Failure, { signal }: BackendRequest): Promise<never> {
  if (kind !== 'silent') throw new BackendError('ERR_BACKEND_CONNECTION', 502, `${name} ${FAILURES[kind]}`);
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

function toResponse(status: number, { headers = {}, body }: Reply, stream: boolean): BackendResponse {
  const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(isRaw ? (body ?? '') : JSON.stringify(body));
  const lower: Record<string, string | readonly string[]> = Object.create(null);
  if (!isRaw) lower['content-type'] = 'application/json';
  for (const [name, value] of Object.entries(headers)) lower[name.toLowerCase()] = value;
  return {
    status,
    headers: lower satisfies Headers,
    body: stream ? Readable.from([bytes], { objectMode: false }) : bytes,
  };
}
