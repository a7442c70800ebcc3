import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import express from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { createGateway } from '../lib/gateway.js';

const MIB = 2 ** 20;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Host = 'express' | 'node:http';

async function serveGateway(config: unknown, host: Host = 'node:http'): Promise<string> {
  const gateway = createGateway(config as Parameters<typeof createGateway>[0]);
  closers.push(() => gateway.close({ timeout: 0 }));
  return listen(createServer(host === 'express' ? express().use(gateway) : (gateway as RequestListener)));
}

function backend(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

async function statusOf(url: string): Promise<number | undefined> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

/** So many bytes, without holding them. */
function* blocks(bytes: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024, 'x');
  for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}

async function sizeOf(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const piece of stream) size += piece.length;
  return size;
}

test.each<Host>(['express', 'node:http'])(
  'P14 1,200 requests at once to a backend that takes 300 ms are all served, under %s',
  { timeout: 120_000 },
  async (host) => {
    const slow = await backend((_request, response) => {
      setTimeout(() => response.setHeader('Content-Type', 'application/json').end('{"a":1}'), 300);
    });
    const url = await serveGateway(
      { timeout: '60s', connect_timeout: '30s', endpoints: [{ endpoint: '/a', backend: [{ host: [slow] }] }] },
      host,
    );
    const statuses = await Promise.all(Array.from({ length: 1_200 }, () => statusOf(`${url}/a`)));
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  },
);

describe('P14 what is only passed on has no limit', () => {
  const SIZE = 70 * MIB;

  test('an answer', async () => {
    const source = await backend((_request, response) => Readable.from(blocks(SIZE)).pipe(response));
    const url = await serveGateway({
      timeout: '60s',
      max_response_body: MIB,
      endpoints: [{ endpoint: '/a', output_encoding: 'no-op', backend: [{ host: [source] }] }],
    });
    const [response] = (await once(get(`${url}/a`), 'response')) as [IncomingMessage];
    expect(await sizeOf(response)).toBe(SIZE);
  });

  test('a request', async () => {
    const sizes: number[] = [];
    const sink = await backend((incoming, response) => {
      sizeOf(incoming).then((size) => {
        sizes.push(size);
        response.end('done');
      });
    });
    const url = await serveGateway({
      timeout: '60s',
      max_request_body: MIB,
      endpoints: [{ endpoint: '/a', method: 'POST', output_encoding: 'no-op', backend: [{ host: [sink] }] }],
    });
    const sent = request(`${url}/a`, { method: 'POST' });
    Readable.from(blocks(SIZE)).pipe(sent);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(200);
    expect(sizes).toEqual([SIZE]);
  });

  test('but its own: a request beyond it is a 413, known beforehand or not', async () => {
    const sink = await backend((incoming, response) => incoming.resume().on('end', () => response.end()));
    const url = await serveGateway({
      endpoints: [
        {
          endpoint: '/a',
          method: 'POST',
          output_encoding: 'no-op',
          max_request_body: MIB,
          backend: [{ host: [sink] }],
        },
      ],
    });
    for (const headers of [{ 'content-length': 2 * MIB }, {}]) {
      const sent = request(`${url}/a`, { method: 'POST', headers }).on('error', () => {});
      Readable.from(blocks(2 * MIB)).pipe(sent);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      expect(response.resume().statusCode).toBe(413);
    }
  });
});

test('P14 large bodies, heads and queries of ordinary traffic are served', { timeout: 60_000 }, async () => {
  const text = 'x'.repeat(20 * MIB);
  const source = await backend((incoming, response) => {
    const isPost = incoming.method === 'POST';
    for (let line = 0; line < (isPost ? 0 : 900); line++) response.setHeader(`X-${line}`, 'y'.repeat(50));
    sizeOf(incoming).then((size) => response.end(JSON.stringify(isPost ? { size } : { text })));
  });
  const url = await serveGateway({
    timeout: '60s',
    endpoints: [
      { endpoint: '/a', backend: [{ host: [source] }] },
      { endpoint: '/b', method: 'POST', backend: [{ host: [source] }, { host: [source], group: 'second' }] },
      { endpoint: '/q', input_query_strings: ['*'], backend: [{ host: [source], allow: ['none'] }] },
    ],
  });
  const answer = (await fetch(`${url}/a`).then((response) => response.json())) as { text: string };
  expect(answer.text.length).toBe(text.length);
  const body = Buffer.alloc(10 * MIB);
  const posted = await fetch(`${url}/b`, { method: 'POST', body }).then((response) => response.json());
  expect(posted).toEqual({ size: body.length, second: { size: body.length } });
  expect((await fetch(`${url}/q?${'a&'.repeat(3_000)}`)).status).toBe(200);
});
