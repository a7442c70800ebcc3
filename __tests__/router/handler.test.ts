import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createBufferBudget } from '../../lib/core/buffer-budget.js';
import type { EncodedBody } from '../../lib/encoding/encoding.js';
import { json } from '../../lib/encoding/json.js';
import { EndpointError, type GatewayError, RejectedError, RequestError } from '../../lib/errors.js';
import { NO_HEADERS, type Proxy, type ProxyRequest, type ProxyResponse } from '../../lib/proxy.js';
import { createBodyReader } from '../../lib/request/body.js';
import { createRequestReader } from '../../lib/request/request.js';
import { createResponseWriter, type ResponseWriterOptions } from '../../lib/response/response.js';
import { createEndpointHandler, type HandlerOptions } from '../../lib/router/handler.js';
import { createInFlight } from '../../lib/router/in-flight.js';
import { createMemoryExchange, type RequestInit } from '../../lib/testing/memory-exchange.js';

const METADATA = { status: 200, headers: NO_HEADERS };
const ANSWER: ProxyResponse = { data: { a: 1 }, isComplete: true, metadata: METADATA };
const CLOSING = new EndpointError('ERR_CLOSING', 'The gateway is closing');

function createLog() {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => lines.push({ level, fields, message });
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

function setUp(proxy: Proxy, init: Partial<HandlerOptions> = {}, writing: Partial<ResponseWriterOptions> = {}) {
  const { lines, logger } = createLog();
  const inFlight = init.inFlight ?? createInFlight(10);
  const handle = createEndpointHandler({
    name: 'GET /x/{id}',
    timeout: 1000,
    inFlight,
    budget: createBufferBudget(),
    logger,
    readRequest: createRequestReader({ userAgent: 'test', clientIp: () => '127.0.0.1' }),
    readBody: createBodyReader({ limit: 100, mode: 'buffer' }),
    proxy,
    writer: createResponseWriter({
      endpoint: '/x',
      method: 'GET',
      encode: json.encode,
      cache_ttl: 0,
      logger,
      ...writing,
    }),
    ...init,
  });
  function call(request: Partial<RequestInit> = {}, params = {}) {
    const exchange = createMemoryExchange({ url: '/x/7', ...request });
    exchange.request.on('error', () => {});
    handle(exchange.request, exchange.response, params);
    return exchange;
  }
  return { call, handle, lines, inFlight };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('hands the request on with params, body and signal, and writes the answer', async () => {
  const proxy = vi.fn(async (_request: ProxyRequest) => ANSWER);
  const { call, inFlight } = setUp(proxy);
  const { closed, received } = call({ method: 'POST', body: { n: 1 } }, { id: '7' });
  await closed;
  expect(received()).toMatchObject({ status: 200, bytes: Buffer.from('{"a":1}'), isCut: false });
  const [request] = proxy.mock.calls[0] ?? [];
  expect(request).toMatchObject({ method: 'POST', path: '/x/7', params: { id: '7' }, body: Buffer.from('{"n":1}') });
  expect(request?.signal.aborted).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
  await inFlight.empty();
});

describe('the deadline', () => {
  test('T01 answers when the time is up, and ends what is under way', async () => {
    let signal: AbortSignal | undefined;
    const { call, lines, inFlight } = setUp((request) => {
      signal = request.signal;
      return new Promise(() => {});
    });
    const { closed, received, response } = call();
    await vi.advanceTimersByTimeAsync(999);
    expect(response.headersSent).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(received().status).toBe(500);
    expect(signal?.reason).toMatchObject({ code: 'ERR_ENDPOINT_TIMEOUT', status: 504 });
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'endpoint failed',
        fields: {
          endpoint: 'GET /x/{id}',
          code: 'ERR_ENDPOINT_TIMEOUT',
          reason: 'GET /x/{id} did not answer within 1000 ms',
        },
      },
    ]);
    expect(vi.getTimerCount()).toBe(0);
    await inFlight.empty();
  });

  test('T01 covers the time the body takes to arrive, and calls no backend for it', async () => {
    const proxy = vi.fn(async () => ANSWER);
    const body = new Readable({ read() {} });
    const { call } = setUp(proxy);
    const { closed, received } = call({ method: 'POST', body });
    body.push('half');
    await vi.advanceTimersByTimeAsync(2000);
    await closed;
    expect(received().status).toBe(408);
    body.push(null);
    await vi.advanceTimersByTimeAsync(10);
    expect(proxy).not.toHaveBeenCalled();
  });

  test('T01 covers a stream to its last byte, whatever the stream makes of it', async () => {
    const body = new Readable({ read() {} });
    const { call, inFlight } = setUp(async () => ({ ...ANSWER, data: {}, body }), {}, { encode: undefined });
    const { closed, received } = call();
    await vi.advanceTimersByTimeAsync(0);
    body.push('first');
    await vi.advanceTimersByTimeAsync(999);
    expect(body.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(received()).toMatchObject({ status: 200, isCut: true });
    expect(body.destroyed).toBe(true);
    await inFlight.empty();
  });

  test('E03 covers an encoder that never settles', async () => {
    const encode = () => new Promise<EncodedBody>(() => {});
    const { call } = setUp(async () => ANSWER, {}, { encode });
    const { closed, received } = call();
    await vi.advanceTimersByTimeAsync(1000);
    await closed;
    expect(received().status).toBe(500);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('lets an encoder take its time before that', async () => {
    const encode = () =>
      new Promise<EncodedBody>((resolve) => {
        setTimeout(resolve, 900, { contentType: 'text/x', body: 'late' });
      });
    const { call } = setUp(async () => ANSWER, {}, { encode });
    const { closed, received } = call();
    await vi.advanceTimersByTimeAsync(900);
    await closed;
    expect(received()).toMatchObject({ status: 200, bytes: Buffer.from('late') });
  });

  test('T03 the first outcome wins, however close the second comes', async () => {
    for (const delay of [998, 999, 1000, 1001, 1002]) {
      const { call } = setUp(() => new Promise((resolve) => setTimeout(resolve, delay, ANSWER)));
      const { closed, received } = call();
      await vi.advanceTimersByTimeAsync(1100);
      await closed;
      // The timer of the deadline is the older one of two that are due at once.
      expect(received().status).toBe(delay < 1000 ? 200 : 500);
      expect(received().bytes.toString()).toBe(delay < 1000 ? '{"a":1}' : '');
    }
  });
});

describe('a client that leaves', () => {
  test('T02 ends what is under way, without an error in the log', async () => {
    const client = new AbortController();
    let signal: AbortSignal | undefined;
    const { call, lines, inFlight } = setUp((request) => {
      signal = request.signal;
      return new Promise((_resolve, reject) => request.signal.addEventListener('abort', () => reject(signal?.reason)));
    });
    const { closed } = call({ signal: client.signal });
    await vi.advanceTimersByTimeAsync(10);
    client.abort();
    await closed;
    expect(signal?.reason).toMatchObject({ code: 'ERR_CLIENT_CLOSED' });
    await vi.advanceTimersByTimeAsync(0);
    expect(lines.map(({ level }) => level)).toEqual(['debug']);
    expect(vi.getTimerCount()).toBe(0);
    await inFlight.empty();
  });

  test('T02 during its upload is no reason to call a backend', async () => {
    const client = new AbortController();
    const proxy = vi.fn(async () => ANSWER);
    const body = new Readable({ read() {} });
    const { call, inFlight } = setUp(proxy);
    const { closed } = call({ method: 'POST', body, signal: client.signal });
    body.push('half');
    await vi.advanceTimersByTimeAsync(10);
    client.abort();
    await closed;
    await vi.advanceTimersByTimeAsync(10);
    expect(proxy).not.toHaveBeenCalled();
    await inFlight.empty();
  });

  test('T02 during an earlier middleware is not served and takes no place', async () => {
    const proxy = vi.fn(async () => ANSWER);
    const { call, inFlight } = setUp(proxy);
    call({ signal: AbortSignal.abort() });
    await vi.advanceTimersByTimeAsync(0);
    expect(proxy).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
    await inFlight.empty();
  });

  test('T02 before its turn came behind an earlier answer is not served and takes no place', async () => {
    const proxy = vi.fn(async () => ANSWER);
    const { handle, inFlight } = setUp(proxy);
    const { request, response } = createMemoryExchange({ url: '/x/7' });
    Object.defineProperty(response, 'socket', { value: null });
    request.socket.destroy();
    handle(request, response, {});
    await vi.advanceTimersByTimeAsync(0);
    expect(proxy).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
    await inFlight.empty();
  });
});

describe('failures', () => {
  test('T02 end what may still be under way', async () => {
    let signal: AbortSignal | undefined;
    const { call } = setUp((request) => {
      signal = request.signal;
      return Promise.reject(new EndpointError('ERR_ENDPOINT_FAILED', 'failed'));
    });
    await call().closed;
    expect(signal?.aborted).toBe(true);
  });

  test('E03 a proxy that throws is answered with 500, and the cause is in the log', async () => {
    const cause = new TypeError('x is not a function');
    const { call, lines, inFlight } = setUp(() => {
      throw cause;
    });
    const { closed, received } = call();
    await closed;
    expect(received()).toMatchObject({ status: 500, bytes: Buffer.alloc(0) });
    expect(lines).toMatchObject([{ level: 'error', fields: { code: 'ERR_INTERNAL', err: cause } }]);
    await inFlight.empty();
  });

  test('E03 a proxy that answers with junk is answered with 500', async () => {
    for (const junk of [undefined, null]) {
      const { call } = setUp(() => Promise.resolve(junk as unknown as ProxyResponse));
      const { closed, received } = call();
      await closed;
      expect(received().status).toBe(500);
    }
  });

  test('E03 a writer that throws costs the connection, not the process', async () => {
    const broken = () => {
      throw new Error('broken');
    };
    const { call, inFlight } = setUp(async () => ANSWER, { writer: { write: broken, writeError: broken } });
    const { closed, received } = call();
    await closed;
    expect(received()).toMatchObject({ status: 0, isCut: true });
    await inFlight.empty();
  });

  test('E01 say nothing of what was thrown to the client', async () => {
    const secret = new Error('connect ECONNREFUSED http://users.internal:8080 Bearer canary');
    for (const errors of ['empty', 'json'] as const) {
      const { call } = setUp(() => Promise.reject(secret), {}, { errors, returnErrorMsg: true });
      const { closed, received } = call();
      await closed;
      const { status, headers, bytes } = received();
      expect(status).toBe(500);
      expect(JSON.stringify(headers) + bytes).not.toMatch(/internal:8080|canary|ECONN|at /);
    }
  });

  test('requests that cannot be served are refused before their body is read', async () => {
    const readBody = vi.fn(() => undefined);
    const proxy = vi.fn(async () => ANSWER);
    const { call, lines } = setUp(proxy, { readBody });
    const { closed, received } = call({ method: 'POST', body: 'x' }, { id: 'a%2Fb' });
    await closed;
    expect(received().status).toBe(400);
    expect(readBody).not.toHaveBeenCalled();
    expect(proxy).not.toHaveBeenCalled();
    expect(lines).toMatchObject([{ level: 'debug', fields: { code: 'ERR_REQUEST_PATH' } }]);
  });

  test('F01 of the framing end the trust in a connection: nothing that follows on it is served', async () => {
    const proxy = vi.fn(async () => ANSWER);
    let failure: RequestError | undefined;
    const read = createRequestReader({ userAgent: 'test', clientIp: () => '127.0.0.1' });
    const { call, handle } = setUp(proxy, {
      readRequest(...parameters) {
        if (failure) throw failure;
        return read(...parameters);
      },
    });
    for (const [code, served] of [
      ['ERR_REQUEST_BODY', 1],
      ['ERR_REQUEST_FRAMING', 0],
    ] as const) {
      failure = new RequestError(code, 'refused');
      const first = call();
      failure = undefined;
      const second = createMemoryExchange({ url: '/x/8' });
      second.request.socket = first.request.socket;
      handle(second.request, second.response, {});
      await vi.advanceTimersByTimeAsync(0);
      expect(proxy).toHaveBeenCalledTimes(served);
      proxy.mockClear();
    }
  });

  test('a body that cannot be read is the answer', async () => {
    const { call } = setUp(async () => ANSWER, {
      readBody: () => Promise.reject(new RequestError('ERR_REQUEST_BODY_SIZE', 'too large')),
    });
    const { closed, received } = call({ method: 'POST', body: 'x' });
    await closed;
    expect(received().status).toBe(413);
  });

  test('a guard answers with its status and headers, and nothing of ours', async () => {
    const { call, lines } = setUp(() => Promise.reject(new RejectedError(429, 'too many', { 'retry-after': '7' })));
    const { closed, received } = call();
    await closed;
    expect(received()).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7', 'content-length': '0' },
      bytes: Buffer.alloc(0),
    });
    expect(received().headers).not.toHaveProperty('x-krakend-completed');
    expect(lines).toMatchObject([{ level: 'debug' }]);
  });

  test('a partial answer is a warning that names each failure', async () => {
    const failure = new EndpointError('ERR_ENDPOINT_FAILED', 'backend[1] failed');
    const { call, lines } = setUp(async () => ({ ...ANSWER, isComplete: false, errors: [failure] }));
    await call().closed;
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'partial answer',
        fields: { endpoint: 'GET /x/{id}', errors: [{ code: 'ERR_ENDPOINT_FAILED', reason: 'backend[1] failed' }] },
      },
    ]);
  });
});

describe('who decides whether a request is let in', () => {
  const turnedAway = new RejectedError(429, 'too often', { 'retry-after': '7' });

  test('does so before the body is read and the endpoint is called', async () => {
    for (const decide of [() => turnedAway, async () => turnedAway, () => raiseThis(turnedAway)]) {
      const readBody = vi.fn(() => undefined);
      const proxy = vi.fn(async () => ANSWER);
      const admit = vi.fn(decide);
      const { call, lines, inFlight } = setUp(proxy, { admit, readBody });
      const { closed, received } = call({ method: 'POST', body: 'x' }, { id: '7' });
      await closed;
      expect(received()).toMatchObject({ status: 429, headers: { 'retry-after': '7' }, bytes: Buffer.alloc(0) });
      expect(admit).toHaveBeenCalledWith(expect.objectContaining({ method: 'POST', params: { id: '7' } }));
      expect([readBody, proxy].map((each) => each.mock.calls.length)).toEqual([0, 0]);
      expect(lines).toMatchObject([{ level: 'debug' }]);
      await inFlight.empty();
    }
  });

  test('is not asked about requests that cannot be served', async () => {
    const admit = vi.fn();
    const { call } = setUp(async () => ANSWER, { admit });
    const { closed, received } = call({}, { id: 'a%2Fb' });
    await closed;
    expect(received().status).toBe(400);
    expect(admit).not.toHaveBeenCalled();
  });

  test('may give the answer headers', async () => {
    const { call } = setUp(async () => ANSWER, { admit: () => ({ ratelimit: 'r=1' }) });
    const { closed, received } = call({ method: 'POST', body: 'x' });
    await closed;
    expect(received()).toMatchObject({ status: 200, headers: { ratelimit: 'r=1' }, bytes: Buffer.from('{"a":1}') });
  });

  test('T01 has until the deadline: then it is the gateway that was too slow, and no backend is called', async () => {
    const proxy = vi.fn(async () => ANSWER);
    const admit = () => new Promise<undefined>((resolve) => setTimeout(resolve, 1_500, undefined));
    const { call, lines } = setUp(proxy, { admit });
    const { closed, received } = call({ method: 'POST', body: 'x' });
    await vi.advanceTimersByTimeAsync(3_000);
    await closed;
    expect(received().status).toBe(500);
    expect(lines).toMatchObject([{ fields: { code: 'ERR_ENDPOINT_TIMEOUT' } }]);
    expect(proxy).not.toHaveBeenCalled();
  });
});

function raiseThis(error: Error): never {
  throw error;
}

describe('inFlight', () => {
  test('O01 a full house answers 503 with Retry-After before the body is read, and does not flood the log', async () => {
    const readBody = vi.fn(() => undefined);
    const proxy = vi.fn(() => new Promise<ProxyResponse>(() => {}));
    const { call, lines } = setUp(proxy, { inFlight: createInFlight(1), readBody });
    call();
    expect(readBody).toHaveBeenCalledTimes(1);
    const { closed, received } = call({ method: 'POST', body: 'x' });
    await closed;
    expect(received()).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'content-length': '0' } });
    expect(received().headers).not.toHaveProperty('x-krakend-completed');
    expect(readBody).toHaveBeenCalledTimes(1);
    expect(proxy).toHaveBeenCalledTimes(1);
    expect(lines.map(({ level }) => level)).toEqual(['debug']);
    // Only the deadline of the one inside is left.
    expect(vi.getTimerCount()).toBe(1);
  });

  test('O04 whoever is refused waits for nothing, takes no place and no timer, and has no body read', async () => {
    const readBody = vi.fn(() => undefined);
    const inFlight = createInFlight(1);
    let refusal: RejectedError | undefined = new RejectedError(503, 'no', { 'retry-after': '7' }, 'ERR_OVERLOADED');
    const failures: GatewayError[] = [];
    const { call } = setUp(
      async () => ANSWER,
      { inFlight, readBody, refusal: () => refusal },
      { onFailure: (_request, error) => failures.push(error) },
    );
    const { closed, received } = call({ method: 'POST', body: 'x' });
    expect(vi.getTimerCount()).toBe(0);
    await closed;
    expect(received()).toMatchObject({ status: 503, headers: { 'retry-after': '7', 'content-length': '0' } });
    expect(readBody).not.toHaveBeenCalled();
    expect(failures).toEqual([refusal]);
    await inFlight.empty();

    refusal = undefined;
    const next = call();
    await next.closed;
    expect(next.received().status).toBe(200);
  });

  test('O01 a place is free again after each kind of end', async () => {
    const client = new AbortController();
    const ends: Proxy[] = [
      async () => ANSWER,
      () => Promise.reject(new Error('x')),
      () => {
        throw new Error('x');
      },
      () => new Promise(() => {}),
    ];
    for (const proxy of ends) {
      const inFlight = createInFlight(1);
      const { call } = setUp(proxy, { inFlight });
      call({ signal: client.signal });
      await vi.advanceTimersByTimeAsync(1000);
      await inFlight.empty();
    }
  });

  test('X01 ends requests under way: 503 where nothing was sent, a cut where something was', async () => {
    const inFlight = createInFlight(10);
    const silent = setUp(() => new Promise(() => {}), { inFlight }).call();
    const body = new Readable({ read() {} });
    const streaming = setUp(async () => ({ ...ANSWER, body }), { inFlight }, { encode: undefined }).call();
    await vi.advanceTimersByTimeAsync(0);
    body.push('first');
    await vi.advanceTimersByTimeAsync(0);
    inFlight.cancelAll(CLOSING);
    await Promise.all([silent.closed, streaming.closed, inFlight.empty()]);
    expect(silent.received()).toMatchObject({ status: 503, headers: { connection: 'close' }, isCut: false });
    expect(streaming.received()).toMatchObject({ status: 200, isCut: true });
    expect(body.destroyed).toBe(true);
  });

  test('X01 does not wait for a client that does not take its answer', async () => {
    const inFlight = createInFlight(10);
    const { call } = setUp(async () => ANSWER, { inFlight });
    const { response, closed } = call();
    // What is written never leaves.
    Object.assign(response.socket as object, { _write() {} });
    await vi.advanceTimersByTimeAsync(10);
    expect(response.headersSent).toBe(true);
    inFlight.cancelAll(CLOSING);
    await Promise.all([closed, inFlight.empty()]);
  });
});
