import { Readable } from 'node:stream';
import { untilAborted } from '../core/race.js';
import { BackendError } from '../errors.js';
import type { BackendRequest } from '../proxy.js';
import type { BackendResponse, Transport } from '../transport/transport.js';
import { type Failure, type FindStub, type Reply, runStub, type StubOutcome, type StubRequest } from './stubs.js';
import type { CallRecord, Tracer } from './trace.js';

const FAILURES: Readonly<Record<Exclude<Failure, 'silent'>, string>> = {
  refused: 'refused the connection',
  reset: 'broke the connection',
};

/** Takes the place of the sockets: answers every exchange from the stubs. */
export function createStubTransport(name: string, findStub: FindStub, tracer: Tracer): Transport {
  async function answer(request: BackendRequest, record: CallRecord): Promise<BackendResponse> {
    const { method, url, headers, signal } = request;
    const found = findStub(method, url);
    record.body = await readText(request.body);
    if (!found) {
      tracer.recordTrouble(request, { unstubbed: `${method} ${url} (${name})` });
      throw new BackendError('ERR_BACKEND_CONNECTION', `${name} has no stub`);
    }
    const outcome = await run(found.stub, request, { method, url, headers, body: record.body });
    if ('failure' in outcome) {
      // Whatever waits for it is ended by the signal.
      if (outcome.failure === 'silent') return new Promise<never>(() => {});
      throw new BackendError('ERR_BACKEND_CONNECTION', `${name} ${FAILURES[outcome.failure]}`);
    }
    const { status = 200, delay = 0 } = outcome.reply;
    if (delay > 0) await wait(delay, signal);
    record.status = status;
    return toResponse(status, outcome.reply, request);
  }

  /** A stub that throws is a fault of the test, not of a backend. */
  async function run(stub: unknown, request: BackendRequest, seen: StubRequest): Promise<StubOutcome> {
    try {
      return await runStub(stub, seen);
    } catch (thrown) {
      tracer.recordTrouble(request, { thrown });
      throw thrown;
    }
  }

  return function answerFromStub(request) {
    const { method, url, headers, signal } = request;
    if (signal.aborted) return Promise.reject(signal.reason);
    const record: CallRecord = { method, url, headers, body: '' };
    tracer.recordCall(name, request, record);
    return untilAborted(answer(request, record), signal);
  };
}

async function readText(body: BackendRequest['body']): Promise<string> {
  if (body === undefined) return '';
  if (Buffer.isBuffer(body)) return body.toString();
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}

function toResponse(status: number, { headers = {}, body }: Reply, request: BackendRequest): BackendResponse {
  const lower: Record<string, string | readonly string[]> = Object.create(null);
  if (!isRaw(body) && !(body instanceof Readable)) lower['content-type'] = 'application/json';
  for (const [name, value] of Object.entries(headers)) lower[name.toLowerCase()] = value;
  return { status, headers: lower, body: toBody(body, request) };
}

function toBody(body: unknown, { stream, signal }: BackendRequest): Readable | Buffer {
  if (body instanceof Readable) {
    signal.addEventListener('abort', () => body.destroy(signal.reason), { once: true });
    return body;
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(isRaw(body) ? (body ?? '') : JSON.stringify(body));
  return stream ? Readable.from([bytes], { objectMode: false }) : bytes;
}

function isRaw(body: unknown): body is string | Buffer | undefined {
  return body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
}
