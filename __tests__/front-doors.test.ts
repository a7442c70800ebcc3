import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import inject, { type DispatchFunc } from 'light-my-request';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../lib/index.js';

interface Call {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A backend that tells what it was asked. */
let backend: Server;
const calls: Call[] = [];

async function answerBackend(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers } = request;
  const body = await text(request).catch(() => undefined);
  // Cut off; the next test may have begun.
  if (body === undefined) return;
  calls.push({ method, url, headers, body });
  response.setHeader('content-type', 'application/json');
  response.setHeader('connection', 'keep-alive');
  if (url === '/large') response.end(`{"text":"${'x'.repeat(200_000)}"}`);
  else response.end(JSON.stringify({ body }));
}

let gateway: Gateway;

beforeAll(async () => {
  backend = createServer((request, response) => void answerBackend(request, response)).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const up = (method: 'POST' | 'GET') => [{ url_pattern: '/up', method }];
  gateway = createGateway({
    host: [`http://127.0.0.1:${(backend.address() as AddressInfo).port}`],
    endpoints: [
      { endpoint: '/get', input_headers: ['*'], input_query_strings: ['*'], backend: up('GET') },
      { endpoint: '/held', method: 'POST', max_request_body: 500_000, backend: up('POST') },
      { endpoint: '/held', method: 'PUT', backend: [...up('POST'), { url_pattern: '/too', method: 'POST' }] },
      { endpoint: '/streamed', method: 'POST', output_encoding: 'no-op', backend: up('POST') },
      { endpoint: '/large', output_encoding: 'no-op', backend: [{ url_pattern: '/large' }] },
    ],
  });
});

afterAll(async () => {
  await gateway.close({ timeout: 0 });
  backend.close();
});

beforeEach(() => {
  calls.length = 0;
});

describe('X03 over HTTP/2', () => {
  let server: Http2Server;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    // Its requests and responses are compatible with those of node:http, as Node says.
    const listener = gateway as unknown as RequestListener;
    server = createHttp2Server((request, response) => listener(request as never, response as never)).listen(0);
    await once(server, 'listening');
    session = connect(`http://localhost:${(server.address() as AddressInfo).port}`);
  });

  afterAll(() => {
    session.destroy();
    server.close();
  });

  async function send(
    headers: OutgoingHttpHeaders,
    ...pieces: readonly string[]
  ): Promise<{ headers: IncomingHttpHeaders; body: string }> {
    const stream = session.request(headers, { endStream: pieces.length === 0 });
    for (const piece of pieces) stream.write(piece);
    if (pieces.length > 0) stream.end();
    const [head] = await once(stream, 'response');
    return { headers: head, body: await text(stream) };
  }

  test('a request is answered, and its pseudo headers stay here', async () => {
    const answer = await send({ ':path': '/get?a=1', ':authority': 'shop.example:8443', 'x-a': '1', te: 'trailers' });
    expect(answer.headers[':status']).toBe(200);
    expect(answer.headers['x-krakend-completed']).toBe('true');
    expect(JSON.parse(answer.body)).toEqual({ body: '' });
    expect(calls).toMatchObject([{ method: 'GET', url: '/up?a=1', headers: { 'x-a': '1' } }]);
    expect(calls[0]?.headers['x-forwarded-host']).toBe('shop.example:8443');
    expect(Object.keys(calls[0]?.headers ?? {}).filter((name) => /^:|^te$/.test(name))).toEqual([]);
    expect(calls[0]?.headers['content-length']).toBeUndefined();
    expect(calls[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  test.each(['/held', '/streamed'])('a body without a length reaches the backend of %s', async (path) => {
    const { headers, body } = await send({ ':path': path, ':method': 'POST' }, 'first ', 'x'.repeat(100_000));
    expect(headers[':status']).toBe(200);
    expect(calls.map((call) => call.body)).toEqual([`first ${'x'.repeat(100_000)}`]);
    expect(JSON.parse(body).body).toHaveLength(100_006);
  });

  test('a body reaches several backends', async () => {
    expect((await send({ ':path': '/held', ':method': 'PUT' }, '{"a":1}')).headers[':status']).toBe(200);
    expect(calls.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  test('a body with a length goes on with it', async () => {
    const size = 300_000;
    await send({ ':path': '/streamed', ':method': 'POST', 'content-length': `${size}` }, 'x'.repeat(size));
    expect(calls[0]?.headers['content-length']).toBe(`${size}`);
    expect(calls[0]?.body).toHaveLength(size);
  });

  test('no body is none', async () => {
    for (const path of ['/held', '/streamed']) await send({ ':path': path, ':method': 'POST' });
    expect(calls.map(({ body }) => body)).toEqual(['', '']);
  });

  test('a large answer comes whole', async () => {
    const { body } = await send({ ':path': '/large' });
    expect(JSON.parse(body).text).toHaveLength(200_000);
  });

  test('a request that is refused gets its answer, and Node has nothing to warn of', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const answer = await send({ ':path': '/held', ':method': 'POST' }, 'x'.repeat(600_000));
    expect(answer.headers[':status']).toBe(413);
    expect((await send({ ':path': '/get', ':authority': 'a@b' })).headers[':status']).toBe(400);
    expect((await send({ ':path': '/nowhere' })).headers[':status']).toBe(404);
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    expect(calls).toEqual([]);
  });

  test('a host that contradicts the authority is refused', async () => {
    expect((await send({ ':path': '/get', ':authority': 'a', host: 'b' })).headers[':status']).toBe(400);
    expect((await send({ ':path': '/get', ':authority': 'a', host: 'a' })).headers[':status']).toBe(200);
    expect(calls).toHaveLength(1);
  });
});

describe('X03 injected without a socket', () => {
  const dispatch = () => gateway as unknown as DispatchFunc;

  test('a request is answered', async () => {
    const answer = await inject(dispatch(), {
      url: '/get?a=1',
      headers: { host: 'shop.example', 'x-a': '1' },
      remoteAddress: '192.0.2.7',
    });
    expect([answer.statusCode, answer.headers['x-krakend-completed']]).toEqual([200, 'true']);
    expect(answer.json()).toEqual({ body: '' });
    expect(calls[0]?.url).toBe('/up?a=1');
    expect(calls[0]?.headers).toMatchObject({
      'x-a': '1',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-host': 'shop.example',
    });
  });

  test.each(['/held', '/streamed'] as const)('a body reaches the backend of %s', async (url) => {
    const payload = 'x'.repeat(100_000);
    const answer = await inject(dispatch(), { method: 'POST', url, payload });
    expect([answer.statusCode, answer.json().body.length]).toEqual([200, payload.length]);
    expect(calls[0]?.headers['content-length']).toBe(`${payload.length}`);
    const empty = await inject(dispatch(), { method: 'POST', url });
    expect([empty.statusCode, calls[1]?.body]).toEqual([200, '']);
  });

  test.each(['/held', '/streamed'] as const)('a body of another length is refused at %s', async (url) => {
    for (const length of ['2', '4']) {
      const answer = await inject(dispatch(), {
        method: 'POST',
        url,
        payload: 'abc',
        headers: { 'content-length': length },
      });
      expect(answer.statusCode).toBe(400);
    }
  });

  test('through an Express app, also one with a body parser', async () => {
    const app = express().use(express.json()).use(gateway);
    const answer = await inject(app as unknown as DispatchFunc, {
      method: 'PUT',
      url: '/held',
      payload: { a: 1 },
    });
    expect(answer.statusCode).toBe(200);
    expect(calls.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  test('a large answer comes whole', async () => {
    const answer = await inject(dispatch(), { url: '/large' });
    expect(answer.json().text).toHaveLength(200_000);
  });

  test('a request that is refused gets its answer', async () => {
    const answer = await inject(dispatch(), { method: 'POST', url: '/held', payload: 'x'.repeat(600_000) });
    expect(answer.statusCode).toBe(413);
    expect(calls).toEqual([]);
  });
});
