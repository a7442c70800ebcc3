import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { openHeld, take } from '../../lib/core/buffer-budget.js';
import { createInflate } from '../../lib/transport/inflate.js';
import { createSemaphore } from '../../lib/transport/semaphore.js';
import type { BackendResponse } from '../../lib/transport/transport.js';
import type { Wire } from '../../lib/transport/wire.js';
import { answer, type RawServer, startRawServer } from '../support/raw-server.js';
import { type Outcome, openWire, outcomeOf, requestTo, SETTINGS } from './support.js';

const TEXT = JSON.stringify({ list: Array.from({ length: 50 }, (_, id) => ({ id, name: `name ${id}` })) });
const LIMIT = 100_000;
const CODINGS = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
] as const;

function encoded(coding: string | readonly string[], body: Buffer): BackendResponse {
  const headers = { 'content-encoding': coding, 'content-length': String(body.length), 'content-type': 'a/b' };
  return { status: 200, headers: Object.assign(Object.create(null), headers), body };
}

const gate = createSemaphore(4);
async function inflated(coding: string | readonly string[], body: Buffer, maxBody = LIMIT): Promise<Outcome> {
  const inflate = createInflate({ name: 'backend[0]', maxBody, gate });
  return outcomeOf(
    Promise.resolve(encoded(coding, body)).then((response) => inflate(response, new AbortController().signal)),
  );
}

describe('B02 a compressed body', () => {
  it.each(CODINGS)('Z04 of %s is inflated, and its headers no longer speak of it', async (coding, compress) => {
    const { text, headers } = await inflated(coding, compress(TEXT));
    expect(text).toBe(TEXT);
    expect(headers).toEqual({ 'content-type': 'a/b' });
    expect(Object.getPrototypeOf(headers)).toBeNull();
  });

  it.each(['', 'identity', 'none', 'binary', '8bit', 'UTF-8', 'utf8'])(
    'that says %j is plain, and its headers no longer speak of it',
    async (coding) => {
      expect(await inflated(coding, Buffer.from(TEXT))).toMatchObject({
        text: TEXT,
        headers: { 'content-type': 'a/b' },
      });
    },
  );

  it.each(['zstd', 'compress', 'gzip, br', 'identity, gzip', 'utf-8, gzip', 'iso-8859-1'])(
    'that says %j is an error',
    async (coding) => {
      expect(await inflated(coding, Buffer.from(TEXT))).toMatchObject({ code: 'ERR_BACKEND_DECODE' });
    },
  );

  it('Z04 of any size is inflated', async () => {
    const noise = Buffer.from(Array.from({ length: 80_000 }, (_, n) => (n * 7919) % 251));
    expect((await inflated('gzip', gzipSync(noise, { level: 0 }))).text).toBe(noise.toString('latin1'));
    const long = 'ab'.repeat(200_000);
    expect((await inflated('br', brotliCompressSync(long), 400_000)).text).toBe(long);
  });

  it('Z04 without a limit is inflated up to what a Buffer can hold', async () => {
    for (const body of [Buffer.from(TEXT), randomBytes(40_000)]) {
      expect((await inflated('gzip', gzipSync(body), Infinity)).text).toBe(body.toString('latin1'));
    }
  });

  it('in several gzip members is one body', async () => {
    const members = Buffer.concat([gzipSync('ab'), gzipSync('cd')]);
    expect((await inflated('gzip', members)).text).toBe('abcd');
  });

  it.each(CODINGS)('Z30 of %s that is cut anywhere is an error', async (coding, compress) => {
    const whole = compress(TEXT);
    for (let length = 1; length < whole.length; length += 7) {
      expect(await inflated(coding, whole.subarray(0, length))).toMatchObject({ code: 'ERR_BACKEND_DECODE' });
    }
  });

  it.each(CODINGS)('Z30 of %s with bytes behind its end is an error', async (coding, compress) => {
    for (const junk of ['x', '\0\0\0\0', '\x1f\x8b\x01', 'junk behind']) {
      const body = Buffer.concat([compress(TEXT), Buffer.from(junk, 'latin1')]);
      expect(await inflated(coding, body)).toMatchObject({ code: 'ERR_BACKEND_DECODE' });
    }
  });

  it('Z30 that is not what its header says is an error', async () => {
    for (const coding of ['gzip', 'br', 'deflate']) {
      expect(await inflated(coding, Buffer.from(TEXT))).toMatchObject({ code: 'ERR_BACKEND_DECODE' });
    }
  });

  it.each([['zstd'], ['compress'], ['gzip, gzip'], ['gzip, identity'], [['gzip', 'gzip']], [['gzip', 'br']]])(
    'Z29 of %j is an error',
    async (coding) => {
      expect(await inflated(coding, gzipSync(gzipSync(TEXT)))).toMatchObject({ code: 'ERR_BACKEND_DECODE' });
    },
  );

  it('of identity, or of no byte at all, is taken as it is', async () => {
    expect((await inflated('identity', Buffer.from(TEXT))).text).toBe(TEXT);
    expect((await inflated('gzip', Buffer.alloc(0))).text).toBe('');
  });
});

describe('the room of a compressed body in memory', () => {
  it.each([
    ['at once', TEXT],
    ['by a thread', 'ab'.repeat(100_000)],
  ])('becomes that of what it is inflated to, %s', async (_title, text) => {
    const body = gzipSync(text);
    const inflate = createInflate({ name: 'backend[0]', maxBody: 1_000_000, gate });
    async function inflateWithin(limit: number) {
      const budget = { limit, used: 0 };
      const held = openHeld(budget);
      take(held, body.length);
      const { signal } = new AbortController();
      const outcome = await outcomeOf(
        Promise.resolve(encoded('gzip', body)).then((response) => inflate(response, signal, held)),
      );
      return { ...outcome, used: budget.used };
    }
    expect(await inflateWithin(text.length)).toMatchObject({ text, used: text.length });
    expect(await inflateWithin(text.length - 1)).toMatchObject({ code: 'ERR_OVERLOADED', used: 0 });
  });
});

describe('B01 a bomb', () => {
  it.each(CODINGS)('Z27 Z28 of %s is stopped at the limit', async (coding, compress) => {
    expect(await inflated(coding, compress(Buffer.alloc(20_000_000)))).toMatchObject({ code: 'ERR_BACKEND_SIZE' });
  });

  it.each([
    [200, 4],
    [40, 32],
  ])(
    'is stopped, %d of them at once, in bounded memory, at a limit of %d MiB',
    { timeout: 120_000 },
    async (count, limit) => {
      const bomb = gzipSync(Buffer.alloc(50_000_000));
      const before = process.memoryUsage().rss;
      let most = 0;
      const outcomes = await Promise.all(
        Array.from({ length: count }, async () => {
          const outcome = await inflated('gzip', bomb, limit * 2 ** 20);
          most = Math.max(most, process.memoryUsage().rss);
          return outcome;
        }),
      );
      for (const { code } of outcomes) expect(code).toBe('ERR_BACKEND_SIZE');
      expect(most - before).toBeLessThan(256 * 2 ** 20);
    },
  );

  it('T02 is not waited for by a call that is aborted', async () => {
    const controller = new AbortController();
    const busy = createSemaphore(1);
    const inflate = createInflate({ name: 'backend[0]', maxBody: LIMIT, gate: busy });
    const held = busy(() => new Promise<void>((resolve) => setTimeout(resolve, 50)));
    const bomb = encoded('gzip', gzipSync(Buffer.alloc(20_000_000)));
    const call = outcomeOf(Promise.resolve(bomb).then((response) => inflate(response, controller.signal)));
    setImmediate(() => controller.abort());
    expect(await Promise.race([call, held])).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    await held;
  });

  it('T02 is not begun for a call that is over', async () => {
    const inflate = createInflate({ name: 'backend[0]', maxBody: LIMIT, gate });
    const body = encoded('gzip', gzipSync(randomBytes(40_000)));
    const call = Promise.resolve(body).then((response) => inflate(response, AbortSignal.abort()));
    expect(await outcomeOf(call)).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  });

  it('a body of exactly the limit is none', async () => {
    for (const limit of [1_000, 300_000]) {
      const text = 'x'.repeat(limit);
      expect((await inflated('gzip', gzipSync(text), limit)).text).toBe(text);
      expect(await inflated('gzip', gzipSync(`${text}x`), limit)).toMatchObject({ code: 'ERR_BACKEND_SIZE' });
    }
  });
});

describe('over the wire', () => {
  const open: { wire?: Wire; server?: RawServer } = {};

  afterEach(async () => {
    await open.wire?.close();
    await open.server?.close();
  });

  it.each([
    ['inflated where the gateway decodes it', false, TEXT],
    ['untouched where it is passed through', true, gzipSync(TEXT).toString('latin1')],
  ])('a compressed body is %s', async (_title, stream, text) => {
    const server = await startRawServer(() => [{ send: answer(gzipSync(TEXT), 'Content-Encoding: gzip') }]);
    const wire = openWire();
    Object.assign(open, { server, wire });
    const outcome = await outcomeOf(wire.transportFor({ ...SETTINGS, stream })(requestTo(server.origin, { stream })));
    expect(outcome.text).toBe(text);
    expect(outcome.headers?.['content-encoding']).toBe(stream ? 'gzip' : undefined);
  });

  it.each<[string, { stream?: boolean; disable_compression?: boolean }, string | undefined, string | undefined]>([
    ['is set', {}, undefined, 'gzip, br, deflate'],
    ['is left out by `disable_compression`', { disable_compression: true }, undefined, undefined],
    ['is left to the client where the body is passed through', { stream: true }, undefined, undefined],
    ['of the client is passed through with the body', { stream: true }, 'zstd, gzip', 'zstd, gzip'],
    ['of the client loses what cannot be inflated', {}, 'zstd;q=1.0, gzip;q=0.8, *;q=0.1, br', 'gzip;q=0.8, br'],
    ['of the client that leaves nothing asks for nothing', {}, 'zstd, compress', 'identity'],
    ['of the client counts with `disable_compression`', { disable_compression: true }, 'gzip', 'gzip'],
  ])('Accept-Encoding %s', async (_title, { stream = false, disable_compression = false }, sent, received) => {
    const server = await startRawServer(() => [{ send: answer('1') }]);
    const wire = openWire({ disable_compression });
    Object.assign(open, { server, wire });
    const headers = sent === undefined ? {} : { 'accept-encoding': sent };
    await outcomeOf(wire.transportFor({ ...SETTINGS, stream })(requestTo(server.origin, { headers })));
    expect(server.requests[0]?.headers['accept-encoding']).toBe(received);
  });
});
