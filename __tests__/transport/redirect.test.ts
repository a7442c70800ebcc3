import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followRedirects } from '../../lib/transport/redirect.js';
import type { Transport } from '../../lib/transport/transport.js';
import type { TransportSettings, Wire } from '../../lib/transport/wire.js';
import { answer, type RawRequest, type RawServer, type Script, startRawServer } from '../support/raw-server.js';
import { type Outcome, openWire, outcomeOf, type RequestParts, requestTo, SETTINGS } from './support.js';

const servers: RawServer[] = [];
let wire: Wire;

beforeEach(() => {
  wire = openWire();
});

afterEach(async () => {
  await wire.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(respond: (request: RawRequest, n: number) => Script): Promise<RawServer> {
  const server = await startRawServer(respond);
  servers.push(server);
  return server;
}

function call(url: string, parts: RequestParts = {}, settings: Partial<TransportSettings> = {}): Promise<Outcome> {
  return outcomeOf(wire.transportFor({ ...SETTINGS, ...settings })(requestTo(url, parts)));
}

const to = (location: string, status = 302): Script => [
  { send: answer('moved', `Location: ${location}`, `${status} Moved`) },
];
const home = (request: RawRequest): Script => [{ send: answer(`${request.method} ${request.target} ${request.body}`) }];
const moved =
  (location: string, status: number) =>
  (request: RawRequest): Script =>
    request.target === '/old' ? to(location, status) : home(request);

const CREDENTIALS = {
  authorization: 'Bearer secret',
  cookie: 'session=secret',
  'x-api-key': 'secret',
  'x-forwarded-for': '10.0.0.1',
  'content-type': 'text/plain',
};

describe('a redirect within the origin', () => {
  it.each([
    ['/caf\u00e9/\u00fc?q=\u00e9', '/caf%C3%A9/%C3%BC?q=%C3%A9'],
    ['/caf%C3%A9', '/caf%C3%A9'],
  ])('to %s is called by its bytes, encoded once', async (location, target) => {
    const server = await serve(moved(Buffer.from(location).toString('latin1'), 302));
    expect(await call(`${server.origin}/old`)).toMatchObject({ text: `GET ${target} ` });
  });

  it.each([
    [301, 'GET', 'GET /new '],
    [302, 'GET', 'GET /new '],
    [303, 'GET', 'GET /new '],
    [307, 'GET', 'GET /new '],
    [308, 'DELETE', 'DELETE /new '],
    [301, 'POST', 'GET /new '],
    [302, 'PUT', 'GET /new '],
    [303, 'DELETE', 'GET /new '],
    [307, 'POST', 'POST /new '],
  ])('%i of %s is followed', async (status, method, text) => {
    const server = await serve(moved('/new', status));
    expect(await call(`${server.origin}/old`, { method })).toMatchObject({ status: 200, text });
  });

  it('keeps headers, and says where it comes from', async () => {
    const server = await serve(moved('new?a=b#c', 302));
    const url = `${server.origin}/old`;
    await call(url, { method: 'POST', headers: CREDENTIALS, body: Buffer.from('x') });
    const [, second] = server.requests;
    expect(second?.target).toBe('/new?a=b');
    expect(second?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-api-key': 'secret', referer: url });
    expect(second?.headers).not.toHaveProperty('content-type');
    expect(second?.headers).not.toHaveProperty('content-length');
  });

  it('keeps a Referer of the client', async () => {
    const server = await serve(moved('/new', 302));
    await call(`${server.origin}/old`, { headers: { referer: 'https://app.example/' } });
    expect(server.requests[1]?.headers['referer']).toBe('https://app.example/');
  });

  it('leaves HEAD what it is', async () => {
    const server = await serve((request) =>
      request.target === '/old'
        ? [{ send: 'HTTP/1.1 302 F\r\nLocation: /new\r\n\r\n' }]
        : [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n' }],
    );
    expect(await call(`${server.origin}/old`, { method: 'HEAD' })).toMatchObject({ status: 200 });
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });

  it('is followed where the body is passed through as well', async () => {
    const server = await serve(moved('/new', 302));
    expect(await call(`${server.origin}/old`, { stream: true }, { stream: true })).toMatchObject({ text: 'GET /new ' });
  });
});

describe('a redirect of a request with a body', () => {
  const parts = { method: 'POST', body: Buffer.from('body'), headers: { 'content-type': 'text/plain' } };

  it('is handed on, for 307 and 308', async () => {
    const server = await serve(moved('/new', 308));
    expect(await call(`${server.origin}/old`, parts)).toMatchObject({ status: 308, text: 'moved' });
    expect(server.requests).toHaveLength(1);
  });

  it('is followed with `send_body_on_redirect`', async () => {
    const server = await serve(moved('/new', 307));
    const outcome = await call(`${server.origin}/old`, parts, { sendBodyOnRedirect: true });
    expect(outcome).toMatchObject({ status: 200, text: 'POST /new body' });
    expect(server.requests[1]?.headers['content-type']).toBe('text/plain');
  });

  it('is handed on when the body is gone already', async () => {
    const server = await serve(moved('/new', 307));
    const body = new PassThrough().end('body');
    expect(await call(`${server.origin}/old`, { ...parts, body }, { sendBodyOnRedirect: true })).toMatchObject({
      status: 307,
    });
  });

  it('H03 does not take the body to another origin', async () => {
    const other = await serve(home);
    const server = await serve(() => to(`${other.origin}/new`, 307));
    expect(await call(`${server.origin}/old`, parts, { sendBodyOnRedirect: true })).toMatchObject({ status: 307 });
    expect(other.connections).toHaveLength(0);
  });
});

describe('H03 a redirect to another origin', () => {
  it('takes along nothing that came from the client', async () => {
    const other = await serve(home);
    const server = await serve(() => to(`${other.origin}/new`));
    expect(await call(`${server.origin}/old`, { headers: CREDENTIALS })).toMatchObject({ text: 'GET /new ' });
    const names = new Set(other.requests[0]?.names);
    expect([...names].sort()).toEqual(['accept-encoding', 'connection', 'host', 'user-agent']);
    expect(other.requests[0]?.head).not.toContain('secret');
  });

  it('nor finds it again on its way back', async () => {
    const server: RawServer = await serve((request) =>
      request.target === '/old' ? to(`${other.origin}/back`) : home(request),
    );
    const other: RawServer = await serve(() => to(`${server.origin}/new`));
    await call(`${server.origin}/old`, { headers: CREDENTIALS });
    expect(server.requests.map(({ target }) => target)).toEqual(['/old', '/new']);
    expect(server.requests[1]?.head).not.toContain('secret');
    expect(server.requests[1]?.headers).not.toHaveProperty('referer');
  });

  it.each(['localhost', '127.0.0.2'])('an origin is another one at %s, though the port is the same', async (host) => {
    const server: RawServer = await serve((request) =>
      request.target === '/old' ? to(`http://${host}:${server.port}/new`) : home(request),
    );
    await call(`${server.origin}/old`, { headers: CREDENTIALS });
    for (const request of server.requests.slice(1)) expect(request.head).not.toContain('secret');
  });
});

describe('a chain of redirects', () => {
  /** A backend that redirects along `hops`, one after the other, and notes who called what. */
  function follow(hops: readonly string[], body: Readable | Buffer = Buffer.alloc(0)) {
    const calls: string[] = [];
    const via =
      (who: string): Transport =>
      async ({ url }) => {
        const location = hops[calls.length];
        calls.push(`${who}: ${url}`);
        return location === undefined
          ? { status: 200, headers: {}, body: Buffer.from('home') }
          : { status: 302, headers: { location }, body };
      };
    const settings = { name: 'backend[0]', redirects: 'follow', sendBodyOnRedirect: false } as const;
    const transport = followRedirects(settings, via('own'), () => via('beyond'));
    return { calls, outcome: outcomeOf(transport(requestTo('http://a.example/'))) };
  }

  it('H03 calls the origin of the backend as ever, and every other one with care, however it got there', async () => {
    const { calls, outcome } = follow(['http://b.example/1', 'http://b.example/2', 'http://a.example/3', '/4']);
    expect(await outcome).toMatchObject({ status: 200, text: 'home' });
    expect(calls).toEqual([
      'own: http://a.example/',
      'beyond: http://b.example/1',
      'beyond: http://b.example/2',
      'own: http://a.example/3',
      'own: http://a.example/4',
    ]);
  });

  it('marks its answer, which is that of another URL; an answer without a redirect is not marked', async () => {
    const server = await serve(moved('/new', 302));
    const send = wire.transportFor(SETTINGS);
    expect(await send(requestTo(`${server.origin}/old`))).toMatchObject({ status: 200, isRedirected: true });
    expect(await send(requestTo(`${server.origin}/new`))).not.toHaveProperty('isRedirected');
  });

  it('T04 closes what it does not read, which would hold a socket', async () => {
    const body = new Readable({ read() {} });
    await follow(['/1'], body).outcome;
    expect(body.destroyed).toBe(true);
    expect(() => body.emit('error', new Error('too late'))).not.toThrow();
  });
});

describe('a redirect that leads nowhere', () => {
  it('Z44 ends when it goes in circles', async () => {
    const server = await serve(() => to('/old'));
    expect(await call(`${server.origin}/old`)).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
    expect(server.requests).toHaveLength(11);
  });

  it.each([
    'data:text/plain,hello',
    'file:///etc/hosts',
    'ftp://127.0.0.1/',
    'javascript:alert(1)',
    'http://a:b@127.0.0.1/',
    'http://[',
    'http://user@/',
    'http://:password@127.0.0.1/',
  ])('Z44 is refused when it leads to %s', async (location) => {
    const server = await serve(() => to(location));
    for (const redirects of ['follow', 'same-origin'] as const) {
      expect(await call(`${server.origin}/old`, {}, { redirects })).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
    }
    expect(server.requests).toHaveLength(2);
  });

  it('is an answer like any other without a Location', async () => {
    const server = await serve(() => [{ send: answer('choose', '', '302 Found') }]);
    expect(await call(`${server.origin}/old`)).toMatchObject({ status: 302, text: 'choose' });
  });

  it.each([300, 304, 305, 306])('%i is no redirect', async (status) => {
    const server = await serve(() => [
      { send: `HTTP/1.1 ${status} Odd\r\nLocation: /new\r\n${status === 304 ? '' : 'Content-Length: 0\r\n'}\r\n` },
    ]);
    const headers = { 'if-none-match': '"a"' };
    expect(await call(`${server.origin}/old`, { headers })).toMatchObject({ status });
  });

  it('is handed on with `redirects: none`', async () => {
    const server = await serve(moved('/new', 302));
    const outcome = await call(`${server.origin}/old`, {}, { redirects: 'none' });
    expect(outcome).toMatchObject({ status: 302, text: 'moved', headers: { location: '/new' } });
    expect(server.requests).toHaveLength(1);
  });
});
