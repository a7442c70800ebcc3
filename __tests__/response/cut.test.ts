import { Agent, createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createGateway, type GatewayConfig, type GatewayOptions } from '../../lib/index.js';

const TIMEOUT = 2000;
/** More than the kernel keeps for a socket. */
const LARGE = 12 * 2 ** 20;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** A gateway before a backend whose `/large` is a document of 12 MiB, and which never answers `/never`. */
async function start(limit: number, options: GatewayOptions = {}, router: object = {}) {
  const large = JSON.stringify({ text: 'x'.repeat(LARGE) });
  const { port: backend } = await listen((request, response) => {
    if (request.url === '/never') return;
    if (request.url === '/slow') {
      globalThis.setTimeout(() => response.end('{"slow":1}'), TIMEOUT * 0.8);
      return;
    }
    if (request.url === '/wrong') response.statusCode = 418;
    response.setHeader('content-type', 'application/json');
    response.end(request.url === '/small' ? '{"a":1}' : large);
  });
  const host = [`http://127.0.0.1:${backend}`];
  const endpoint = (path: string, more: object = {}, at = path) => ({
    endpoint: path,
    timeout: `${TIMEOUT}ms`,
    backend: [{ host, url_pattern: at, max_response_body: 2 * LARGE }],
    ...more,
  });
  const exposing = { 'backend/http': { return_error_code: true } };
  const config = {
    max_in_flight_requests: limit,
    endpoints: [
      endpoint('/small'),
      endpoint('/never'),
      endpoint('/slow'),
      endpoint('/quick', { timeout: `${TIMEOUT / 10}ms` }, '/small'),
      endpoint('/large'),
      endpoint('/stream', { output_encoding: 'no-op' }, '/large'),
      { ...endpoint('/wrong'), backend: [{ ...endpoint('/wrong').backend[0], extra_config: exposing }] },
    ],
    extra_config: { router: { return_error_msg: true, ...router } },
  } as unknown as GatewayConfig;
  const gateway = createGateway(config, options);
  closing.push(() => gateway.close({ timeout: 0 }));
  const { port, server } = await listen((request, response) => gateway(request, response, () => undefined));
  return { port, server, gateway };
}

/** A client that sends and never reads. */
async function deaf(port: number, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  closing.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write(text);
}

/** A client that does not read hears of no end. */
async function untilClosed(server: Server, milliseconds: number): Promise<void> {
  const endsAt = performance.now() + milliseconds;
  while ((await promisify(server.getConnections.bind(server))()) > 0) {
    if (performance.now() > endsAt) throw new Error('the connection is still open');
    await setTimeout(20);
  }
}

function read(port: number, path: string, agent: Agent): Promise<{ status: number; length: number; reused: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, path, agent }, (answer) => {
      let length = 0;
      answer.on('data', (chunk) => {
        length += chunk.length;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, length, reused: sent.reusedSocket }));
    });
    sent.on('error', reject).end();
  });
}

function get(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, path, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

async function untilAnswered(port: number, status: number, milliseconds: number): Promise<void> {
  const endsAt = performance.now() + milliseconds;
  while ((await get(port, '/small')) !== status) {
    if (performance.now() > endsAt) throw new Error(`not answered with ${status} in time`);
    await setTimeout(10);
  }
}

const line = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('clients that never read', () => {
  test.each([
    ['an encoded answer', line('/large')],
    ['a stream', line('/stream')],
    ['an error answer with the body of the backend', line('/wrong')],
    ['an answer behind an earlier one of the connection', line('/large') + line('/large')],
    ['the head of a stream', line('/stream', 'HEAD') + line('/large')],
  ])('P11 leave their places at the deadline: %s', async (_what, text) => {
    const { port } = await start(2);
    for (let count = 0; count < 2; count++) await deaf(port, text);
    await untilAnswered(port, 503, TIMEOUT);
    await untilAnswered(port, 200, TIMEOUT + 1000);
  });

  test.each(['/large', '/never'])(
    'P11 leave their places behind an answer of the app that never ends: %s',
    async (path) => {
      const { port } = await start(4);
      for (let count = 0; count < 2; count++) await deaf(port, line('/hold') + line(path) + line(path));
      await untilAnswered(port, 503, TIMEOUT);
      await untilAnswered(port, 200, TIMEOUT + 2500);
    },
  );

  test('P11 have one second for answers that no deadline bounds', async () => {
    const body = { text: 'x'.repeat(LARGE) };
    const { port, server } = await start(4, { fallthrough: false }, { error_body: { '404': body } });
    await deaf(port, line('/none'));
    await setTimeout(500);
    await untilClosed(server, 3000);
    expect(await get(port, '/none')).toBe(404);
  });

  test('P11 do not hold up the end of the gateway', async () => {
    const { port, server, gateway } = await start(4);
    await deaf(port, line('/large'));
    await setTimeout(TIMEOUT / 2);
    await gateway.close({ timeout: 0 });
    await untilClosed(server, 500);
  });

  test('P11 an answer that waits behind a slower one does not take that one along', async () => {
    const { port } = await start(4);
    const socket = connect(port, '127.0.0.1');
    closing.push(() => socket.destroy());
    let text = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      text += piece;
    });
    socket.write(line('/slow') + line('/quick'));
    const endsAt = performance.now() + TIMEOUT * 2;
    while (!text.includes('"a":1') && !socket.destroyed && performance.now() < endsAt) await setTimeout(10);
    expect(text.replaceAll(/\r\n/g, ' ')).toMatch(/200 OK.*"slow":1.*200 OK.*"a":1/);
  });

  test('F08 one that reads gets all of it, and its connection stays', async () => {
    const { port } = await start(1);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    for (const path of ['/large', '/stream', '/wrong', '/small']) {
      const { status, length, reused } = await read(port, path, agent);
      expect({ path, status, reused }).toEqual({
        path,
        status: path === '/wrong' ? 418 : 200,
        reused: path !== '/large',
      });
      expect(length).toBeGreaterThan(path === '/small' ? 5 : LARGE);
      await setTimeout(TIMEOUT + 100);
    }
  });
});
