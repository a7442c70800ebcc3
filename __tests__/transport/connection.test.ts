import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClientConfig } from '../../lib/config/resolved.js';
import { createOrigins } from '../../lib/transport/origin.js';
import type { Wire } from '../../lib/transport/wire.js';
import { answer, type RawServer, type Script, startRawServer } from '../support/raw-server.js';
import { type Outcome, openWire, outcomeOf, type RequestParts, requestTo, SETTINGS } from './support.js';

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Watched {
  readonly wire: Wire;
  /** Origins of strays as observers are told of them. */
  readonly strays: string[];
  readonly warn: ReturnType<typeof vi.fn>;
}

function watch(client: Partial<ClientConfig> = {}): Watched {
  const warn = vi.fn();
  const silent = (): void => {};
  const wire = openWire(client, createOrigins({ debug: silent, info: silent, warn, error: silent }));
  closers.push(() => wire.close());
  const strays: string[] = [];
  wire.onStray?.((origin) => strays.push(origin));
  return { wire, strays, warn };
}

async function serve(script: Script): Promise<RawServer> {
  const server = await startRawServer((_request, n) => (n === 0 ? script : [{ send: answer('"next"') }]));
  closers.push(() => server.close());
  return server;
}

/** Calls once, lets what follows the answer arrive, which usually closes the socket, and calls again. */
async function callTwice(script: Script, parts: RequestParts = {}, closes = true) {
  const server = await serve(script);
  const watched = watch();
  const transport = watched.wire.transportFor({ ...SETTINGS, stream: parts.stream === true });
  const first = await outcomeOf(transport(requestTo(`${server.origin}/x`, parts)));
  await (closes ? server.until(() => server.connections[0]?.closedAt !== undefined) : pause(30));
  const next = await outcomeOf(transport(requestTo(`${server.origin}/next`)));
  return { ...watched, server, first, next };
}

const LATE = { wait: 10 };
const HEAD_408 = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n';

describe('S14 bytes that no request asked for', () => {
  it.each<[string, Script]>([
    ['a second answer', [{ send: answer('1') }, LATE, { send: answer('"stray"') }]],
    ['half an answer', [{ send: answer('1') }, LATE, { send: 'HTTP/1.1 2' }]],
    ['what is no HTTP', [{ send: answer('1') }, LATE, { send: 'x' }]],
    ['an answer before the connection closes', [{ send: answer('1') }, LATE, { send: answer('2') }, { fin: true }]],
    ['a 408 that does not close', [{ send: answer('1') }, LATE, { send: `${HEAD_408}\r\n` }]],
  ])('while its socket is idle are noticed: %s', async (_title, script) => {
    const { server, first, next, strays, warn } = await callTwice(script);
    expect(first).toMatchObject({ status: 200, text: '1' });
    expect(next.text).toBe('"next"');
    expect(strays).toEqual([server.origin]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toEqual({ origin: server.origin });
    expect(server.requests[1]?.index).toBe(0);
    expect(server.requests[1]?.headers['connection']).toBe('close');
  });

  it('behind an answer, in one piece with it, are noticed, and the answer is not trusted', async () => {
    const { server, first, next, strays } = await callTwice([
      { send: Buffer.concat([answer('1'), answer('"stray"')]) },
    ]);
    expect(first.code).toBe('ERR_BACKEND_PROTOCOL');
    expect(next.text).toBe('"next"');
    expect(strays).toEqual([server.origin]);
  });

  it.each<[string, string]>([
    ['HEAD', `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n`],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('are noticed as the body of an answer that has none: %s', async (method, head) => {
    const { server, strays } = await callTwice([{ send: head }, LATE, { send: 'x' }], { method });
    expect(strays).toEqual([server.origin]);
  });

  it.each<[string, Script]>([
    [
      'a 408 that says the connection closes',
      [{ send: answer('1') }, LATE, { send: `${HEAD_408}Connection: close\r\n\r\n` }, { fin: true }],
    ],
    [
      'a 408 of HTTP/1.0',
      [{ send: answer('1') }, LATE, { send: 'HTTP/1.0 408 Request Time-out\r\n\r\n' }, { fin: true }],
    ],
  ])('are not %s', async (_title, script) => {
    const { server, next, strays } = await callTwice(script);
    expect(next.text).toBe('"next"');
    expect(strays).toEqual([]);
    expect(server.requests[1]?.index).toBe(0);
    expect(server.requests[1]?.headers['connection']).toBe('keep-alive');
  });

  it('are not an empty line, which cannot be taken for an answer', async () => {
    const { server, next, strays } = await callTwice([{ send: answer('1') }, LATE, { send: '\r\n' }], {}, false);
    expect(next.text).toBe('"next"');
    expect(strays).toEqual([]);
    expect(server.requests[1]?.index).toBe(1);
  });

  it('are not what follows the last answer of a connection', async () => {
    const last = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1';
    const { first, next, strays } = await callTwice([{ send: Buffer.concat([Buffer.from(last), answer('"stray"')]) }]);
    expect(first.text).toBe('1');
    expect(next.text).toBe('"next"');
    expect(strays).toEqual([]);
  });

  it('cost no call that has just been given their socket, whatever its method', async () => {
    let late: Promise<Outcome> | undefined;
    const { wire, strays } = watch();
    const transport = wire.transportFor(SETTINGS);
    function strayAndCall(): Buffer {
      // Once the bytes are in the kernel, and before anything has read them.
      queueMicrotask(() => {
        late = outcomeOf(transport(requestTo(`${server.origin}/late`, { method: 'POST' })));
      });
      return answer('"stray"');
    }
    const server = await serve([{ send: answer('1') }, LATE, { send: strayAndCall }]);
    await outcomeOf(transport(requestTo(server.origin)));
    await vi.waitFor(() => expect(late).toBeDefined());
    expect((await late)?.text).toBe('"next"');
    expect(strays).toEqual([server.origin]);
    expect(server.requests.map(({ target, index }) => [target, index])).toEqual([
      ['/', 0],
      ['/late', 0],
    ]);
  });

  it('drop the idle sockets of their origin only, and none that is in use', async () => {
    let stray = (): void => {};
    const server = await startRawServer((request) => {
      if (request.target !== '/slow') return [{ send: answer(request.target) }];
      return [{ wait: 60 }, { send: answer('slow') }];
    });
    const other = await serve([{ send: answer('1') }]);
    const bad = createServer((socket) => {
      socket.on('error', () => {});
      stray = () => socket.write(answer('stray'));
      socket.on('data', (data) => {
        if (String(data).includes('/slow')) setTimeout(() => socket.write(answer('slow')), 60);
        else socket.write(answer('1'));
      });
    });
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
    closers.push(
      () => server.close(),
      () => bad.close(),
    );
    const origin = `http://127.0.0.1:${(bad.address() as AddressInfo).port}`;
    const { wire, strays } = watch();
    const transport = wire.transportFor(SETTINGS);
    await outcomeOf(transport(requestTo(other.origin)));
    const slow = outcomeOf(transport(requestTo(`${origin}/slow`)));
    await outcomeOf(transport(requestTo(`${origin}/quick`)));
    stray();
    expect((await slow).text).toBe('slow');
    expect(strays).toEqual([origin]);
    await outcomeOf(transport(requestTo(other.origin)));
    expect(other.connections).toHaveLength(1);
  });

  /** Answers with the path; Nagle holds a stray back until the client has acknowledged the answer before it. */
  async function startStraying(isStray: (n: number) => boolean) {
    let count = 0;
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: false }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (data) => {
        for (const [, path = ''] of String(data).matchAll(/^GET (\S+)/gm)) {
          socket.write(answer(path));
          if (isStray(count++)) socket.write(answer('stray'));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each<[string, (n: number) => boolean]>([
    ['one', (n) => n === 20],
    ['every third', (n) => n >= 20 && n % 3 === 2],
  ])('behind Nagle reach no other call, with the defaults: %s', async (_title, isStray) => {
    const origin = await startStraying(isStray);
    const { wire } = watch({ connection_rest: 50 });
    const transport = wire.transportFor(SETTINGS);
    const foreign: string[] = [];
    for (let n = 0; n < 60; n++) {
      const { text, code } = await outcomeOf(transport(requestTo(`${origin}/${n}`)));
      // An answer that came in one piece with the stray fails, and only that.
      if (text !== `/${n}` && code !== 'ERR_BACKEND_PROTOCOL') foreign.push(`${n}: ${text ?? code}`);
      await pause(1 + ((n * 7) % 60));
    }
    expect(foreign).toEqual([]);
  });
});

describe('F01 the version of an answer', () => {
  const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n';

  it.each<[string, Script]>([
    ['in one piece', [{ send: `HTTP/1.0 200 OK\r\n${CHUNKED}` }]],
    ['a byte at a time', [{ drip: `HTTP/1.0 200 OK\r\n${CHUNKED}`, every: 1 }]],
    ['behind an empty line', [{ send: `\r\nHTTP/1.0 200 OK\r\n${CHUNKED}` }]],
    ['that wants to stay connected', [{ send: `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${CHUNKED}` }]],
  ])('1.0 knows no transfer encoding: %s', async (_title, script) => {
    for (const stream of [false, true]) {
      const { first } = await callTwice(script, { stream });
      expect(first).toMatchObject({ code: 'ERR_BACKEND_PROTOCOL' });
      expect(first.message).toContain('HTTP/1.0');
    }
  });

  it('is looked at anew for each answer', async () => {
    const old = 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n1';
    const server = await startRawServer((_request, n) => [{ send: n === 0 ? old : `HTTP/1.1 200 OK\r\n${CHUNKED}` }]);
    closers.push(() => server.close());
    const transport = watch().wire.transportFor(SETTINGS);
    expect((await outcomeOf(transport(requestTo(server.origin)))).text).toBe('1');
    expect((await outcomeOf(transport(requestTo(server.origin)))).text).toBe('a');
    expect(server.requests[1]?.index).toBe(1);
  });
});
