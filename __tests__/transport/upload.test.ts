import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../lib/transport/body.js';
import { detach } from '../../lib/transport/upload.js';

describe('the copy of a body', () => {
  it('has all of it', async () => {
    const source = new PassThrough();
    const reading = readBody(detach(source), 99);
    source.write('ab');
    source.end('cd');
    expect((await reading).toString()).toBe('abcd');
  });

  it('is whole when the original could have been written to and never was', async () => {
    const source = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), autoDestroy: false });
    const copy = detach(source);
    source.push('ab');
    source.push(null);
    await once(source, 'end');
    source.destroy();
    await once(source, 'close');
    expect((await readBody(copy, 99)).toString()).toBe('ab');
  });

  it('fails when the original fails or is closed early', async () => {
    for (const reason of [new Error('secret'), undefined]) {
      const source = new PassThrough();
      source.on('error', () => {});
      const reading = readBody(detach(source), 99);
      source.write('ab');
      source.destroy(reason);
      await expect(reading).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    }
  });

  it('may be destroyed while the original lives on, unread', async () => {
    const source = new PassThrough();
    const listeners = source.eventNames().map((name) => [name, source.listenerCount(name)]);
    const copy = detach(source);
    source.write('ab');
    const closed = new Promise((resolve) => copy.once('close', resolve));
    copy.destroy();
    await closed;
    expect(source.destroyed).toBe(false);
    expect(source.readableFlowing).toBe(false);
    source.write('cd');
    expect(String(source.read())).toMatch(/cd$/);
    expect(source.eventNames().map((name) => [name, source.listenerCount(name)])).toEqual(listeners);
  });
});
