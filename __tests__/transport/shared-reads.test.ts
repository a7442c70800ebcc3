import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isLent, releaseMemory, retain, takeMemory } from '../../lib/core/buffer-pool.js';
import { connectShared, setLending } from '../../lib/transport/shared-reads.js';
import { isFree } from '../support/buffer-pool.js';

const opened: { server: Server; sockets: Socket[] }[] = [];

afterEach(async function closeAll() {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});

/** Both ends of a connection. */
async function openPair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connectShared({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  opened.push({ server, sockets: [near, far] });
  return { near, far };
}

/** Reads as undici does: all there is whenever something is, and keeps it. */
function collect(socket: Socket): { text(): string; until(length: number): Promise<void> } {
  const pieces: Buffer[] = [];
  let length = 0;
  let onLength = (): void => {};
  socket.on('readable', function take() {
    for (let piece = socket.read() as Buffer | null; piece !== null; piece = socket.read() as Buffer | null) {
      pieces.push(piece);
      length += piece.length;
    }
    onLength();
  });
  return {
    text: () => Buffer.concat(pieces).toString(),
    until: (wanted) =>
      new Promise((resolve) => {
        onLength = () => {
          if (length >= wanted) resolve();
        };
        onLength();
      }),
  };
}

describe('connectShared', () => {
  it('reads what comes, however long, and says when it ends', async () => {
    const { near, far } = await openPair();
    const read = collect(near);
    const text = Array.from({ length: 200_000 }, (_, index) => `${index};`).join('');
    far.end(text);
    await once(near, 'end');
    expect(read.text()).toBe(text);
    expect(near.bytesRead).toBe(text.length);
  });

  it('mixes up nothing when many sockets read at once', async () => {
    const pairs = await Promise.all(Array.from({ length: 8 }, openPair));
    const all = pairs.map(({ near }) => collect(near));
    const texts = pairs.map((_, index) => `${index}`.repeat(700_000));
    for (const [index, { far }] of pairs.entries()) far.end(texts[index]!);
    await Promise.all(pairs.map(({ near }) => once(near, 'end')));
    expect(all.map((read) => read.text())).toEqual(texts);
  });

  it('keeps what nobody has read while others read, and stops reading until somebody does', async () => {
    const [slow, quick] = await Promise.all([openPair(), openPair()]);
    const seen: string[] = [];
    slow.near.on('readable', () => seen.push('readable'));
    slow.far.write('kept');
    await once(slow.near, 'readable');
    slow.far.write('not read yet');

    const read = collect(quick.near);
    quick.far.write('x'.repeat(1000));
    await read.until(1000);
    expect(slow.near.bytesRead).toBe(4);

    expect(String(slow.near.read())).toBe('kept');
    seen.length = 0;
    expect(slow.near.read()).toBeNull();
    await once(slow.near, 'readable');
    expect(String(slow.near.read())).toBe('not read yet');
  });

  it('gives back what was put back, in front of the rest', async () => {
    const { near, far } = await openPair();
    near.on('readable', () => {});
    far.write('behind');
    await once(near, 'readable');
    near.unshift(Buffer.from('in front, '));
    near.unshift(Buffer.alloc(0));
    expect(String(near.read())).toBe('in front, behind');
  });

  it('tells of the end only when all was read', async () => {
    const { near, far } = await openPair();
    near.on('readable', () => {});
    let hasEnded = false;
    near.on('end', () => {
      hasEnded = true;
    });
    far.end('last words');
    await once(near, 'readable');
    await new Promise(setImmediate);
    expect(hasEnded).toBe(false);
    expect(String(near.read())).toBe('last words');
    expect(near.read()).toBeNull();
    await once(near, 'end');
  });

  it('tells of a reset', async () => {
    const { near, far } = await openPair();
    collect(near);
    const failed = once(near, 'error');
    far.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a socket that lends', () => {
  /** The next piece, not parsed yet. */
  async function next(socket: Socket): Promise<Buffer> {
    await once(socket, 'readable');
    return socket.read() as Buffer;
  }

  /** A pair of which the near end lends what it reads from now on. */
  async function openLending(): Promise<{ near: Socket; far: Socket }> {
    const pair = await openPair();
    setLending(pair.near, true);
    // The first read goes to where it was going to.
    pair.far.write('head');
    await next(pair.near);
    expect(pair.near.read()).toBeNull();
    return pair;
  }

  it('frees the memory of what it has handed out, once it is asked for more', async () => {
    const { near, far } = await openLending();
    far.write('first');
    const piece = await next(near);
    expect([isLent(piece), String(piece)]).toEqual([true, 'first']);
    expect(isFree({ bytes: piece })).toBe(false);
    expect(near.read()).toBeNull();
    expect(isFree({ bytes: piece })).toBe(true);
  });

  it('leaves alone what somebody holds', async () => {
    const { near, far } = await openLending();
    far.write('first');
    const piece = await next(near);
    retain(piece);
    near.read();
    far.write('other');
    expect(String(await next(near))).toBe('other');
    expect(String(piece)).toBe('first');
  });

  it('leaves alone what was put back, whoever else reads', async () => {
    const [slow, quick] = [await openLending(), await openLending()];
    slow.far.write('read, not read');
    const piece = await next(slow.near);
    slow.near.unshift(piece.subarray(6));
    quick.far.write('xxxxxxxxxxxxxxxxxxxx');
    await next(quick.near);
    quick.near.read();
    expect(String(slow.near.read())).toBe('not read');
  });

  it('keeps what nobody has read yet while more comes', async () => {
    const { near, far } = await openLending();
    near.on('readable', () => {});
    far.write('first');
    await once(near, 'readable');
    const others = Array.from({ length: 3 }, takeMemory);
    for (const memory of others) {
      memory.bytes.fill('x');
      releaseMemory(memory);
    }
    expect(String(near.read())).toBe('first');
  });

  it('copies again as soon as it lends no longer', async () => {
    const { near, far } = await openLending();
    far.write('lent');
    const piece = await next(near);
    near.unshift(piece);
    setLending(near, false);
    expect(String(near.read())).toBe('lent');
    near.read();
    far.write('own');
    expect(isLent(await next(near))).toBe(false);
  });

  it('need not be one', () => {
    expect(() => setLending(undefined, true)).not.toThrow();
  });
});
