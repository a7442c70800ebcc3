import { get, type IncomingMessage, OutgoingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import compression from 'compression';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isBorrowed, releaseMemory, retain, takeMemory } from '../../lib/core/buffer-pool.js';
import { pipeBody } from '../../lib/response/pipe.js';
import { serve, type Wire } from '../router/wire.js';
import { isFree } from '../support/buffer-pool.js';

let wire: Wire;
afterEach(() => wire.close());

const GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

async function servePipe(body: Readable, length?: number) {
  const onEarlyFailure = vi.fn();
  const onCut = vi.fn();
  wire = await serve((_request, response) => {
    if (length !== undefined) response.setHeader('Content-Length', length);
    pipeBody({
      response,
      body,
      length,
      onCut,
      onEarlyFailure(error) {
        onEarlyFailure(error);
        response.writeHead(502, { 'content-length': '0' }).end();
      },
    });
  });
  return { onEarlyFailure, onCut };
}

describe('F03 a body ends where it says', () => {
  test('a body of the right length arrives', async () => {
    const { onCut } = await servePipe(Readable.from([Buffer.from('abc'), 'def']), 6);
    expect(await wire.send(GET)).toMatch(/\r\n\r\nabcdef$/);
    expect(onCut).not.toHaveBeenCalled();
  });

  test('a longer one is cut where it would run over', async () => {
    const body = Readable.from([Buffer.from('abc'), Buffer.from('defHTTP/1.1 200 OK')]);
    const { onCut } = await servePipe(body, 4);
    expect(await wire.send(GET)).not.toMatch(/def|OK\r\n\r\n$/);
    expect(onCut).toHaveBeenCalledOnce();
  });

  test('a shorter one does not end cleanly', async () => {
    const { onCut } = await servePipe(Readable.from([Buffer.from('abc')]), 4);
    await wire.send(GET);
    expect(onCut).toHaveBeenCalledOnce();
  });

  test('one that is empty against its word can still become an error', async () => {
    const { onEarlyFailure } = await servePipe(Readable.from([]), 4);
    await wire.send(GET);
    expect(onEarlyFailure).toHaveBeenCalledOnce();
  });

  test('a stream that was destroyed before we came is an error at once', async () => {
    const body = Readable.from(['abc']);
    body.destroy();
    await new Promise((resolve) => body.once('close', resolve));
    await servePipe(body);
    expect(await wire.send(GET)).toMatch(/^HTTP\/1.1 502 /);
  });

  test('a stream that had ended before we came is an empty body', async () => {
    const body = Readable.from([]);
    await body.toArray();
    await servePipe(body);
    expect(await wire.send(GET)).toMatch(/^HTTP\/1.1 200 [\s\S]*Content-Length: 0\r\n\r\n$/);
  });
});

describe('a stream without a length', () => {
  test('has its head sent before there is anything else', async () => {
    const body = new Readable({ read() {} });
    await servePipe(body);
    const { socket, until, closed } = await wire.open();
    socket.write(GET);
    expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\n\r\n$/);
    body.push('event');
    await until(/event/);
    body.push(null);
    expect(await closed).toMatch(/0\r\n\r\n$/);
  });

  test('is cut when it fails after its head', async () => {
    const body = new Readable({ read() {} });
    const { onCut, onEarlyFailure } = await servePipe(body);
    const { socket, until, closed } = await wire.open();
    socket.write(GET);
    await until(/\r\n\r\n/);
    body.destroy(new Error('reset'));
    expect(await closed).not.toMatch(/0\r\n\r\n$/);
    expect(onCut).toHaveBeenCalledOnce();
    expect(onEarlyFailure).not.toHaveBeenCalled();
  });

  test('one with a length keeps its head back, so that it can become an error', async () => {
    const body = new Readable({ read() {} });
    const { onEarlyFailure } = await servePipe(body, 9);
    const answer = wire.send(GET);
    await vi.waitUntil(() => body.listenerCount('data') === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    body.destroy(new Error('reset'));
    expect(await answer).toMatch(/^HTTP\/1.1 502 /);
    expect(onEarlyFailure).toHaveBeenCalledOnce();
  });

  test('arrives piece by piece through a middleware that compresses it', async () => {
    const body = new Readable({ read() {} });
    const compress = compression();
    const fail = () => expect.unreachable();
    wire = await serve((request, response) => {
      response.setHeader('Content-Type', 'text/event-stream');
      compress(request as never, response as never, () => {
        pipeBody({ response, body, length: undefined, onCut: fail, onEarlyFailure: fail });
      });
    });
    const answer = await new Promise<IncomingMessage>((resolve) => {
      get({ port: wire.port, host: '127.0.0.1', headers: { 'accept-encoding': 'gzip' } }, resolve);
    });
    expect(answer.headers['content-encoding']).toBe('gzip');
    const pieces = answer.pipe(createGunzip())[Symbol.asyncIterator]();
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      body.push(event);
      expect(String((await pieces.next()).value)).toBe(event);
    }
    body.push(null);
    expect((await pieces.next()).done).toBe(true);
  });
});

test('F08 a slow client holds the backend back, and everything arrives in the end', async () => {
  const total = 384;
  let produced = 0;
  const body = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      produced++;
      this.push(produced > total ? null : Buffer.alloc(64 * 1024, 'x'));
    },
  });
  await servePipe(body);
  const { socket, closed } = await wire.open();
  socket.pause();
  socket.write(GET);
  // It stands still once every buffer on the way is full.
  let before = -1;
  await vi.waitFor(
    () => {
      const isStill = produced > 0 && produced === before;
      before = produced;
      expect(isStill).toBe(true);
    },
    { timeout: 10_000, interval: 100 },
  );
  expect(produced).toBeLessThan(total);
  socket.resume();
  expect((await closed).split('x').length - 1).toBe(total * 64 * 1024);
});

test('F08 small pieces that come while one is on its way go out in blocks, and the last of them by itself', async () => {
  const write = vi.spyOn(OutgoingMessage.prototype, 'write');
  const body = new Readable({ read() {} });
  await servePipe(body);
  const { socket, until, closed } = await wire.open();
  socket.write(GET);
  await vi.waitUntil(() => body.listenerCount('data') === 1);
  for (let n = 0; n < 40; n++) body.push(Buffer.alloc(1_000, 65 + n));
  // The body goes on, but nothing of it may be kept back.
  const text = await until(new RegExp(`${String.fromCharCode(65 + 39)}{1000}`));
  const sizes = write.mock.calls.map(([piece]) => piece.length);
  expect(sizes.length).toBeLessThan(10);
  expect(Math.max(...sizes)).toBe(17_000);
  for (let n = 0; n < 40; n++) expect(text).toContain(String.fromCharCode(65 + n).repeat(900));
  body.push(null);
  await closed;
  write.mockRestore();
});

test('T02 a client that leaves ends the backend stream', async () => {
  const body = new Readable({ read() {} });
  body.push('abc');
  const { onCut, onEarlyFailure } = await servePipe(body);
  const { socket, until } = await wire.open();
  socket.write(GET);
  await until(/abc/);
  socket.destroy();
  await vi.waitFor(() => expect(body.destroyed).toBe(true));
  expect(onCut).not.toHaveBeenCalled();
  expect(onEarlyFailure).not.toHaveBeenCalled();
});

test('T04 no listener stays behind', async () => {
  const body = Readable.from(['abc']);
  const before = body.listenerCount('data') + body.listenerCount('end') + body.listenerCount('close');
  await servePipe(body);
  await wire.send(GET);
  expect(body.listenerCount('data') + body.listenerCount('end') + body.listenerCount('close')).toBe(before);
});

describe('memory that was lent', () => {
  /** A body whose only piece lies in memory that nobody else holds. */
  function lentBody(text: string) {
    const memory = takeMemory();
    const piece = memory.bytes.subarray(0, memory.bytes.write(text));
    const body = new Readable({ read() {} });
    retain(piece);
    releaseMemory(memory);
    return { memory, piece, body };
  }

  test('is given back when the piece is written, and not before', async () => {
    const { memory, piece, body } = lentBody('abc');
    const { onCut } = await servePipe(body, 3);
    const answer = wire.send(GET);
    await vi.waitUntil(() => body.listenerCount('data') === 1);
    expect(isBorrowed(body)).toBe(true);
    body.push(piece);
    expect(isFree(memory)).toBe(false);
    body.push(null);
    expect(await answer).toMatch(/\r\n\r\nabc$/);
    expect(isFree(memory)).toBe(true);
    expect(onCut).not.toHaveBeenCalled();
  });

  test.each<[string, (response: ServerResponse) => unknown]>([
    ['the answer', (response) => response],
    ['its socket', (response) => response.socket],
  ])('is not asked for where somebody sees what is written to %s', async (_title, seen) => {
    const body = new Readable({ read() {} });
    wire = await serve((_request, response) => {
      const watched = seen(response) as { write(...parameters: unknown[]): unknown };
      const write = watched.write.bind(watched);
      watched.write = (...parameters) => write(...parameters);
      pipeBody({ response, body, length: undefined, onEarlyFailure() {}, onCut() {} });
    });
    const answer = wire.send(GET);
    await vi.waitUntil(() => body.listenerCount('data') === 1);
    expect(isBorrowed(body)).toBe(false);
    body.push('abc');
    body.push(null);
    expect(await answer).toContain('abc');
  });
});
