import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { collect } from '../../../lib/components/http-cache/collect.js';
import { BackendError } from '../../../lib/errors.js';

async function drain(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

describe('collect', () => {
  test('a Buffer is what it is', async () => {
    const body = Buffer.from('abc');
    expect(await collect('b', body, 1)).toBe(body);
  });

  test('a stream within the limit becomes a Buffer', async () => {
    expect(await collect('b', Readable.from([Buffer.from('ab'), 'cd'], { objectMode: false }), 4)).toEqual(
      Buffer.from('abcd'),
    );
    expect(await collect('b', Readable.from([]), 4)).toEqual(Buffer.alloc(0));
  });

  test('a larger one stays a stream, from its first byte to its last', async () => {
    const pieces = Array.from({ length: 100 }, (_, index) => Buffer.from(`${index},`));
    const body = await collect('b', Readable.from(pieces, { objectMode: false }), 20);
    expect(body).toBeInstanceOf(Readable);
    expect(await drain(body as Readable)).toBe(Buffer.concat(pieces).toString());
  });

  test('and does not read ahead of whoever reads it', async () => {
    let pulled = 0;
    const endless = new Readable({
      read() {
        pulled++;
        this.push(Buffer.alloc(1_000));
      },
    });
    const body = (await collect('b', endless, 10)) as Readable;
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeLessThan(500);
    body.destroy();
    await new Promise((resolve) => endless.once('close', resolve));
    expect(endless.destroyed).toBe(true);
  });

  test('K02 one that breaks off is no body', async () => {
    const failure = new Error('cut');
    const failing = new PassThrough();
    const failed = collect('b', failing, 10);
    failing.write('ab');
    failing.destroy(failure);
    await expect(failed).rejects.toBe(failure);

    const closing = new PassThrough();
    const closed = collect('backend[0] GET /', closing, 10);
    closing.write('ab');
    closing.destroy();
    await expect(closed).rejects.toBeInstanceOf(BackendError);
    await expect(closed).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  });

  test('K02 one that breaks off later takes the stream with it', async () => {
    const source = new PassThrough();
    const pending = collect('b', source, 2);
    source.write('abcd');
    const body = (await pending) as Readable;
    const reading = drain(body);
    source.destroy(new Error('cut'));
    await expect(reading).rejects.toThrow('cut');
  });
});
