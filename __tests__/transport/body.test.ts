import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { limitStream, readBody } from '../../lib/transport/body.js';

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
    await expect(reading).rejects.not.toThrow('secret');
  });
});
