import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Axios } from 'axios';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../lib/errors.js';
import { createGateway, defineConfig, type Gateway, type GatewayConfig } from '../lib/gateway.js';
import type { GatewayOptions } from '../lib/options.js';
import type { OwnAxios } from '../lib/transport/axios.js';
import { answer, startRawServer } from './support/raw-server.js';

const open: (() => Promise<unknown>)[] = [];
let backend = '';
let seen: { url: string; headers: Record<string, unknown> }[] = [];

/** A server on a free port, closed after the test. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  seen = [];
  backend = await serve((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ path: request.url }));
  });
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function configOf(path = '/x/{id}'): GatewayConfig {
  return { host: [backend], endpoints: [{ endpoint: path, backend: [{ url_pattern: '/users/{id}' }] }] };
}

function created(config: GatewayConfig, options: GatewayOptions<OwnAxios> = {}): Gateway {
  const gateway = createGateway(config, options);
  open.push(() => gateway.close());
  return gateway;
}

describe('is an Express Router', () => {
  test('that is mounted under a path', async () => {
    const origin = await serve(express().use('/api', created(configOf())));
    const response = await fetch(`${origin}/api/x/7`);
    expect([response.status, await response.json()]).toEqual([200, { path: '/users/7' }]);
    expect((await fetch(`${origin}/x/7`)).status).toBe(404);
  });

  test('whose own layers run before the endpoints', async () => {
    const gateway = created(configOf());
    gateway.use((_request, response, next) => {
      response.setHeader('X-Layer', '1');
      next();
    });
    gateway.use('/x/8', (_request, response) => {
      response.statusCode = 418;
      response.end();
    });
    const origin = await serve(express().use(gateway));
    expect((await fetch(`${origin}/x/7`)).headers.get('x-layer')).toBe('1');
    expect((await fetch(`${origin}/x/8`)).status).toBe(418);
    expect(seen.map(({ url }) => url)).toEqual(['/users/7']);
  });

  test('whose layers may fail: the app hears of it, no backend is called', async () => {
    const gateway = created(configOf());
    gateway.use((_request, _response, next) => next(new Error('broken')));
    const app = express().use(gateway);
    const heard = vi.fn();
    app.use(((error, _request, response, _next) => {
      heard(error.message);
      response.status(500).end();
    }) as express.ErrorRequestHandler);
    expect((await fetch(`${await serve(app)}/x/7`)).status).toBe(500);
    expect(heard).toHaveBeenCalledWith('broken');
    expect(seen).toEqual([]);
  });

  test('that passes on what it does not serve', async () => {
    const app = express().use(created(configOf()));
    app.get('/other', (_request, response) => {
      response.send('host app');
    });
    expect(await (await fetch(`${await serve(app)}/other`)).text()).toBe('host app');
  });
});

test('serves as a plain listener, with nothing after it', async () => {
  const origin = await serve(created(configOf()));
  expect(await (await fetch(`${origin}/x/7`)).json()).toEqual({ path: '/users/7' });
  const response = await fetch(`${origin}/nothing`);
  expect([response.status, await response.text()]).toEqual([404, '404 page not found']);
});

describe('axios', () => {
  test('of its own is reachable: interceptors see every call', async () => {
    const gateway = createGateway(configOf());
    open.push(() => gateway.close());
    gateway.axios.interceptors.request.use((config) => {
      config.headers.set('X-Stamp', 'stamped');
      return config;
    });
    const origin = await serve(gateway);
    expect((await fetch(`${origin}/x/7`)).status).toBe(200);
    expect(seen[0]?.headers['x-stamp']).toBe('stamped');
  });

  test('of the host app is used as it is', async () => {
    const axios = new Axios({ headers: { 'x-mine': '1' } });
    const before = JSON.stringify(axios.defaults);
    const gateway = createGateway(configOf(), { axios });
    open.push(() => gateway.close());
    expect(gateway.axios).toBe(axios);
    const origin = await serve(gateway);
    expect((await fetch(`${origin}/x/7`)).status).toBe(200);
    expect(JSON.stringify(axios.defaults)).toBe(before);
  });
});

test('a transport of the host app takes the place of the wire', async () => {
  const transport = vi.fn(async () => ({ status: 200, headers: {}, body: Buffer.from('{"own":1}') }));
  const origin = await serve(created(configOf(), { transport }));
  expect(await (await fetch(`${origin}/x/7`)).json()).toEqual({ own: 1 });
  expect(seen).toEqual([]);
});

test('reload swaps the configuration while the server goes on', async () => {
  const gateway = created(configOf('/old/{id}'));
  const origin = await serve(gateway);
  gateway.reload(configOf('/new/{id}'));
  expect((await fetch(`${origin}/new/7`)).status).toBe(200);
  expect((await fetch(`${origin}/old/7`)).status).toBe(404);
  expect(() => gateway.reload({ endpoints: [{ endpoint: '/new', backend: [] }] })).toThrow(ConfigError);
  expect((await fetch(`${origin}/new/7`)).status).toBe(200);
});

test('X01 close lets requests finish, refuses new ones and closes the sockets to backends', async () => {
  let release = () => {};
  const sockets = new Set<unknown>();
  const slow = createServer((_request, response) => {
    release = () => void response.end('{"slow":1}');
  });
  slow.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await once(slow.listen(0, '127.0.0.1'), 'listening');
  open.push(() => new Promise((resolve) => slow.close(resolve)));
  const host = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const gateway = created({ endpoints: [{ endpoint: '/x', timeout: '1m', backend: [{ host: [host] }] }] });
  const origin = await serve(gateway);

  const running = fetch(`${origin}/x`);
  await once(slow, 'request');
  const closed = gateway.close();
  const refused = await fetch(`${origin}/x`);
  expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close']);
  release();
  expect(await (await running).json()).toEqual({ slow: 1 });
  await closed;
  await vi.waitFor(() => expect(sockets.size).toBe(0));
});

test('X02 a wrong configuration or option starts nothing', () => {
  expect(() => createGateway({ endpoints: [{ endpoint: '/x', backend: [] }] })).toThrow(ConfigError);
  expect(() => createGateway(configOf(), { statuses: 'honest' as 'http' })).toThrow(ConfigError);
});

test('defineConfig gives back what it was given', () => {
  const config = configOf();
  expect(defineConfig(config)).toBe(config);
});

describe('S18 a body that only the end of its connection ends', () => {
  async function serveOld(): Promise<string> {
    const server = await startRawServer(({ target }) => {
      const body =
        target === '/cut' ? '{"a":1' : target === '/empty' ? '' : target === '/text' ? 'some text' : '{"a":1}';
      return [{ send: `HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n${body}` }, { fin: true }];
    });
    open.push(() => server.close());
    return server.origin;
  }

  const answers = async (path: string, encoding: string, output = encoding) => {
    const host = [await serveOld()];
    const endpoint = { endpoint: '/x', output_encoding: output, backend: [{ host, encoding, url_pattern: path }] };
    const response = await fetch(`${await serve(created({ endpoints: [endpoint] }))}/x`);
    return { response, text: await response.text() };
  };

  test.each([
    ['/json', 'json', 'json', 'true'],
    ['/json', 'json', 'negotiate', 'true'],
    ['/json', 'safejson', 'json', 'true'],
    ['/text', 'string', 'string', 'false'],
    ['/json', 'yaml', 'json', 'false'],
    ['/empty', 'json', 'json', 'false'],
  ])('%s as %s, written as %s: complete is %s', async (path, encoding, output, complete) => {
    const { response, text } = await answers(path, encoding, output);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-krakend-completed')).toBe(complete);
    if (path === '/text') expect(text).toBe('some text');
  });

  test('and that is cut is a failure where its encoding can tell', async () => {
    expect((await answers('/cut', 'json')).response.status).toBe(500);
  });

  test('is passed on as one that the end of its connection ends', async () => {
    const { response, text } = await answers('/text', 'no-op');
    expect(text).toBe('some text');
    expect(response.headers.get('connection')).toBe('close');
    expect(response.headers.get('transfer-encoding')).toBeNull();
  });
});

test('S14 a stray answer is counted and logged, and a reload does not forget it', async () => {
  const warn = vi.fn();
  const silent = (): void => {};
  const strayed = vi.fn();
  const bad = await startRawServer((_request, n) =>
    n === 0 ? [{ send: answer('{"a":1}') }, { wait: 5 }, { send: answer('{"b":2}') }] : [{ send: answer('{"a":1}') }],
  );
  open.push(() => bad.close());
  const config: GatewayConfig = {
    endpoints: [{ endpoint: '/x', backend: [{ host: [bad.origin], url_pattern: '/' }] }],
    extra_config: { 'telemetry/metrics': {} },
  };
  const gateway = created(config, {
    logger: { debug: silent, info: silent, warn, error: silent },
    observe: { strayed },
  });
  const origin = await serve(gateway);
  await fetch(`${origin}/x`);
  await vi.waitFor(() => expect(strayed).toHaveBeenCalledWith({ origin: bad.origin }));
  expect(gateway.stats()?.['tributary.backend.stray_answers']).toBe(1);
  expect(warn.mock.calls.filter(([fields]) => fields.origin === bad.origin)).toHaveLength(1);
  gateway.reload(config);
  await fetch(`${origin}/x`);
  expect(bad.requests[1]?.headers['connection']).toBe('close');
});
