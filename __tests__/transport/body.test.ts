import { getEventListeners, once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openHeld } from '../../lib/core/buffer-budget.js';
import { limitStream, readBody } from '../../lib/transport/body.js';

/** Unlike `once`, does not fail where the stream has. */
function closeOf(stream: Readable): Promise<unknown> {
  return new Promise((resolve) => stream.once('close', resolve));
}

describe('reading a stream', () => {
  it('collects Buffers, typed arrays and strings', async () => {
    const body = Readable.from([Buffer.from('a'), new Uint8Array([98]), 'c'], { objectMode: true });
    expect((await readBody(body, 3)).toString()).toBe('abc');
    expect((await readBody(Buffer.from('abc'), 3)).toString()).toBe('abc');
    expect(await readBody(Readable.from([]), 3)).toHaveLength(0);
  });

  it('B01 stops at the limit and closes the stream', async () => {
    const body = Readable.from([Buffer.from('ab'), Buffer.from('cd')]);
    await expect(readBody(body, 3, 'backend[1]')).rejects.toMatchObject({ code: 'ERR_BACKEND_SIZE' });
    expect(body.destroyed).toBe(true);
    await expect(readBody(Buffer.from('abcd'), 3)).rejects.toMatchObject({ code: 'ERR_BACKEND_SIZE' });
  });

  it('F03 takes no cut stream for a whole one', async () => {
    const broken = new Readable({ read() {} });
    broken.push('ab');
    const reading = readBody(broken, 99);
    broken.destroy(Object.assign(new Error('read ECONNRESET 127.0.0.1'), { code: 'ECONNRESET' }));
    await expect(reading).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    await expect(reading).rejects.not.toThrow('127.0.0.1');
    await expect(reading).rejects.toThrow('before the answer was complete');
    broken.on('error', () => {});
    await expect(readBody(broken, 99)).rejects.toThrow('before the answer was complete');

    const closed = new Readable({ read() {} });
    const other = readBody(closed, 99);
    closed.destroy();
    await expect(other).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    await expect(readBody(closed, 99)).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  });

  it('T02 ends with its signal', async () => {
    const body = new Readable({ read() {} });
    const controller = new AbortController();
    const reading = readBody(body, 99, 'backend[0]', controller.signal);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    expect(body.destroyed).toBe(true);
    const late = readBody(new Readable({ read() {} }), 99, 'backend[0]', controller.signal);
    await expect(late).rejects.toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  });

  it('T02 lets go of a stream that comes when its signal has ended already, be it a broken one', async () => {
    const body = new Readable({ read() {}, destroy: (_error, done) => done(new Error('secret')) });
    const closed = closeOf(body);
    const reading = readBody(body, 99, 'backend[0]', AbortSignal.abort());
    await expect(reading).rejects.toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    await closed;
    expect(body.destroyed).toBe(true);
  });

  it('T04 leaves no listener at its signal, whatever the end is', async () => {
    const { signal } = new AbortController();
    await readBody(Readable.from([Buffer.from('ab')]), 2, 'backend[0]', signal);
    await expect(readBody(Readable.from([Buffer.from('abc')]), 2, 'backend[0]', signal)).rejects.toThrow();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('takes what has ended already for empty', async () => {
    const body = Readable.from([]);
    body.resume();
    await once(body, 'close');
    expect(await readBody(body, 0)).toHaveLength(0);
  });

  it('counts bytes, not characters', async () => {
    const text = (): Readable => Readable.from(['\u00e9'], { objectMode: true });
    expect(await readBody(text(), 2)).toHaveLength(2);
    await expect(readBody(text(), 1)).rejects.toMatchObject({ code: 'ERR_BACKEND_SIZE' });
  });

  it('names the backend', async () => {
    await expect(readBody(Buffer.from('ab'), 1, 'backend[1]')).rejects.toThrow('backend[1]: ');
    await expect(readBody(Buffer.from('ab'), 1)).rejects.toThrow('The backend: ');
  });
});

describe('what an answer holds in memory', () => {
  const pieces = (...texts: string[]): Readable => Readable.from(texts.map((text) => Buffer.from(text)));

  it('is counted, and refused where there is no room for it', async () => {
    const budget = { limit: 10, used: 0 };
    const held = openHeld(budget);
    expect(await readBody(pieces('abc', 'de'), 99, 'backend[0]', undefined, held)).toHaveLength(5);
    expect(budget.used).toBe(5);
    const body = pieces('fghi', 'jk');
    await expect(readBody(body, 99, 'backend[0]', undefined, held)).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
    expect(body.destroyed).toBe(true);
    const whole = readBody(Buffer.from('fghijk'), 99, 'backend[0]', undefined, held);
    await expect(whole).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
    expect(budget.used).toBe(5);
    expect(await readBody(Buffer.from('fghij'), 99, 'backend[0]', undefined, held)).toHaveLength(5);
    expect(budget.used).toBe(10);
  });

  it.each<[string, (body: Readable, controller: AbortController) => void]>([
    ['breaks', (body) => body.destroy(new Error('secret'))],
    ['is closed', (body) => body.destroy()],
    ['is too large', (body) => body.push('cdef')],
    ['is cancelled', (_body, controller) => controller.abort()],
  ])('is given back once when it %s', async (_title, end) => {
    const budget = { limit: 10, used: 0 };
    const controller = new AbortController();
    const body = new Readable({ read() {} });
    const reading = readBody(body, 5, 'backend[0]', controller.signal, openHeld(budget));
    body.push('ab');
    await once(body, 'data');
    expect(budget.used).toBe(2);
    end(body, controller);
    await expect(reading).rejects.toThrow();
    await (body.closed ? undefined : once(body, 'close'));
    expect(budget.used).toBe(0);
  });
});

describe('limiting a stream', () => {
  it('hands it on up to the limit', async () => {
    const { signal } = new AbortController();
    const fine = limitStream(Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3, 'backend[0]', signal);
    expect((await readBody(fine, 99)).toString()).toBe('abc');
    const source = Readable.from([Buffer.from('ab'), Buffer.from('cd')]);
    const long = limitStream(source, 3, 'backend[0]', signal);
    await expect(readBody(long, 99)).rejects.toMatchObject({ code: 'ERR_BACKEND_SIZE' });
    expect(source.destroyed).toBe(true);
  });

  it('ends with its signal, and with its source', async () => {
    const controller = new AbortController();
    const source = new Readable({ read() {} });
    const limited = limitStream(source, 3, 'backend[0]', controller.signal);
    controller.abort();
    const ended = new Promise((resolve) => source.once('close', resolve));
    await expect(readBody(limited, 99)).rejects.toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    await ended;
    expect(source.destroyed).toBe(true);

    const broken = new Readable({ read() {} });
    const reading = readBody(limitStream(broken, 3, 'backend[0]', new AbortController().signal), 99);
    broken.destroy(new Error('secret'));
    await expect(reading).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    await expect(reading).rejects.toThrow('before the answer was complete');
    await expect(reading).rejects.not.toThrow('secret');
  });

  it('takes strings and typed arrays, and counts their bytes', async () => {
    const { signal } = new AbortController();
    const chunks = ['\u00e9', new Uint8Array(new Uint8Array([97, 98, 99]).buffer, 1, 1)];
    const mixed = (): Readable => Readable.from(chunks, { objectMode: true });
    expect(String(await readBody(limitStream(mixed(), 3, 'backend[0]', signal), 99))).toBe('\u00e9b');
    const long = readBody(limitStream(mixed(), 2, 'backend[0]', signal), 99);
    await expect(long).rejects.toMatchObject({ code: 'ERR_BACKEND_SIZE' });
  });

  it('F08 stops its source while its reader is slow, and goes on then', async () => {
    const piece = Buffer.alloc(16 * 1024, 'x');
    let given = 0;
    const source = new Readable({
      read() {
        given += 1;
        this.push(given > 100 ? null : piece);
      },
    });
    const limited = limitStream(source, Infinity, 'backend[0]', new AbortController().signal);
    await once(limited, 'readable');
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(source.isPaused()).toBe(true);
    expect(given).toBeLessThan(50);
    expect(await readBody(limited, Infinity)).toHaveLength(100 * piece.length);
  });

  it.each<[string, (source: Readable) => void, object]>([
    ['ended', (source) => source.push(null), { status: 'fulfilled', value: Buffer.alloc(0) }],
    [
      'broke',
      (source) => source.on('error', () => {}).destroy(new Error('secret')),
      { reason: { code: 'ERR_BACKEND_CONNECTION' } },
    ],
    ['was closed', (source) => source.destroy(), { reason: { code: 'ERR_BACKEND_CONNECTION' } }],
  ])('knows what became of a source that %s before', async (_title, end, expected) => {
    const source = new Readable({ read() {} });
    end(source);
    await closeOf(source.resume());
    const limited = limitStream(source, 3, 'backend[0]', new AbortController().signal);
    const [outcome] = await Promise.allSettled([readBody(limited, 99)]);
    expect(outcome).toMatchObject(expected);
  });

  it('says why its source broke', async () => {
    const source = new Readable({ read() {} });
    const reading = readBody(limitStream(source, 3, 'backend[0]', new AbortController().signal), 99);
    source.destroy(Object.assign(new Error('secret'), { code: 'ETIMEDOUT' }));
    await expect(reading).rejects.toMatchObject({ code: 'ERR_BACKEND_TIMEOUT' });
  });

  it('takes a source that is closed before its end for a cut one', async () => {
    const source = new Readable({ read() {} });
    const reading = readBody(limitStream(source, 3, 'backend[0]', new AbortController().signal), 99);
    source.push('ab');
    await once(source, 'data');
    source.destroy();
    await expect(reading).rejects.toThrow('before the answer was complete');
  });

  it('T02 closes its source when its reader goes, and leaves no listener at its signal', async () => {
    const { signal } = new AbortController();
    const source = new Readable({ read() {} });
    const limited = limitStream(source, 3, 'backend[0]', signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    limited.destroy();
    await once(limited, 'close');
    expect(source.destroyed).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is no uncaught error where its reader has not taken hold of it yet', async () => {
    const controller = new AbortController();
    const limited = limitStream(new Readable({ read() {} }), 3, 'backend[0]', controller.signal);
    controller.abort();
    await closeOf(limited);
    expect(limited.errored).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  });
});
