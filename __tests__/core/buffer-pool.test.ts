import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import express, { type RequestHandler } from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { borrow, isBorrowed, isLent, release, releaseMemory, retain, takeMemory } from '../../lib/core/buffer-pool.js';
import { createGateway } from '../../lib/index.js';
import { serve, type Wire } from '../router/wire.js';
import { isFree } from '../support/buffer-pool.js';

describe('memory', () => {
  test('serves the next one as soon as its only holder has let it go', () => {
    const memory = takeMemory();
    expect(takeMemory()).not.toBe(memory);
    releaseMemory(memory);
    expect(takeMemory()).toBe(memory);
  });

  test('is kept for every piece that is held, in whatever order they come back', () => {
    const memory = takeMemory();
    const pieces = [0, 10, 20].map((start) => memory.bytes.subarray(start, start + 10));
    for (const piece of pieces) retain(piece);
    releaseMemory(memory);
    for (const index of [2, 0]) release(pieces[index]!);
    expect(isFree(memory)).toBe(false);
    release(pieces[1]!);
    expect(isFree(memory)).toBe(true);
  });

  test('a piece counts once: giving it back again, or a part of it, frees nothing', () => {
    const memory = takeMemory();
    const [one, other] = [memory.bytes.subarray(0, 10), memory.bytes.subarray(10, 20)];
    retain(one);
    retain(other);
    releaseMemory(memory);
    release(one);
    release(one);
    release(other.subarray(0, 5));
    expect(isFree(memory)).toBe(false);
  });

  test('what was never lent is nobody’s to give back', () => {
    const piece = Buffer.from('mine');
    retain(piece);
    release(piece);
    expect(isLent(piece)).toBe(false);
    expect(isLent(takeMemory().bytes.subarray(3, 4))).toBe(true);
  });

  test('is left to the garbage collection when far more is free than is ever needed', () => {
    const many = Array.from({ length: 100 }, takeMemory);
    for (const memory of many) releaseMemory(memory);
    const known = new Set(many);
    const taken = Array.from({ length: 100 }, takeMemory);
    expect(taken.filter((memory) => known.has(memory)).length).toBe(48);
    for (const memory of taken) releaseMemory(memory);
  });
});

describe('a body is borrowed', () => {
  test('by who promises to give its pieces back', () => {
    const body = new Readable({ read() {} });
    expect(isBorrowed(body)).toBe(false);
    borrow(body);
    expect(isBorrowed(body)).toBe(false);
    body.on('data', () => {});
    expect(isBorrowed(body)).toBe(true);
  });

  test.each(['data', 'readable'])('not while somebody else waits for its %s', (event) => {
    const body = new Readable({ read() {} });
    borrow(body);
    body.on('data', () => {}).on(event, () => {});
    expect(isBorrowed(body)).toBe(false);
  });
});

describe('streams through a gateway', () => {
  const wires: Wire[] = [];

  afterEach(async function closeAll() {
    for (const wire of wires.splice(0)) await wire.close();
  });

  async function listen(listener: RequestListener): Promise<string> {
    const wire = await serve(listener);
    wires.push(wire);
    return `http://127.0.0.1:${wire.port}`;
  }

  /** Bytes of which every four are different, and different from those of another seed. */
  function bytesOf(seed: number, length: number): Buffer {
    const numbers = Uint32Array.from({ length: Math.ceil(length / 4) }, (_, at) => seed * 2 ** 24 + at);
    return Buffer.from(numbers.buffer, 0, length);
  }

  const FRAMINGS = ['length', 'chunked', 'close'];

  /** Answers `/SEED/LENGTH/FRAMING`. */
  const answerBytes: RequestListener = function answerBytes({ url }, response) {
    const [, seed, length, framing] = url!.split('/');
    const bytes = bytesOf(Number(seed), Number(length));
    // Reads as large as they can be.
    if (framing === 'length') return response.end(bytes);
    if (framing === 'close') response.useChunkedEncodingByDefault = false;
    // Some pieces lie across reads, some share one.
    for (let at = 0; at < bytes.length; at += 50_001) response.write(bytes.subarray(at, at + 50_001));
    return response.end();
  };

  async function openGateway(host: string, middleware: RequestHandler[] = []): Promise<string> {
    const gateway = createGateway({
      version: 3,
      timeout: '60s',
      // This process makes bodies meanwhile, which takes seconds on a busy machine.
      connect_timeout: '60s',
      max_response_body: 20_000_000,
      host: [host],
      output_encoding: 'no-op',
      endpoints: [
        {
          endpoint: '/{seed}/{length}/{framing}',
          backend: [{ url_pattern: '/{seed}/{length}/{framing}', encoding: 'no-op' }],
        },
      ],
    });
    return listen(express().use(...middleware, gateway));
  }

  /** The head of an answer, whose body nobody reads yet. */
  async function open(url: string): Promise<IncomingMessage> {
    const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
    return response;
  }

  async function read(url: string): Promise<Buffer> {
    return Buffer.concat(await (await open(url)).toArray());
  }

  test('quick ones get every byte of their own beside slow ones, and so do these in the end', async () => {
    const origin = await openGateway(await listen(answerBytes));
    // More than all buffers of the system take, so that pieces wait in every place where they can.
    const slow = FRAMINGS.map((framing, seed) => ({ seed, length: 16_000_000, framing }));
    const quick = Array.from({ length: 24 }, (_, index) => ({
      seed: index + 10,
      length: 200_000 + index * 50_000,
      framing: FRAMINGS[index % 3],
    }));
    const waiting = await Promise.all(
      slow.map(({ seed, length, framing }) => open(`${origin}/${seed}/${length}/${framing}`)),
    );
    const results: string[] = [];
    for (const { seed, length, framing } of quick) {
      const bytes = await read(`${origin}/${seed}/${length}/${framing}`);
      results.push(bytes.equals(bytesOf(seed, length)) ? 'right' : `${framing} is wrong`);
    }
    for (const [index, { seed, length, framing }] of slow.entries()) {
      const bytes = Buffer.concat(await waiting[index]!.toArray());
      results.push(bytes.equals(bytesOf(seed, length)) ? 'right' : `slow ${framing} is wrong`);
    }
    expect(new Set(results)).toEqual(new Set(['right']));
  });

  test('many at a time, some of which leave, get every byte of their own', async () => {
    const origin = await openGateway(await listen(answerBytes));
    const readings = Array.from({ length: 36 }, async (_, seed) => {
      const length = 200_000 + seed * 50_000;
      const response = await open(`${origin}/${seed}/${length}/${FRAMINGS[seed % 3]}`);
      if (seed % 7 === 6) {
        await once(response, 'readable');
        response.destroy();
        return 'right';
      }
      return Buffer.concat(await response.toArray()).equals(bytesOf(seed, length)) ? 'right' : `${seed} is wrong`;
    });
    expect(new Set(await Promise.all(readings))).toEqual(new Set(['right']));
  });

  test('a middleware that keeps what is written keeps what was sent', async () => {
    const kept = new Map<string, Buffer[]>();
    const origin = await openGateway(await listen(answerBytes), [
      function keepPieces(request, response, next) {
        const pieces: Buffer[] = [];
        const { write } = response;
        kept.set(request.url, pieces);
        response.write = function keep(chunk: Buffer, ...rest: unknown[]) {
          pieces.push(chunk);
          return Reflect.apply(write, response, [chunk, ...rest]);
        } as typeof write;
        next();
      },
    ]);
    const length = 2_000_000;
    const paths = Array.from({ length: 6 }, (_, seed) => `/${seed}/${length}/${FRAMINGS[seed % 3]}`);
    await Promise.all(paths.map((path) => read(origin + path)));
    const isLogged = paths.map((path, seed) => Buffer.concat(kept.get(path)!).equals(bytesOf(seed, length)));
    expect(isLogged).toEqual(paths.map(() => true));
  });

  test('the head of the next answer stays as it is, even when it comes in two pieces and other bodies between them', async () => {
    const sent = new EventEmitter();
    const halfSent = once(sent, 'half');
    const host = await listen((request, response) => {
      if (!request.url!.startsWith('/0/')) return answerBytes(request, response);
      const { socket } = request;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Word: whole-', () => sent.emit('half', socket));
    });
    const origin = await openGateway(host);
    await read(`${origin}/1/500000/length`);
    const answered = open(`${origin}/0/2/length`);
    const [socket] = (await halfSent) as [Socket];
    await Promise.all([1, 2, 3, 4].map((seed) => read(`${origin}/${seed}/500000/length`)));
    // Long enough to lie over all of the first half, would it be read to the same place.
    socket.write(`${'word'.repeat(100)}\r\n\r\nok`);
    const response = await answered;
    expect(response.headers['x-word']).toBe(`whole-${'word'.repeat(100)}`);
    expect(Buffer.concat(await response.toArray()).toString()).toBe('ok');
  });
});
