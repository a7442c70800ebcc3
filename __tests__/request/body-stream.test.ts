import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { isOwedByClient } from '../../lib/core/upload.js';
import { createBodyStream } from '../../lib/request/body-stream.js';
import { parseAnswer, serve, type Wire } from '../router/wire.js';

let wire: Wire;
afterEach(() => wire.close());

const cutOff = () => new Error('cut');
const tooLarge = (limit: number) => new Error(`more than ${limit}`);

test('a cut body is an error, never an end', async () => {
  const outcome = new Promise((resolve) => {
    void serve((request, response) => {
      const stream = createBodyStream(request, response, { cutOff, tooLarge, limit: Infinity });
      stream.on('end', () => resolve('end')).on('error', (error) => resolve(error.message));
      stream.resume();
    }).then(async (created) => {
      wire = created;
      const { socket } = await wire.open();
      socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc');
      await once(wire.server, 'request');
      socket.end();
    });
  });
  expect(await outcome).toBe('cut');
});

test.each([2, 4])('a body of three bytes that was said to have %d is an error, never an end', async (length) => {
  const outcome = new Promise((resolve) => {
    void serve((request, response) => {
      const stream = createBodyStream(request, response, { cutOff, tooLarge, limit: Infinity, length });
      stream.on('end', () => resolve('end')).on('error', (error) => resolve(error.message));
      stream.resume();
    }).then(async (created) => {
      wire = created;
      const { socket } = await wire.open();
      socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc');
    });
  });
  expect(await outcome).toBe('cut');
});

test('whoever destroys it leaves the client its answer and its connection', async () => {
  wire = await serve((request, response) => {
    if (request.method === 'GET') {
      response.setHeader('Connection', 'close').end('second');
      return;
    }
    const stream = createBodyStream(request, response, { cutOff, tooLarge, limit: Infinity });
    stream.on('error', () => {});
    stream.once('data', () => {
      stream.destroy(new Error('backend gone'));
      response.end('first');
    });
  });
  const { socket, until, closed } = await wire.open();
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(1000)}`);
  await until(/first/);
  socket.write('x'.repeat(199_000));
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  expect(parseAnswer(await closed).body).toContain('second');
});

test('a body that nobody reads to its end does not block the connection', async () => {
  wire = await serve((request, response) => {
    if (request.method === 'GET') {
      response.setHeader('Connection', 'close').end('second');
      return;
    }
    const stream = createBodyStream(request, response, { cutOff, tooLarge, limit: Infinity });
    stream.once('readable', () => {
      stream.read(1);
      response.end('first');
    });
  });
  const { socket, until, closed } = await wire.open();
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`);
  await until(/first/);
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  expect(await closed).toContain('second');
});

test('F08 a slow reader holds the sender back', async () => {
  let stream: Readable | undefined;
  wire = await serve((request, response) => {
    stream = createBodyStream(request, response, { cutOff, tooLarge, limit: Infinity });
    stream.on('error', () => {});
    stream.read(0);
  });
  const { socket } = await wire.open();
  const size = 64 * 1024 * 1024;
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
  const [request] = await once(wire.server, 'request');
  // A few chunks fill the stream; then the request must be paused, with the rest still in the sender's hands.
  socket.write(Buffer.alloc(size));
  while (!request.isPaused()) await new Promise((resolve) => setImmediate(resolve));
  expect(stream?.readableLength).toBeLessThan(1024 * 1024);
  expect(socket.writableLength).toBeGreaterThan(size / 2);
  socket.destroy();
});

test('S20 tells whether the client is what its reader waits for', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  let stream: Readable | undefined;
  wire = await serve((request, response) => {
    stream = createBodyStream(request, response, { cutOff, tooLarge, limit: Infinity });
    stream.on('error', () => {});
  });
  const { socket } = await wire.open();
  const size = 8 * 1024 * 1024;
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
  const [request] = await once(wire.server, 'request');
  const isOwed = () => [isOwedByClient(stream), isOwedByClient(request)];
  // Nobody has asked for it yet.
  now = 100;
  expect(isOwed()).toEqual([false, false]);
  stream?.read(0);
  expect(isOwed()).toEqual([true, true]);
  now = 1_000;
  socket.write(Buffer.alloc(size - 1));
  while (!request.isPaused()) await new Promise((resolve) => setImmediate(resolve));
  now = 1_300;
  expect(isOwed()).toEqual([true, true]);
  // A quarter of the time.
  now = 1_334;
  expect(isOwed()).toEqual([false, false]);
  stream?.resume();
  await vi.waitFor(() => expect(isOwed()).toEqual([true, true]));
  socket.write('x');
  await once(stream as Readable, 'end');
  expect(isOwed()).toEqual([false, false]);
  vi.restoreAllMocks();
  socket.destroy();
});

test('S20 goes on telling what was so when its reader gave it up', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  let stream: Readable | undefined;
  wire = await serve((request, response) => {
    stream = createBodyStream(request, response, { cutOff, tooLarge, limit: Infinity });
    stream.read(0);
  });
  const { socket } = await wire.open();
  const size = 8 * 1024 * 1024;
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
  const [request] = await once(wire.server, 'request');
  now = 1_000;
  socket.write(Buffer.alloc(size - 1));
  while (!request.isPaused()) await new Promise((resolve) => setImmediate(resolve));
  now = 1_300;
  stream?.destroy();
  now = 9_000;
  expect(isOwedByClient(stream)).toBe(true);
  vi.restoreAllMocks();
  socket.destroy();
});

test('a limit ends it where it is passed, and not before', async () => {
  const outcomes: string[] = [];
  wire = await serve((request, response) => {
    const stream = createBodyStream(request, response, { cutOff, tooLarge, limit: 10 });
    stream.on('end', () => outcomes.push('end')).on('error', (error) => outcomes.push(error.message));
    stream.on('close', () => response.setHeader('Connection', 'close').end());
    stream.resume();
  });
  const head = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';
  await wire.send(head, 'a\r\n0123456789\r\n', '0\r\n\r\n');
  await wire.send(head, 'a\r\n0123456789\r\n', '1\r\nx\r\n');
  expect(outcomes).toEqual(['end', 'more than 10']);
});
