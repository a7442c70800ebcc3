import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createGateway } from '../../lib/index.js';
import { createFaultBackend } from './fault-backend.js';

const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Sends a body that only the end of the connection ends; `last` is how it ends. Gives back the answer, and `cut` behind it where that was reset. */
async function ask(last: 'rst' | 'fin', encoding: string): Promise<string> {
  const body = encoding === 'no-op' ? 'half of it' : '{"a":1}';
  const backend = await createFaultBackend({
    role: 'b0',
    onCall: () => ({
      on: 'body',
      // Body and reset reach the gateway in one turn of its loop: libuv then calls the reset an end.
      steps: () => [
        { send: Buffer.from(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`) },
        last === 'rst' ? { rst: true } : { fin: true },
      ],
    }),
  });
  open.push(() => backend.close());
  const gateway = createGateway({
    endpoints: [
      {
        endpoint: '/a',
        output_encoding: encoding,
        backend: [{ host: [`http://127.0.0.1:${backend.port}`], url_pattern: '/a', encoding }],
      },
    ],
  });
  open.push(() => gateway.close());
  const server = createServer((request, response) => gateway(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  const client: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  let received = '';
  let isReset = false;
  client.on('data', (chunk) => {
    received += chunk;
  });
  client.on('error', () => {
    isReset = true;
  });
  client.on('end', () => {
    isReset = client.remotePort === undefined;
  });
  client.write('GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => client.once('close', resolve));
  return isReset ? `${received} cut` : received;
}

test('F03 Z16 a reset that comes together with the last bytes is no end of a streamed body', async () => {
  expect(await ask('rst', 'no-op')).toMatch(/ cut$/);
});

test('F03 Z16 a reset that comes together with the last bytes is no end of a document', async () => {
  expect(await ask('rst', 'json')).toMatch(/^HTTP\/1\.1 500 /);
});

test('F03 Z16 nor where other code has asked the socket for its peer before, as instrumentations do', async () => {
  function onSocket(message: unknown): void {
    const { socket } = message as { socket: Socket };
    socket.once('connect', () => expect(socket.remotePort).toBeGreaterThan(0));
  }
  subscribe('net.client.socket', onSocket);
  open.push(() => unsubscribe('net.client.socket', onSocket));
  expect(await ask('rst', 'json')).toMatch(/^HTTP\/1\.1 500 /);
  expect(await ask('fin', 'json')).toMatch(/\{"a":1\}$/);
});

test('Z05 the end of the connection is the end of such a body', async () => {
  expect(await ask('fin', 'no-op')).toMatch(/Connection: close[\s\S]*\r\n\r\nhalf of it$/);
  expect(await ask('fin', 'json')).toMatch(/\{"a":1\}$/);
});
