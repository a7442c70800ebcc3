import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createGateway, type GatewayConfig } from '../../../lib/index.js';
import type { RequestHandler } from '../../../lib/proxy.js';
import { serve, type Wire } from '../../router/wire.js';

const SHOP = 'https://shop.test';
let backend: Server;
let calls = 0;
let host: string;
let wire: Wire | undefined;
let gateway: ReturnType<typeof createGateway> | undefined;

beforeAll(async () => {
  backend = createServer((_request, response) => {
    calls++;
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Vary', 'Accept-Language');
    response.setHeader('Content-Type', 'application/json');
    response.end('{"a":1}');
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  host = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
});
afterAll(() => {
  backend.close();
});
afterEach(async () => {
  await wire?.close();
  await gateway?.close();
});

interface App {
  use(path: string, ...handlers: RequestHandler[]): unknown;
}
const APPS = [
  ['Express 5', () => express() as unknown as App & RequestListener],
  ['Express 4', () => express4() as unknown as App & RequestListener],
  ['Connect', () => connect() as unknown as App & RequestListener],
] as const;

function create(settings: object): ReturnType<typeof createGateway> {
  const config: GatewayConfig = {
    host: [host],
    extra_config: { 'security/cors': settings },
    endpoints: [
      { endpoint: '/users', backend: [{ url_pattern: '/' }] },
      { endpoint: '/raw', output_encoding: 'no-op', backend: [{ url_pattern: '/' }] },
    ],
  };
  gateway = createGateway(config);
  return gateway;
}

async function ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const response = await fetch(`http://127.0.0.1:${wire?.port}${path}`, init);
  await response.arrayBuffer();
  const { status, headers } = response;
  return { status, origin: headers.get('access-control-allow-origin'), vary: headers.get('vary'), headers };
}
const preflightOf = (origin: string): RequestInit & { headers: Record<string, string> } => ({
  method: 'OPTIONS',
  headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
});

/** As the package `cors` sets them for a request of an allowed page. */
const appCors: RequestHandler = (_request, response, next) => {
  response.setHeader('Access-Control-Allow-Origin', 'https://app.test');
  response.setHeader('Vary', 'Origin');
  next();
};

describe.each(APPS)('in %s', (_name, createApp) => {
  test('pages of allowed origins read answers and errors, below the mount path', async () => {
    const app = createApp();
    app.use('/api', create({ allow_origins: [SHOP] }) as unknown as RequestHandler);
    wire = await serve(app);

    expect(await ask('/api/users', { headers: { Origin: SHOP } })).toMatchObject({ status: 200, origin: SHOP });
    expect(await ask('/api/raw', { headers: { Origin: SHOP } })).toMatchObject({
      status: 200,
      origin: SHOP,
      vary: 'Origin, Accept-Language',
    });
    expect(await ask('/api/raw', { headers: { Origin: 'https://other.test' } })).toMatchObject({ origin: null });
    const before = calls;
    expect(await ask('/api/users', preflightOf(SHOP))).toMatchObject({ status: 204, origin: SHOP });
    expect(calls).toBe(before);
  });

  test('A05 routes of the app are not opened by the gateway', async () => {
    const app = createApp();
    app.use('/', create({}) as unknown as RequestHandler);
    app.use('/private', (_request, response) => void response.end('secret'));
    wire = await serve(app);

    expect(await ask('/users', { headers: { Origin: SHOP } })).toMatchObject({ origin: '*' });
    const { status, origin, vary } = await ask('/private', { headers: { Origin: SHOP } });
    expect({ status, origin, vary }).toEqual({ status: 200, origin: null, vary: null });
    expect(await ask('/private', preflightOf(SHOP))).toMatchObject({ origin: null });
    expect(await ask('/users', { method: 'POST', headers: { Origin: SHOP } })).toMatchObject({ origin: null });
  });

  test('CORS of the app wins where it has decided, and its Vary stays', async () => {
    const app = createApp();
    app.use('/', appCors);
    app.use('/', create({ allow_credentials: true, expose_headers: ['X-A'] }) as unknown as RequestHandler);
    wire = await serve(app);

    for (const path of ['/users', '/raw']) {
      const { origin, vary, headers } = await ask(path, { headers: { Origin: SHOP } });
      expect(origin).toBe('https://app.test');
      expect(vary).toMatch(/^Origin(?:, Accept-Language)?$/);
      expect(headers.has('access-control-allow-credentials')).toBe(false);
      expect(headers.has('access-control-expose-headers')).toBe(false);
    }
    expect(await ask('/users', preflightOf(SHOP))).toMatchObject({ status: 204, origin: 'https://app.test' });
  });
});

test('with bare node:http, what no endpoint serves can be read too', async () => {
  wire = await serve(create({ allow_origins: [SHOP] }) as unknown as RequestListener);
  expect(await ask('/unknown', { headers: { Origin: SHOP } })).toMatchObject({ status: 404, origin: SHOP });
  expect(await ask('/unknown', preflightOf(SHOP))).toMatchObject({ status: 204, origin: SHOP });
});

describe('over a raw connection', () => {
  const head = (...lines: string[]) =>
    `${['OPTIONS /users HTTP/1.1', 'Host: x', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`;
  const asked = 'Access-Control-Request-Method: GET';

  test('A05 several lines of Origin are no origin', async () => {
    wire = await serve(create({ allow_origins: ['https://*.shop.test'] }) as unknown as RequestListener);
    const text = await wire.send(head('Origin: https://a.shop.test', 'Origin: https://attacker.test', asked));
    expect(text).toMatch(/^HTTP\/1\.1 204 /);
    expect(text).not.toContain('attacker');
  });

  test('A05 bytes of a preflight do not become lines of the answer', async () => {
    wire = await serve(create({}) as unknown as RequestListener);
    const text = await wire.send(head(`Origin: ${SHOP}`, asked, 'Access-Control-Request-Headers: x-a,\xe9, x\tb'));
    expect(text).toMatch(/^HTTP\/1\.1 204 /);
    expect(text).not.toMatch(/access-control-allow/i);
  });

  test('a preflight is answered before its body has come', async () => {
    wire = await serve(create({ allow_origins: [SHOP] }) as unknown as RequestListener);
    const client = await wire.open();
    client.socket.write(head(`Origin: ${SHOP}`, asked, 'Content-Length: 1000000').replace('Connection: close\r\n', ''));
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 204 /);
    client.socket.destroy();
  });
});
