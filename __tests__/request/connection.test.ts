import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../../lib/index.js';
import { distrust, isDistrusted, onConnectionClose } from '../../lib/request/connection.js';

const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listen(server: {
  listen(port: number, host: string): unknown;
  close(): unknown;
  address(): unknown;
}): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server as never, 'listening');
  open.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A backend that answers `/quick` and leaves everything else unanswered, and a gateway in front of it. */
async function start(): Promise<{ gateway: Gateway; port: number; calls: string[]; closed: string[] }> {
  const calls: string[] = [];
  const closed: string[] = [];
  const backend = createTcpServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      const path = bytes.toString().split(' ')[1] as string;
      calls.push(path);
      socket.once('close', () => closed.push(path));
      if (path === '/quick') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}');
    });
  });
  const host = [`http://127.0.0.1:${await listen(backend)}`];
  const gateway = createGateway({
    endpoints: [
      { endpoint: '/slow/{id}', timeout: '20s', backend: [{ host, url_pattern: '/slow/{id}' }] },
      { endpoint: '/post', method: 'POST', timeout: '20s', backend: [{ host, url_pattern: '/post' }] },
      { endpoint: '/quick', backend: [{ host, url_pattern: '/quick' }] },
    ],
  });
  open.push(() => gateway.close({ timeout: 1 }));
  const port = await listen(createServer((request, response) => gateway(request, response)));
  return { gateway, port, calls, closed };
}

function dial(port: number, text: string): { socket: Socket; received(): string } {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  let bytes = '';
  socket.on('data', (chunk) => {
    bytes += chunk.toString('latin1');
  });
  socket.write(text);
  open.push(() => socket.destroy());
  return { socket, received: () => bytes };
}

test('onConnectionClose puts one listener on a socket and tells everybody who still waits', () => {
  const { socket } = new (class {
    readonly socket = connect(1, '127.0.0.1').on('error', () => {});
  })();
  const told: number[] = [];
  const before = socket.listenerCount('close');
  const stops = Array.from({ length: 20 }, (_, index) => onConnectionClose(socket, () => told.push(index)));
  expect(socket.listenerCount('close')).toBe(before + 1);
  for (const stop of stops.slice(2)) stop();
  socket.emit('close');
  expect(told).toEqual([0, 1]);
  socket.destroy();
});

test('a connection is trusted until it is said not to be', () => {
  const { socket } = { socket: {} as IncomingMessage['socket'] };
  expect(isDistrusted(socket)).toBe(false);
  distrust(socket);
  expect(isDistrusted(socket)).toBe(true);
});

describe('requests behind another on their connection', () => {
  test('T02 are given up as well when the client leaves, with a body and without', async () => {
    const { gateway, port, calls, closed } = await start();
    const post = 'POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}';
    const { socket } = dial(
      port,
      `GET /slow/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /slow/2 HTTP/1.1\r\nHost: h\r\n\r\n${post}`,
    );
    await expect.poll(() => calls.length).toBe(3);
    socket.resetAndDestroy();
    await expect.poll(() => closed.length).toBe(3);
    // Nobody is left inside, or this would wait for ten seconds.
    await gateway.close();
  });

  test('T04 put no pile of listeners on the socket', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    open.push(() => process.off('warning', note));
    const { port, calls } = await start();
    const { socket } = dial(port, 'GET /slow/1 HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(30));
    await expect.poll(() => calls.length).toBe(30);
    socket.resetAndDestroy();
    await expect.poll(() => warnings).toEqual([]);
  });

  test('F01 are not served when they came with a request whose framing was refused', async () => {
    const { port, calls } = await start();
    const hidden = 'GET /slow/hidden HTTP/1.1\r\nHost: h\r\n\r\n';
    const { socket, received } = dial(
      port,
      `POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \r\nContent-Length: 2\r\n\r\n{}${hidden}`,
    );
    await once(socket, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 400 /);
    expect(received().match(/HTTP\/1\.1/g)).toHaveLength(1);
    // Had it been served, the call would be there before this one.
    dial(port, 'GET /quick HTTP/1.1\r\nHost: h\r\n\r\n');
    await expect.poll(() => calls).toEqual(['/quick']);
  });
});
