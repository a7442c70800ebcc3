import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClientConfig } from '../../lib/config/resolved.js';
import { silentLogger } from '../../lib/logger.js';
import { createOrigins } from '../../lib/transport/origin.js';
import { createPools } from '../../lib/transport/pool.js';
import type { Transport } from '../../lib/transport/transport.js';
import type { TransportSettings, Wire } from '../../lib/transport/wire.js';
import { answer, type RawRequest, type RawServer, type Script, startRawServer } from '../support/raw-server.js';
import { CLIENT, NO_TLS, openWire, outcomeOf, requestTo, SETTINGS } from './support.js';

const wires: Wire[] = [];
const servers: RawServer[] = [];

afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(respond: (request: RawRequest, n: number) => Script): Promise<RawServer> {
  const server = await startRawServer(respond);
  servers.push(server);
  return server;
}

function open(
  client: Partial<ClientConfig> = {},
  settings: Partial<TransportSettings> = {},
): { wire: Wire; transport: Transport } {
  const wire = openWire(client);
  wires.push(wire);
  return { wire, transport: wire.transportFor({ ...SETTINGS, ...settings }) };
}

/** Answers with the path, so that any mix-up shows. */
const echo = (request: RawRequest): Script => [{ send: answer(request.method === 'HEAD' ? '' : request.target) }];

function closed(server: RawServer): number {
  return server.connections.filter((connection) => connection.closedAt !== undefined).length;
}

describe('sockets', () => {
  it('are used again', async () => {
    const server = await serve(echo);
    const { transport } = open();
    for (const path of ['/a', '/b', '/c']) {
      expect((await outcomeOf(transport(requestTo(server.origin + path)))).text).toBe(path);
    }
    expect(server.connections).toHaveLength(1);
  });

  it.each([
    ['a thousand times', false, 1_000],
    ['a hundred times, to an origin that once answered out of step', true, 100],
  ])('are used %s, for a last call, and never again', async (_title, isSuspect, count) => {
    const server = await serve(echo);
    let time = 0;
    const origins = createOrigins(silentLogger, () => time);
    if (isSuspect) origins.of(server.origin).strike();
    time = 600_000;
    const wire = openWire({}, origins);
    wires.push(wire);
    const transport = wire.transportFor(SETTINGS);
    for (let n = 0; n < count + 2; n++) await outcomeOf(transport(requestTo(`${server.origin}/`)));
    expect(server.connections.map(({ requests }) => requests.length)).toEqual([count + 1, 1]);
  });

  it('are shared by backends of one origin that ask for the same treatment', async () => {
    const server = await serve(echo);
    const { wire, transport } = open();
    const sibling = wire.transportFor({ ...SETTINGS, name: 'backend[1]', maxBody: 1 });
    const other = wire.transportFor({ ...SETTINGS, isolateConnections: true });
    await outcomeOf(transport(requestTo(`${server.origin}/`)));
    await outcomeOf(sibling(requestTo(`${server.origin}/`)));
    expect(server.connections).toHaveLength(1);
    await outcomeOf(other(requestTo(`${server.origin}/`)));
    expect(server.connections).toHaveLength(2);
  });

  it('are no more than the limit; calls wait for their turn, in order', async () => {
    const server = await serve(echo);
    const { transport } = open({ max_connections_per_host: 2 });
    const paths = Array.from({ length: 20 }, (_, n) => `/${n}`);
    const outcomes = await Promise.all(paths.map((path) => outcomeOf(transport(requestTo(server.origin + path)))));
    expect(outcomes.map(({ text }) => text)).toEqual(paths);
    expect(server.connections).toHaveLength(2);
    expect(server.requests.map(({ target }) => target).sort()).toEqual([...paths].sort());
  });

  it('that idle are no more than their limit', async () => {
    const server = await serve(echo);
    const { transport } = open({ max_idle_connections_per_host: 1 });
    await Promise.all(['/a', '/b', '/c'].map((path) => outcomeOf(transport(requestTo(server.origin + path)))));
    await server.until(() => closed(server) === 2);
    expect(server.connections).toHaveLength(3);
  });

  it('that idle are closed in time', async () => {
    const server = await serve(echo);
    const { transport } = open({ idle_connection_timeout: 20 });
    await outcomeOf(transport(requestTo(`${server.origin}/`)));
    await server.until(() => closed(server) === 1);
    expect((await outcomeOf(transport(requestTo(`${server.origin}/again`)))).text).toBe('/again');
  });

  it.each<[string, Partial<ClientConfig>, Script]>([
    ['in time', { idle_connection_timeout: 20 }, []],
    ['by the backend', {}, [{ wait: 5 }, { fin: true }]],
  ])('that idle count no longer once they are closed %s', async (_title, client, end) => {
    const server = await serve((request) => [...echo(request), ...end]);
    const origins = createOrigins(silentLogger);
    const wire = openWire(client, origins);
    wires.push(wire);
    expect((await outcomeOf(wire.transportFor(SETTINGS)(requestTo(`${server.origin}/a`)))).text).toBe('/a');
    await vi.waitFor(() => expect(origins.of(server.origin)).toMatchObject({ connections: 0, idle: 0 }));
  });

  it('are used again however much they have brought in all', async () => {
    const text = 'x'.repeat(SETTINGS.maxBody);
    const server = await serve(() => [{ send: answer(text) }]);
    const { transport } = open();
    for (let n = 0; n < 25; n++) expect((await outcomeOf(transport(requestTo(server.origin)))).text).toBe(text);
    expect(server.connections).toHaveLength(1);
  });

  it('that idle stay open with a timeout of 0', async () => {
    const server = await serve(echo);
    const { transport } = open({ idle_connection_timeout: 0 });
    for (const path of ['/a', '/b'])
      expect((await outcomeOf(transport(requestTo(server.origin + path)))).text).toBe(path);
    expect(server.connections).toHaveLength(1);
  });

  it('are not opened to an origin that is first called after the end', async () => {
    const server = await serve(echo);
    const { wire, transport } = open();
    await wire.close();
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_CLOSING' });
    expect(server.connections).toEqual([]);
  });

  it.each<[string, Partial<ClientConfig>, Partial<TransportSettings>]>([
    ['without keep-alive', { disable_keep_alives: true }, {}],
    ['of isolated backends', {}, { isolateConnections: true }],
  ])('%s serve one exchange', async (_title, client, settings) => {
    const server = await serve(echo);
    const { transport } = open(client, settings);
    for (const path of ['/a', '/b']) await outcomeOf(transport(requestTo(server.origin + path)));
    await server.until(() => closed(server) === 2);
    expect(server.connections.map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect(server.requests[0]?.headers['connection']).toBe('close');
  });

  it('are closed with the wire, which then refuses calls', async () => {
    const server = await serve((request) => (request.target === '/stall' ? [{ stall: true }] : echo(request)));
    const { wire, transport } = open({ max_connections_per_host: 2 });
    await outcomeOf(transport(requestTo(`${server.origin}/`)));
    const stalled = ['/stall', '/stall', '/waits'].map((path) => outcomeOf(transport(requestTo(server.origin + path))));
    await server.until(() => server.requests.length === 3);
    await wire.close();
    for (const { code } of await Promise.all(stalled)) expect(code).toBe('ERR_CLOSING');
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_CLOSING' });
    await server.until(() => closed(server) === 2);
    await wire.close();
  });
});

it('S02 origins that came and went are forgotten, those in use are not', async () => {
  const server = await serve(() => [{ stall: true }]);
  const pools = createPools(CLIENT, createOrigins(silentLogger), () => {});
  const settings = { isolate: false, maxHeaderBytes: 4_096, connectTimeout: 1_000, tls: NO_TLS };
  const poolFor = pools.group(settings);
  const busy = poolFor(server.origin);
  const unused = poolFor('http://h0.example');
  busy?.take({ start: () => {}, refuse: () => {} }, false);
  for (let n = 1; n < 300; n++) poolFor(`http://h${n}.example`);
  expect(poolFor(server.origin)).toBe(busy);
  expect(poolFor('http://h299.example')).toBe(poolFor('http://h299.example'));
  expect(poolFor('http://h0.example')).not.toBe(unused);
  expect(pools.group({ ...settings })).toBe(poolFor);
  await pools.close();
});

it('S02 256 origins are remembered before any is forgotten', async () => {
  const pools = createPools(CLIENT, createOrigins(silentLogger), () => {});
  const poolFor = pools.group({ isolate: false, maxHeaderBytes: 4_096, connectTimeout: 1_000, tls: NO_TLS });
  const first = poolFor('http://h0.example');
  for (let n = 1; n < 256; n++) poolFor(`http://h${n}.example`);
  expect(poolFor('http://h0.example')).toBe(first);
  poolFor('http://h256.example');
  expect(poolFor('http://h0.example')).not.toBe(first);
  await pools.close();
});

it('a fault of our own costs its socket, not the process', async () => {
  const server = await serve(() => [{ fin: true }]);
  const pools = createPools(CLIENT, createOrigins(silentLogger), () => {});
  const pool = pools.group({ isolate: false, maxHeaderBytes: 4_096, connectTimeout: 1_000, tls: NO_TLS })(
    server.origin,
  )!;
  function fault(): never {
    throw new Error('A fault of our own');
  }
  const handler = { onConnect: () => {}, onHeaders: fault, onData: fault, onComplete: fault, onError: fault };
  pool.take(
    { start: ({ client }) => void client.dispatch({ path: '/', method: 'GET' }, handler), refuse: fault },
    false,
  );
  expect(pool.isUsed()).toBe(true);
  await server.until(() => closed(server) === 1);
  await vi.waitFor(() => expect(pool.isUsed()).toBe(false));
  await pools.close();
});

describe('T08 the backend closes the socket as the next request is on its way', () => {
  const raceAt =
    (n: number) =>
    (request: RawRequest, index: number): Script =>
      index === n ? [{ rst: true }] : echo(request);

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('%s is sent once more', async (method) => {
    const server = await serve(raceAt(1));
    const { transport } = open();
    await outcomeOf(transport(requestTo(`${server.origin}/first`)));
    const body = method === 'PUT' ? { body: Buffer.from('x') } : {};
    const outcome = await outcomeOf(transport(requestTo(`${server.origin}/second`, { method, ...body })));
    expect(outcome.status).toBe(200);
    expect(server.requests.map(({ target }) => target)).toEqual(['/first', '/second', '/second']);
    expect(server.requests[2]?.index).toBe(0);
  });

  it('a second time goes over a new socket, not over another one that has rested', async () => {
    const server = await serve((request) => (request.index === 1 ? [{ rst: true }] : echo(request)));
    const { transport } = open();
    await Promise.all(['/a', '/b'].map((path) => outcomeOf(transport(requestTo(server.origin + path)))));
    expect(server.connections).toHaveLength(2);
    expect(await outcomeOf(transport(requestTo(`${server.origin}/c`)))).toMatchObject({ text: '/c' });
    expect(server.requests.map(({ target, index }) => `${target} ${index}`).slice(2)).toEqual(['/c 1', '/c 0']);
  });

  it.each(['POST', 'PATCH'])('%s is not', async (method) => {
    const server = await serve(raceAt(1));
    const { transport } = open();
    await outcomeOf(transport(requestTo(`${server.origin}/first`)));
    const call = transport(requestTo(`${server.origin}/second`, { method, body: Buffer.from('x') }));
    expect(await outcomeOf(call)).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    expect(server.requests).toHaveLength(2);
  });

  it('nothing is on a socket of its own', async () => {
    const server = await serve(raceAt(0));
    const { transport } = open();
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    expect(server.requests).toHaveLength(1);
  });

  it('nothing is once the answer has begun', async () => {
    const server = await serve((request, n) =>
      n === 1 ? [{ send: 'HTTP/1.' }, { wait: 5 }, { rst: true }] : echo(request),
    );
    const { transport } = open();
    await outcomeOf(transport(requestTo(server.origin)));
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    expect(server.requests).toHaveLength(2);
  });

  it('nothing is sent a third time', async () => {
    const server = await serve((request, n) => (n === 0 ? echo(request) : [{ rst: true }]));
    const { transport } = open();
    await outcomeOf(transport(requestTo(server.origin)));
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    expect(server.requests).toHaveLength(3);
  });

  it('nor when the second time it was given a used socket', async () => {
    const server = await serve((request, n) => (n === 1 || n === 3 ? [{ rst: true }] : echo(request)));
    const { transport } = open({ max_connections_per_host: 1 });
    await outcomeOf(transport(requestTo(`${server.origin}/first`)));
    const outcomes = ['/a', '/b'].map((path) => outcomeOf(transport(requestTo(server.origin + path))));
    expect((await Promise.all(outcomes)).map(({ code }) => code)).toEqual(['ERR_BACKEND_CONNECTION', undefined]);
    expect(server.requests.map(({ target }) => target)).toEqual(['/first', '/a', '/b', '/a']);
  });

  it('nothing is on a new socket that took the place of a closed one', async () => {
    let onClosing = (): void => {};
    const closing = new Promise<void>((resolve) => {
      onClosing = resolve;
    });
    const server = await serve((request, n) => {
      if (n === 1) return [{ rst: true }];
      if (n > 1) return echo(request);
      function tell(): string {
        onClosing();
        return '';
      }
      return [...echo(request), { wait: 5 }, { fin: true }, { send: tell }];
    });
    const { transport } = open();
    await outcomeOf(transport(requestTo(server.origin)));
    await closing;
    // The FIN is on its way; the call does not know of it yet.
    expect(await outcomeOf(transport(requestTo(server.origin)))).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    expect(server.requests.map(({ index }) => index)).toEqual([0, 0]);
  });

  it('Z25 costs no GET', async () => {
    const server = await serve((request) => [...echo(request), { wait: 2 }, { fin: true }]);
    const { transport } = open({ max_connections_per_host: 2 });
    for (let n = 0; n < 60; n++) {
      expect(await outcomeOf(transport(requestTo(`${server.origin}/${n}`)))).toMatchObject({ text: `/${n}` });
      for (let turns = 0; turns < n; turns++) await turn();
    }
  });
});

describe('F02 answers that belong to nobody', () => {
  it('bytes that come while a socket idles close it', async () => {
    const server = await serve((request) => [...echo(request), { wait: 5 }, { send: answer('stray') }]);
    const { transport } = open();
    await outcomeOf(transport(requestTo(`${server.origin}/a`)));
    await server.until(() => closed(server) === 1);
    expect((await outcomeOf(transport(requestTo(`${server.origin}/b`)))).text).toBe('/b');
  });

  it('Z41 never reach anybody when connections are isolated', async () => {
    let seed = 42;
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    const server = await serve((request) =>
      random() < 0.3 ? [...echo(request), { wait: random() * 4 }, { send: answer('stray') }] : echo(request),
    );
    const { transport } = open({ max_connections_per_host: 4 }, { isolateConnections: true });
    const paths = Array.from({ length: 400 }, (_, n) => `/${n}`);
    const outcomes = await Promise.all(paths.map((path) => outcomeOf(transport(requestTo(server.origin + path)))));
    expect(outcomes.map(({ text }) => text)).toEqual(paths);
  });
});

describe('T02 nobody waits any more', () => {
  it('aborted calls settle at once, their sockets close and what waits is never sent', async () => {
    const server = await serve((request) => (request.target === '/ok' ? echo(request) : [{ stall: true }]));
    const { transport } = open({ max_connections_per_host: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = ['/1', '/2', '/3', '/4'].map((path) =>
      outcomeOf(transport(requestTo(server.origin + path, { signal }))),
    );
    await server.until(() => server.requests.length === 2);
    controller.abort();
    for (const outcome of await Promise.all(calls)) expect(outcome.code).toBe('ERR_BACKEND_CANCELLED');
    await server.until(() => closed(server) === 2);
    const later = Array.from({ length: 4 }, () => outcomeOf(transport(requestTo(`${server.origin}/ok`))));
    for (const { text } of await Promise.all(later)) expect(text).toBe('/ok');
    expect(server.requests.map(({ target }) => target)).toEqual(['/1', '/2', '/ok', '/ok', '/ok', '/ok']);
  });

  it('a connection that is still being made is given up', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    const connected = once(mute, 'connection') as Promise<[Socket]>;
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const { transport } = open({}, { connectTimeout: 10_000 });
    const controller = new AbortController();
    const call = outcomeOf(transport(requestTo(`https://127.0.0.1:${port}/`, { signal: controller.signal })));
    const [socket] = await connected;
    const closed = once(socket.on('error', () => {}).resume(), 'close');
    controller.abort();
    expect((await call).code).toBe('ERR_BACKEND_CANCELLED');
    await closed;
    mute.close();
  });

  it('a call that gives up while it waits leaves the queue', async () => {
    const server = await serve((request) =>
      request.target === '/slow' ? [{ wait: 30 }, { send: answer('slow') }] : echo(request),
    );
    const { transport } = open({ max_connections_per_host: 1 });
    const controller = new AbortController();
    const slow = outcomeOf(transport(requestTo(`${server.origin}/slow`)));
    const gone = outcomeOf(transport(requestTo(`${server.origin}/gone`, { signal: controller.signal })));
    const next = outcomeOf(transport(requestTo(`${server.origin}/next`)));
    controller.abort();
    expect((await gone).code).toBe('ERR_BACKEND_CANCELLED');
    expect((await slow).text).toBe('slow');
    expect((await next).text).toBe('/next');
    expect(server.requests.map(({ target }) => target)).toEqual(['/slow', '/next']);
    expect(server.connections).toHaveLength(1);
  });

  it('a waiting call takes the place of an aborted one', async () => {
    const server = await serve((request) => (request.target === '/stall' ? [{ stall: true }] : echo(request)));
    const { transport } = open({ max_connections_per_host: 1 });
    const controller = new AbortController();
    const stalled = outcomeOf(transport(requestTo(`${server.origin}/stall`, { signal: controller.signal })));
    const waiting = outcomeOf(transport(requestTo(`${server.origin}/next`)));
    await server.until(() => server.requests.length === 1);
    controller.abort();
    expect((await stalled).code).toBe('ERR_BACKEND_CANCELLED');
    expect((await waiting).text).toBe('/next');
  });
});

describe('T07 a connection that does not come about', () => {
  it('ends in time', async () => {
    // Takes the connection and never says a word of TLS.
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const { transport } = open({}, { connectTimeout: 60 });
    const began = performance.now();
    const outcome = await outcomeOf(transport(requestTo(`https://127.0.0.1:${port}/`)));
    expect(outcome).toMatchObject({ code: 'ERR_BACKEND_TIMEOUT' });
    expect(performance.now() - began).toBeLessThan(2_000);
    mute.close();
  });

  it('Z07 is an error that names neither host nor port', async () => {
    const server = await serve(echo);
    await server.close();
    const { transport } = open();
    const { code, message } = await outcomeOf(transport(requestTo(server.origin)));
    expect(code).toBe('ERR_BACKEND_CONNECTION');
    expect(message).not.toMatch(/127|localhost/);
    expect(message).not.toContain(String(server.port));
  });
});

it.each([
  'ftp://127.0.0.1/',
  'data:text/plain,hello',
  'file:///etc/hosts',
  'http://user:secret@127.0.0.1/',
  'http://127.0.0.1\\@evil/',
  'http:/127.0.0.1/',
  '//127.0.0.1/',
  '/users/1',
  '',
])('U05 %s is no URL of a backend', async (url) => {
  const { transport } = open();
  const { code, message } = await outcomeOf(transport(requestTo(url)));
  expect(code).toBe('ERR_BACKEND_URL');
  expect(message).not.toContain('secret');
});
