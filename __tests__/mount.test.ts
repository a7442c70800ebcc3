import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AxiosLike,
  createGateway,
  type Gateway,
  type GatewayConfig,
  type GatewayOptions,
  serverOptions,
} from '../lib/index.js';
import { parseAnswer, serve, type Wire } from './router/wire.js';

interface Call {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One backend for everything: tells what it was asked, and keeps a journal. */
const journal: Call[] = [];
const open = new Set<ServerResponse>();
let backend: Server;
let host: string;

async function answerBackend(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  const body = Buffer.concat(await request.toArray()).toString();
  journal.push({ method, url, headers, body });
  if (url.startsWith('/slow')) {
    open.add(response);
    response.on('close', () => open.delete(response));
  } else if (url.startsWith('/down')) {
    response.writeHead(503).end('secret');
  } else if (url.startsWith('/raw')) {
    response.writeHead(418, { 'content-type': 'text/x', 'set-cookie': ['a=1', 'b=2', 'c=3'] });
    response.write('ab');
    response.end('cd');
  } else {
    const name = url.split(/[/?]/)[1] ?? '';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ [name]: { url, method, body } }));
  }
}

beforeAll(async () => {
  backend = createServer((request, response) => void answerBackend(request, response)).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  host = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
});
afterAll(async () => {
  backend.closeAllConnections();
  backend.close();
});

function config(): GatewayConfig {
  return {
    host: [host],
    endpoints: [
      {
        endpoint: '/profile/{id}',
        input_query_strings: ['a', 'b'],
        input_headers: ['X-Tenant'],
        backend: [{ url_pattern: '/users/{id}' }, { url_pattern: '/orders/{id}' }],
      },
      {
        endpoint: '/two',
        method: 'POST',
        backend: [
          { url_pattern: '/one', method: 'POST' },
          { url_pattern: '/other', method: 'PUT' },
        ],
      },
      { endpoint: '/partial', backend: [{ url_pattern: '/up' }, { url_pattern: '/down' }] },
      { endpoint: '/failed', backend: [{ url_pattern: '/down' }] },
      { endpoint: '/slow', timeout: '30s', backend: [{ url_pattern: '/slow' }] },
      { endpoint: '/raw', output_encoding: 'no-op', backend: [{ url_pattern: '/raw' }] },
      {
        endpoint: '/upload',
        method: 'POST',
        output_encoding: 'no-op',
        backend: [{ url_pattern: '/upload', method: 'POST' }],
      },
      { endpoint: '/svc/*', backend: [{ url_pattern: '/tree/*' }] },
    ],
  };
}

interface Place {
  readonly name: string;
  /** Makes a server around the gateway, under `prefix`, after the given middlewares, before an own 404. */
  mount(gateway: Gateway<AxiosLike>, prefix: string, before: readonly RequestHandler[]): RequestListener;
  /** Whether its server is made with `serverOptions`. */
  readonly hasOptions?: boolean;
}
type RequestHandler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

function answerOwn404(_request: IncomingMessage, response: ServerResponse): void {
  response.statusCode = 404;
  response.end('own 404');
}

const APPS = [
  ['Express 5', express],
  ['Express 4', express4],
] as const;

const PLACES: readonly Place[] = [
  ...APPS.flatMap(([name, create]) => {
    function mount(gateway: Gateway<AxiosLike>, prefix: string, before: readonly RequestHandler[]) {
      const app = create();
      for (const middleware of before) app.use(middleware);
      return app.use(prefix, gateway).use(answerOwn404);
    }
    return [
      { name, mount },
      { name: `${name} with serverOptions`, mount, hasOptions: true },
    ];
  }),
  {
    name: 'Connect 3',
    mount(gateway, prefix, before) {
      const app = connect();
      for (const middleware of before) app.use(middleware);
      return app.use(prefix, gateway).use(answerOwn404);
    },
  },
  {
    name: 'node:http',
    mount(gateway, prefix, before) {
      return function listen(request, response) {
        const [first, ...rest] = before;
        if (first) {
          first(request, response, () => PLACES.at(-1)!.mount(gateway, prefix, rest)(request, response));
          return;
        }
        const url = request.url?.replace(/^http:\/\/[^/]*(?=\/api)/, '') ?? '/';
        if (prefix !== '/' && !url.startsWith(`${prefix}/`)) {
          answerOwn404(request, response);
          return;
        }
        if (prefix !== '/') request.url = url.slice(prefix.length);
        gateway(request, response, () => answerOwn404(request, response));
      };
    },
  },
];

const PARSERS: Record<string, readonly RequestHandler[]> = {
  'no parser': [],
  'parsers of Express 5': [express.json(), express.urlencoded({ extended: true }), express.text()],
  'parsers of Express 4': [express4.json(), express4.urlencoded({ extended: false }), express4.raw()],
};

const CASES = PLACES.flatMap((place) =>
  ['/', '/api/v1'].flatMap((prefix) =>
    Object.keys(PARSERS).map((parsers) => ({ place, name: place.name, prefix, parsers })),
  ),
);

let gateway: Gateway<AxiosLike>;
let wire: Wire;
beforeEach(() => {
  journal.length = 0;
});

async function stop(): Promise<void> {
  await gateway.close({ timeout: 100 });
  await wire.close();
}

async function start(place: Place, prefix = '/', before: readonly RequestHandler[] = [], options: GatewayOptions = {}) {
  gateway = createGateway(config(), options);
  const listener = place.mount(gateway, prefix, before);
  wire = await serve(listener, place.hasOptions ? serverOptions(listener as express.Express) : {});
}

describe.each(CASES)('X03 $name, at $prefix, $parsers', ({ place, prefix, parsers }) => {
  const at = (path: string) => `http://127.0.0.1:${wire.port}${prefix === '/' ? '' : prefix}${path}`;
  const post = (path: string, type: string, body: string) =>
    fetch(at(path), { method: 'POST', headers: { 'content-type': type }, body });

  beforeAll(() => start(place, prefix, PARSERS[parsers]));
  afterAll(stop);

  test('merges its backends', async () => {
    const response = await fetch(at('/profile/7?b=2&x=9&a=1&a=3&A=4'), {
      headers: { 'X-Tenant': 't', 'X-Other': 'o' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-krakend-completed')).toBe('true');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      users: { url: '/users/7?b=2&a=1&a=3', method: 'GET', body: '' },
      orders: { url: '/orders/7?b=2&a=1&a=3', method: 'GET', body: '' },
    });
    for (const { headers } of journal) {
      expect(headers).toMatchObject({
        'x-tenant': 't',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': `127.0.0.1:${wire.port}`,
      });
      expect(headers['x-other']).toBeUndefined();
      expect(headers['user-agent']).toMatch(/^express-tributary\//);
    }
  });

  test('U01 U04 takes params apart by itself', async () => {
    await fetch(at('/profile/a%20%C3%A9;b'));
    expect(journal.map(({ url }) => url).sort()).toEqual(['/orders/a%20%C3%A9;b', '/users/a%20%C3%A9;b']);
    for (const param of ['a%2Fb', '..%2fadmin', '%2e%2e', 'a%00', 'a%3Fb', 'a%252Fb']) {
      const text = await wire.send(
        `GET ${new URL(at('/profile/')).pathname}${param} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
      );
      expect([param, parseAnswer(text).status]).toEqual([param, 400]);
    }
    expect(journal).toHaveLength(2);
  });

  test('F06 gives one JSON body to two backends', async () => {
    expect((await post('/two', 'application/json', '{"a":[1,"\u00e9"]}')).status).toBe(200);
    expect(journal.map(({ method, url, body }) => `${method} ${url} ${body}`).sort()).toEqual([
      'POST /one {"a":[1,"\u00e9"]}',
      'PUT /other {"a":[1,"\u00e9"]}',
    ]);
    for (const { headers } of journal) expect(headers['content-type']).toBe('application/json');
  });

  test.each([
    ['application/x-www-form-urlencoded', 'a=1+2&b=%26&b=3'],
    ['text/plain', 'some text \u00e9'],
    ['application/octet-stream', 'bytes'],
    ['application/x-other', 'whatever'],
    ['application/problem+json', '{"a": 1}'],
  ])('F06 gives a body of %s to a backend as it came', async (type, body) => {
    const response = await post('/upload', type, body);
    expect(response.status).toBe(200);
    expect(journal).toMatchObject([{ body }]);
    expect(journal[0]?.headers['content-type']).toContain(type);
  });

  test('an empty body stays empty', async () => {
    expect((await fetch(at('/two'), { method: 'POST' })).status).toBe(200);
    expect(journal.map(({ body }) => body)).toEqual(['', '']);
  });

  test('answers in part when a backend fails', async () => {
    const response = await fetch(at('/partial'));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-krakend-completed')).toBe('false');
    expect(await response.json()).toEqual({ up: { url: '/up', method: 'GET', body: '' } });
  });

  test('E01 answers by itself when all fail, without a word about the house', async () => {
    const response = await fetch(at('/failed'));
    expect(response.status).toBe(500);
    expect(response.headers.get('x-krakend-completed')).toBe('false');
    expect(await response.text()).toBe('');
  });

  test('H05 passes a no-op answer on as it is', async () => {
    const response = await fetch(at('/raw'));
    expect(response.status).toBe(418);
    expect(response.headers.get('content-type')).toBe('text/x');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2', 'c=3']);
    expect(response.headers.get('x-krakend-completed')).toBe('false');
    expect(await response.text()).toBe('abcd');
  });

  test('hands on what it does not know', async () => {
    for (const [path, method] of [
      ['/nowhere', 'GET'],
      ['/', 'GET'],
      ['/failed', 'DELETE'],
      ['/failed/', 'GET'],
      ['/FAILED', 'GET'],
    ] as const) {
      const response = await fetch(at(path), { method });
      expect([path, response.status, await response.text()]).toEqual([path, 404, 'own 404']);
      expect(response.headers.get('x-krakend-completed')).toBeNull();
    }
    expect(journal).toEqual([]);
  });

  test('serves everything below a wildcard', async () => {
    expect(await (await fetch(at('/svc/a/b%20c/'))).json()).toEqual({
      tree: { url: '/tree/a/b%20c/', method: 'GET', body: '' },
    });
  });

  test('is healthy', async () => {
    expect(await (await fetch(at('/__health'))).json()).toMatchObject({ status: 'ok' });
  });

  test('U07 believes no authority but the Host header', async () => {
    const { pathname } = new URL(at('/profile/7'));
    const text = await wire.send(`GET http://evil${pathname} HTTP/1.1\r\nHost: good\r\nConnection: close\r\n\r\n`);
    expect(parseAnswer(text).status).toBe(200);
    for (const { headers } of journal) expect(headers['x-forwarded-host']).toBe('good');
    const twice = await wire.send(`GET ${pathname} HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`);
    expect(parseAnswer(twice).status).toBe(400);
    expect(journal).toHaveLength(2);
  });

  test('T02 lets go of the backend when the client leaves', async () => {
    const { socket } = await wire.open();
    socket.write(`GET ${new URL(at('/slow')).pathname} HTTP/1.1\r\nHost: h\r\n\r\n`);
    await vi.waitFor(() => expect(open.size).toBe(1));
    socket.destroy();
    await vi.waitFor(() => expect(open.size).toBe(0));
  });
});

describe.each(PLACES.map((place) => ({ place, name: place.name })))('X03 $name', ({ place }) => {
  afterEach(stop);

  const request = (method: string, path: string) => fetch(`http://127.0.0.1:${wire.port}${path}`, { method });

  test('without fallthrough it gives the 404 and 405 of KrakenD', async () => {
    await start(place, '/', [], { fallthrough: false });
    const missing = await request('GET', '/nowhere');
    expect([missing.status, await missing.text()]).toEqual([404, '404 page not found']);
    const other = await request('DELETE', '/failed');
    expect([other.status, await other.text(), other.headers.get('allow')]).toEqual([
      405,
      '405 method not allowed',
      'GET',
    ]);
  });

  test('headers that an earlier middleware set stay', async () => {
    await start(place, '/', [
      (_request, response, next) => {
        response.setHeader('X-Frame-Options', 'DENY');
        response.setHeader('Set-Cookie', 'session=1');
        next();
      },
    ]);
    for (const path of ['/profile/7', '/failed']) {
      const { headers } = await request('GET', path);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.getSetCookie()).toEqual(['session=1']);
    }
    expect((await request('GET', '/raw')).headers.getSetCookie()).toEqual(['session=1', 'a=1', 'b=2', 'c=3']);
  });

  test('F06 a parser that leaves nothing behind makes a clear 500', async () => {
    await start(place, '/', [
      async (incoming, _response, next) => {
        await incoming.toArray();
        next();
      },
    ]);
    const response = await fetch(`http://127.0.0.1:${wire.port}/upload`, { method: 'POST', body: 'x' });
    expect([response.status, await response.text()]).toEqual([500, 'error: request body not available']);
    expect(journal).toEqual([]);
  });

  test('F07 an upgrade is not made, and trailers never become headers', async () => {
    await start(place);
    const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x';
    const { socket, until } = await wire.open();
    socket.write(`GET /profile/7 HTTP/1.1\r\nHost: h\r\n${upgrade}\r\n\r\n`);
    expect(parseAnswer(await until(/\r\n\r\n/)).status).toBe(200);
    const text = await wire.send(
      'POST /upload HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Tenant\r\n\r\n',
      '2;x=y\r\nab\r\n0\r\nX-Tenant: admin\r\n\r\n',
    );
    expect(parseAnswer(text).status).toBe(200);
    expect(journal).toHaveLength(3);
    expect(journal[2]?.body).toBe('ab');
    for (const { headers } of journal) {
      expect(Object.keys(headers)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/upgrade|http2|trailer|tenant/)]),
      );
    }
  });

  test('H07 the address of the client comes from trusted proxies only', async () => {
    await start(place, '/', [], { trustedProxies: ['127.0.0.0/8'] });
    await fetch(`http://127.0.0.1:${wire.port}/failed`, { headers: { 'X-Forwarded-For': '6.6.6.6, 192.0.2.9' } });
    expect(journal[0]?.headers['x-forwarded-for']).toBe('192.0.2.9');
  });
});

test.each(APPS)('H07 %s decides by its own `trust proxy`', async (_name, create) => {
  gateway = createGateway(config());
  const app = create();
  wire = await serve(app.use(gateway));
  const call = () =>
    fetch(`http://127.0.0.1:${wire.port}/failed`, { headers: { 'X-Forwarded-For': '6.6.6.6, 192.0.2.9' } });
  await call();
  app.set('trust proxy', 1);
  await call();
  await stop();
  expect(journal.map(({ headers }) => headers['x-forwarded-for'])).toEqual(['127.0.0.1', '192.0.2.9']);
});

test.each(APPS)('H07 in front of %s, the `trust proxy` of an app behind it does not count', async (_name, create) => {
  gateway = createGateway(config());
  const app = create();
  app.set('trust proxy', true);
  wire = await serve(
    (request, response) => gateway(request, response, () => app(request, response)),
    serverOptions(app),
  );
  await fetch(`http://127.0.0.1:${wire.port}/failed`, { headers: { 'X-Forwarded-For': '6.6.6.6' } });
  await stop();
  expect(journal.map(({ headers }) => headers['x-forwarded-for'])).toEqual(['127.0.0.1']);
});

test.each(APPS)('X03 in front of %s, it leaves to the app what no endpoint matches', async (_name, create) => {
  gateway = createGateway(config());
  const app = create();
  app.use(express.json());
  app.post('/own', (request: express.Request, response: express.Response) => response.json({ own: request.body }));
  wire = await serve((request, response) => gateway(request, response, () => app(request, response)));
  const at = (path: string) => `http://127.0.0.1:${wire.port}${path}`;
  const headers = { 'content-type': 'application/json' };

  const merged = await fetch(at('/profile/7'));
  expect([merged.status, merged.headers.get('x-powered-by')]).toEqual([200, null]);
  expect(Object.keys((await merged.json()) as object)).toEqual(['users', 'orders']);
  const own = await fetch(at('/own?x=1'), { method: 'POST', headers, body: '{"a":1}' });
  expect([await own.json(), own.headers.get('x-powered-by')]).toEqual([{ own: { a: 1 } }, 'Express']);
  expect((await fetch(at('/nowhere'))).status).toBe(404);
  expect(journal).toHaveLength(2);
  await stop();
});
