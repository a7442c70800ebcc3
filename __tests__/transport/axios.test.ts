import { PassThrough, Readable } from 'node:stream';
import { inspect } from 'node:util';
import axios, { AxiosError } from 'axios';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHeld } from '../../lib/core/buffer-budget.js';
import { watchUpload } from '../../lib/core/upload.js';
import { silentLogger } from '../../lib/logger.js';
import { type AxiosCall, type AxiosLike, createAxios } from '../../lib/transport/axios.js';
import { createOrigins } from '../../lib/transport/origin.js';
import type { Transport } from '../../lib/transport/transport.js';
import { createWire, type TransportSettings, type Wire } from '../../lib/transport/wire.js';
import { answer, type RawServer, startRawServer } from '../support/raw-server.js';
import { CLIENT, outcomeOf, requestTo, SETTINGS } from './support.js';

const wires: Wire[] = [];
let server: RawServer;

beforeEach(async () => {
  server = await startRawServer((request) => [{ send: answer(`${request.method} ${request.target}`) }]);
});

afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await server.close();
});

function transportOver(instance: AxiosLike, settings: Partial<TransportSettings> = {}): Transport {
  const wire = createWire({ axios: instance, client: CLIENT, origins: createOrigins(silentLogger) });
  wires.push(wire);
  return wire.transportFor({ ...SETTINGS, ...settings });
}

/** Sends `abc`, of which the end comes when the backend has the beginning. */
async function upload(send: Transport, body: PassThrough, headers = {}): Promise<void> {
  body.write('ab');
  const call = outcomeOf(send(requestTo(`${server.origin}/a`, { method: 'POST', headers, body })));
  await server.until(() => (server.connections[0]?.received ?? 0) > 0);
  body.end('c');
  expect(await call).toMatchObject({ status: 200 });
}

function intercepted(): AxiosLike {
  const instance = createAxios();
  instance.interceptors.request.use((config) => config);
  return instance;
}

const namesOf = (n: number): string[] => [...(server.requests[n]?.names ?? [])].sort();

describe('S11 Content-Disposition of an upload', () => {
  const injecting = Buffer.from('a; filename="a\u010D\u010Ax-injected: 1"').toString('latin1');

  it.each([
    { instance: 'own', value: injecting, sent: injecting },
    { instance: 'own', value: 'a', sent: 'a' },
    { instance: "a user's", value: injecting, sent: undefined },
    { instance: "a user's", value: 'a', sent: 'a' },
  ])('adds no header over the $instance instance: $value', async ({ instance, value, sent }) => {
    const send = transportOver(instance === 'own' ? createAxios() : axios.create());
    const headers = { 'content-disposition': value };
    await outcomeOf(send(requestTo(`${server.origin}/a`, { method: 'POST', headers, body: Buffer.from('x') })));
    expect(server.requests[0]?.headers['content-disposition']).toBe(sent);
    expect(namesOf(0)).not.toContain('x-injected');
  });
});

describe("the gateway's own instance", () => {
  it('sends what it is given and nothing of its own', async () => {
    const send = transportOver(createAxios());
    const headers = { accept: 'a/b', 'x-several': ['1', '2'] };
    await outcomeOf(send(requestTo(`${server.origin}/a`, { headers })));
    expect(server.requests[0]?.headers).toEqual({
      host: new URL(server.origin).host,
      connection: 'keep-alive',
      accept: 'a/b',
      'x-several': '1, 2',
      'accept-encoding': 'gzip, br, deflate',
      'user-agent': expect.stringMatching(/^express-tributary\/\d/),
    });
  });

  it('H01 leaves out what belongs to a connection', async () => {
    const send = transportOver(createAxios());
    const headers = Object.fromEntries(
      [
        'connection',
        'keep-alive',
        'te',
        'trailer',
        'transfer-encoding',
        'upgrade',
        'expect',
        'proxy-connection',
        'http2-settings',
        'content-length',
      ].map((name) => [name, '5']),
    );
    expect(await outcomeOf(send(requestTo(`${server.origin}/a`, { headers })))).toMatchObject({ text: 'GET /a' });
    expect(namesOf(0)).toEqual(['accept-encoding', 'connection', 'host', 'user-agent']);
    expect(server.requests[0]?.headers['connection']).toBe('keep-alive');
  });

  it('H04 sends no header and no path that would be another message', async () => {
    const send = transportOver(createAxios());
    for (const value of ['a\r\nX-Evil: 1', 'a\0b', 'a\nb']) {
      const { code } = await outcomeOf(send(requestTo(server.origin, { headers: { 'x-a': value } })));
      expect(code).toBe('ERR_BACKEND_PROTOCOL');
    }
    const { code } = await outcomeOf(send(requestTo(`${server.origin}/a b\r\nX-Evil: 1`)));
    expect(code).toBe('ERR_BACKEND_PROTOCOL');
    expect(server.requests).toHaveLength(0);
  });

  it('lets interceptors change requests and answers, also those added later', async () => {
    const instance = createAxios();
    const send = transportOver(instance);
    await outcomeOf(send(requestTo(`${server.origin}/before`)));
    instance.interceptors.request.use((config) => {
      config.headers.set('X-Token', 'from an interceptor');
      config.url = `${config.url}?a=b`;
      return config;
    });
    instance.interceptors.response.use((response) => {
      response.headers['x-seen'] = String(response.status);
      response.data = Buffer.from(`${response.data}!`);
      return response;
    });
    const outcome = await outcomeOf(send(requestTo(`${server.origin}/after`)));
    expect(outcome).toMatchObject({ text: 'GET /after?a=b!', headers: { 'x-seen': '200' } });
    expect(server.requests[1]?.headers['x-token']).toBe('from an interceptor');
    expect(namesOf(1)).toEqual(['accept-encoding', 'connection', 'host', 'user-agent', 'x-token']);
    expect(server.connections).toHaveLength(1);
  });

  it('obeys defaults, spies and adapters that somebody sets', async () => {
    const instance = createAxios();
    const send = transportOver(instance);
    instance.defaults.params = { page: 1 };
    expect((await outcomeOf(send(requestTo(`${server.origin}/a`)))).text).toBe('GET /a?page=1');
    delete instance.defaults.params;
    const spy = vi.spyOn(instance, 'request');
    await outcomeOf(send(requestTo(`${server.origin}/a`)));
    expect(spy).toHaveBeenCalledOnce();
    spy.mockRestore();
    instance.defaults.adapter = (config) =>
      Promise.resolve({ status: 200, statusText: 'OK', headers: {}, data: { mocked: config.url }, config });
    expect((await outcomeOf(send(requestTo(`${server.origin}/a`)))).text).toBe(`{"mocked":"${server.origin}/a"}`);
  });

  it('T02 tells a call that was cancelled from one that failed, with interceptors too', async () => {
    const instance = createAxios();
    const controller = new AbortController();
    instance.interceptors.request.use((config) => {
      if (String(config.url).endsWith('/cancelled')) controller.abort();
      throw new Error('secret');
    });
    const send = transportOver(instance);
    expect(await outcomeOf(send(requestTo(`${server.origin}/broken`)))).toMatchObject({
      code: 'ERR_BACKEND_CONNECTION',
    });
    const cancelled = send(requestTo(`${server.origin}/cancelled`, { signal: controller.signal }));
    expect(await outcomeOf(cancelled)).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  });

  it('tells the address of a redirect, with interceptors too', async () => {
    const moving = await startRawServer((request) => [
      { send: answer('', 'Location: /new', request.target === '/old' ? '302 Found' : '200 OK') },
    ]);
    const instance = createAxios();
    instance.interceptors.request.use((config) => config);
    const send = transportOver(instance, { redirects: 'none' });
    expect(await send(requestTo(`${moving.origin}/old`))).toMatchObject({ status: 302, peerAddress: '127.0.0.1' });
    expect(await send(requestTo(`${moving.origin}/new`))).not.toHaveProperty('peerAddress');
    await moving.close();
  });

  it.each([false, true])('sends the length of an upload where it is known (interceptors: %s)', async (isTouched) => {
    const instance = createAxios();
    if (isTouched) instance.interceptors.request.use((config) => config);
    const send = transportOver(instance);
    const body = new PassThrough();
    watchUpload(body, () => false, 3);
    await upload(send, body, { 'content-length': '3' });
    expect(server.requests[0]?.headers).toMatchObject({ 'content-length': '3' });
    expect(server.requests[0]?.headers).not.toHaveProperty('transfer-encoding');
    expect(String(server.requests[0]?.body)).toBe('abc');
  });

  it('serves calls that are not of the gateway over sockets of its own', async () => {
    const instance = createAxios();
    const { data } = await instance.get(`${server.origin}/token`);
    expect(String(data)).toBe('GET /token');
  });

  it('sends a body without a type when it has none', async () => {
    const instance = createAxios();
    instance.interceptors.request.use((config) => config);
    const send = transportOver(instance);
    await outcomeOf(send(requestTo(server.origin, { method: 'POST', body: Buffer.from('x') })));
    expect(namesOf(0)).not.toContain('content-type');
  });
});

describe("a user's own instance", () => {
  it('is called through `request` with its interceptors and defaults, and never changed', async () => {
    const defaults = { baseURL: 'http://127.0.0.1:1', allowAbsoluteUrls: false, timeout: 5_000 };
    const instance = axios.create({ headers: { 'X-Default': 'yes' }, ...defaults });
    instance.interceptors.request.use((config) => {
      config.headers.set('X-Token', 'mine');
      return config;
    });
    const before = inspect(instance.defaults, { depth: 9 });
    const send = transportOver(instance);
    expect(await outcomeOf(send(requestTo(`${server.origin}/a`)))).toMatchObject({ status: 200, text: 'GET /a' });
    expect(server.requests[0]?.headers).toMatchObject({ 'x-default': 'yes', 'x-token': 'mine' });
    expect(inspect(instance.defaults, { depth: 9 })).toBe(before);
  });

  it('neither follows redirects nor inflates, decodes or judges a status: that is the wire', async () => {
    const calls: AxiosCall[] = [];
    const send = transportOver({
      request(call) {
        calls.push(call);
        return Promise.resolve({ status: 404, headers: { 'X-A': 1 }, data: Buffer.from('{"broken') });
      },
    });
    expect(await outcomeOf(send(requestTo('http://backend.example/a')))).toMatchObject({
      status: 404,
      headers: { 'x-a': '1' },
      text: '{"broken',
    });
    const [call] = calls;
    expect(call).toMatchObject({
      method: 'GET',
      responseType: 'arraybuffer',
      maxRedirects: 0,
      proxy: false,
      decompress: false,
    });
    expect(call?.maxContentLength).toBe(SETTINGS.maxBody);
    expect(call?.validateStatus?.()).toBe(true);
    expect(call?.transformResponse?.map((transform) => transform('{"broken'))).toEqual(['{"broken']);
  });

  it.each<[string, unknown, string]>([
    ['text', 'a\u00e9', 'a\u00c3\u00a9'],
    ['an ArrayBuffer', new Uint8Array([97, 98]).buffer, 'ab'],
    ['a typed array', new Uint8Array([97, 98]), 'ab'],
    ['a part of one', new Uint8Array([120, 97, 98, 120]).subarray(1, 3), 'ab'],
    ['a stream', () => Readable.from([Buffer.from('ab')]), 'ab'],
    ['a web stream', () => new Blob(['ab']).stream(), 'ab'],
    ['a document', { a: 1 }, '{"a":1}'],
    ['nothing', undefined, ''],
    ['no document', null, ''],
  ])('may answer with %s', async (_title, given, text) => {
    for (const stream of [false, true]) {
      const data = typeof given === 'function' ? given() : given;
      const send = transportOver({ request: () => Promise.resolve({ status: 200, headers: {}, data }) }, { stream });
      expect((await outcomeOf(send(requestTo('http://backend.example/a', { stream })))).text).toBe(text);
    }
  });

  it.each([200, 999])('E03 may answer with the status %s', async (status) => {
    const send = transportOver({ request: () => Promise.resolve({ status, headers: {}, data: '' }) });
    expect(await outcomeOf(send(requestTo('http://backend.example/a')))).toMatchObject({ status });
  });

  it.each([undefined, 0, 99, 101, 199, 1_000, 200.5, '200'])(
    'E03 may not answer with the status %s',
    async (status) => {
      const request = () => Promise.resolve({ status: status as number, headers: {}, data: '' });
      const send = transportOver({ request });
      expect(await outcomeOf(send(requestTo('http://backend.example/a')))).toMatchObject({
        code: 'ERR_BACKEND_PROTOCOL',
      });
    },
  );

  it('E03 may throw, or ignore its signal', async () => {
    const throwing = transportOver({
      request() {
        throw new TypeError('secret');
      },
    });
    expect(await outcomeOf(throwing(requestTo('http://backend.example/a')))).toMatchObject({
      code: 'ERR_BACKEND_CONNECTION',
    });
    const controller = new AbortController();
    const deaf = transportOver({ request: () => new Promise(() => {}) });
    const call = outcomeOf(deaf(requestTo('http://backend.example/a', { signal: controller.signal })));
    controller.abort();
    expect(await call).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  });

  it('T02 is not called for a request that is over', async () => {
    const request = vi.fn();
    const call = transportOver({ request })(requestTo('http://backend.example/a', { signal: AbortSignal.abort() }));
    expect(await outcomeOf(call)).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    expect(request).not.toHaveBeenCalled();
  });

  it('T02 may answer late: the stream, which would hold a socket, is closed', async () => {
    let respond = (_response: { status: number; headers: object; data: unknown }): void => {};
    const request = () =>
      new Promise<{ status: number; headers: object; data: unknown }>((resolve) => {
        respond = resolve;
      });
    const controller = new AbortController();
    const send = transportOver({ request }, { stream: true });
    const call = outcomeOf(send(requestTo('http://backend.example/a', { signal: controller.signal, stream: true })));
    controller.abort();
    expect(await call).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
    const data = new Readable({ read() {} });
    const closed = new Promise((resolve) => data.once('close', resolve));
    respond({ status: 200, headers: {}, data });
    await closed;
    expect(data.destroyed).toBe(true);
  });

  it.each<[string, Partial<TransportSettings>, number]>([
    ['the limit', {}, SETTINGS.maxBody],
    ['no limit where there is none', { maxBody: Infinity }, -1],
    ['no limit where the answer is passed on', { stream: true }, -1],
  ])('is told %s', async (_title, settings, maxContentLength) => {
    const request = vi.fn((_call: AxiosCall) => Promise.resolve({ status: 200, headers: {}, data: '' }));
    await outcomeOf(transportOver({ request }, settings)(requestTo('http://backend.example/a')));
    expect(request.mock.lastCall?.[0]).toMatchObject({
      maxContentLength,
      maxBodyLength: Infinity,
      baseURL: '',
      responseType: settings.stream ? 'stream' : 'arraybuffer',
      headers: {
        accept: false,
        'content-type': false,
        'accept-encoding': settings.stream ? false : 'gzip, br, deflate',
      },
    });
    expect(request.mock.lastCall?.[0]).not.toHaveProperty('lookup');
  });

  it('is given headers of the client before those it would make up', async () => {
    const request = vi.fn((_call: AxiosCall) => Promise.resolve({ status: 200, headers: {}, data: '' }));
    const headers = { accept: 'a/b', 'accept-encoding': 'gzip', 'content-type': 'c/d' };
    await outcomeOf(transportOver({ request })(requestTo('http://backend.example/a', { headers })));
    expect(request.mock.lastCall?.[0].headers).toMatchObject(headers);
  });

  describe('that fails while it sends a body', () => {
    const reset = () => Object.assign(new Error('secret'), { code: 'ECONNRESET' });

    async function failWith(error: unknown, body: Readable | Buffer) {
      const request = vi.fn((_call: AxiosCall) => Promise.reject(error));
      const outcome = await outcomeOf(
        transportOver({ request })(requestTo('http://backend.example/a', { method: 'POST', body })),
      );
      return { ...outcome, data: request.mock.lastCall?.[0].data };
    }

    it('S20 lets the client go on, and says that the request was not whole', async () => {
      const body = new PassThrough();
      const { message, code, data } = await failWith(reset(), body);
      expect(code).toBe('ERR_BACKEND_CONNECTION');
      expect(message).toContain('before it had the whole request');
      expect(data).toMatchObject({ destroyed: true });
      expect(body.destroyed).toBe(false);
      await vi.waitFor(() => expect(body.listenerCount('data')).toBe(0));
    });

    it.each<[string, () => unknown, () => Readable | Buffer]>([
      ['for another reason', () => new Error('secret'), () => new PassThrough()],
      ['with what is no error', () => ({ code: 'ECONNRESET' }), () => new PassThrough()],
      ['when it had all of it', reset, () => Buffer.from('ab')],
    ])('does not say so %s', async (_title, error, body) => {
      const { message, code } = await failWith(error(), body());
      expect(code).toBe('ERR_BACKEND_CONNECTION');
      expect(message).toContain('no answer');
    });
  });

  it('T02 is told from a failure when its call was cancelled', async () => {
    const controller = new AbortController();
    function request(): Promise<never> {
      controller.abort();
      throw new Error('secret');
    }
    const call = transportOver({ request })(requestTo('http://backend.example/a', { signal: controller.signal }));
    expect(await outcomeOf(call)).toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
  });

  it.each([false, true])('B01 is held to the limit (stream: %s)', async (stream) => {
    const big = await startRawServer(() => [{ send: answer('x'.repeat(5_000)) }]);
    const send = transportOver(axios.create(), { maxBody: 1_000, stream });
    expect(await outcomeOf(send(requestTo(big.origin, { stream })))).toMatchObject({ code: 'ERR_BACKEND_SIZE' });
    await big.close();
  });

  it('F03 a cut answer is an error there as well', async () => {
    const scripts = [
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    ];
    for (const send of scripts) {
      const cut = await startRawServer(() => [{ send }, { fin: true }]);
      for (const stream of [false, true]) {
        const outcome = await outcomeOf(transportOver(axios.create(), { stream })(requestTo(cut.origin, { stream })));
        expect(outcome.code).toBe('ERR_BACKEND_CONNECTION');
      }
      await cut.close();
    }
  });
});

it.each<[string, () => AxiosLike]>([
  ["the gateway's instance", createAxios],
  ['one with interceptors', intercepted],
  ["a user's own", () => axios.create()],
])('H01 a body that is held has its own length, whatever that of the client was, over %s', async (_title, create) => {
  const parts = { method: 'POST', headers: { 'content-length': '5' }, body: Buffer.from('abc') };
  expect(await outcomeOf(transportOver(create())(requestTo(`${server.origin}/a`, parts)))).toMatchObject({
    text: 'POST /a',
  });
  expect(server.requests[0]?.headers['content-length']).toBe('3');
  expect(String(server.requests[0]?.body)).toBe('abc');
});

it.each<[string, () => AxiosLike]>([
  ["the gateway's instance", createAxios],
  ['one with interceptors', intercepted],
  ["a user's own", () => axios.create()],
])('F05 a body that comes later has the length that the client has announced, over %s', async (_title, create) => {
  await upload(transportOver(create()), new PassThrough(), { 'content-length': '3' });
  expect(server.requests[0]?.headers).toMatchObject({ 'content-length': '3' });
  expect(server.requests[0]?.headers).not.toHaveProperty('transfer-encoding');
  expect(String(server.requests[0]?.body)).toBe('abc');
});

describe('the room that an answer has in memory', () => {
  it.each<[string, () => AxiosLike]>([
    ["over the gateway's instance", createAxios],
    ['over one with interceptors', intercepted],
    ["over a user's own", () => axios.create()],
  ])('is counted once %s, and lacking at times', async (_title, create) => {
    const budget = { limit: 10, used: 0 };
    const send = transportOver(create());
    const ask = () => outcomeOf(send({ ...requestTo(`${server.origin}/a`), held: openHeld(budget) }));
    expect(await ask()).toMatchObject({ text: 'GET /a' });
    expect(budget.used).toBe('GET /a'.length);
    expect(await ask()).toMatchObject({ code: 'ERR_OVERLOADED' });
    expect(budget.used).toBe('GET /a'.length);
  });
});

describe('E01 an error of axios', () => {
  it.each([
    ["the gateway's instance", createAxios],
    [
      "the gateway's instance with interceptors",
      () => {
        const instance = createAxios();
        instance.interceptors.request.use((config) => config);
        return instance;
      },
    ],
    ["a user's instance", () => axios.create()],
    [
      'an interceptor',
      () => {
        const instance = axios.create();
        instance.interceptors.response.use((response) => {
          throw new AxiosError(
            `refused by ${response.config.url}`,
            'ECUSTOM',
            response.config,
            response.request,
            response,
          );
        });
        return instance;
      },
    ],
  ])('of %s carries neither host nor header nor body', async (_title, create) => {
    const cut = await startRawServer(() => [
      { send: 'HTTP/1.1 200 OK\r\nX-A: canary\r\nContent-Length: 99\r\n\r\ncanary' },
      { fin: true },
    ]);
    const send = transportOver(create());
    const headers = { authorization: 'Bearer canary' };
    const body = Buffer.from('canary');
    const error: unknown = await send(requestTo(`${cut.origin}/canary`, { method: 'POST', headers, body })).catch(
      (reason) => reason,
    );
    const shown = `${String(error)} ${JSON.stringify(error)} ${inspect(error, { depth: 9, showHidden: true })}`;
    expect(shown).not.toContain('canary');
    expect(shown).not.toContain(String(cut.port));
    expect(shown).not.toContain('127.0.0.1');
    expect(error).toMatchObject({ name: 'BackendError', code: expect.stringMatching(/^ERR_BACKEND_/) });
    await cut.close();
  });
});

describe('X04 Object.prototype, polluted by somebody else', () => {
  const GADGETS: Readonly<Record<string, unknown>> = {
    adapter: 'http',
    allowAbsoluteUrls: false,
    auth: { username: 'evil', password: 'evil' },
    baseURL: 'http://127.0.0.1:1',
    data: 'evil',
    decompress: true,
    headers: { 'x-evil': '1' },
    headersTimeout: 1,
    httpAgent: {},
    localAddress: '127.0.0.9',
    lookup: () => {},
    maxContentLength: 0,
    maxRedirects: 9,
    method: 'DELETE',
    onRequestStart: () => {},
    params: { evil: 1 },
    path: '/evil',
    pipelining: 9,
    proxy: { host: '127.0.0.1', port: 1 },
    query: { evil: 1 },
    reset: true,
    responseType: 'json',
    socketPath: '/evil',
    timeout: 1,
    transformRequest: () => 'evil',
    transformResponse: () => 'evil',
    upgrade: 'evil',
    validateStatus: () => false,
  };

  it.each(Object.keys(GADGETS))('by %s changes nothing', async (key) => {
    const intercepted = createAxios();
    intercepted.interceptors.request.use((config) => config);
    const sends = [transportOver(createAxios()), transportOver(intercepted)];
    const requests = sends.map(() => requestTo(`${server.origin}/a`, { headers: { 'x-a': '1' } }));
    Object.defineProperty(Object.prototype, key, {
      value: GADGETS[key],
      configurable: true,
      enumerable: true,
      writable: true,
    });
    let outcomes: unknown[];
    try {
      outcomes = await Promise.all(sends.map((send, n) => outcomeOf(send(requests[n]!))));
    } finally {
      Reflect.deleteProperty(Object.prototype, key);
    }
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 200, text: 'GET /a' });
    expect(namesOf(0)).toEqual(['accept-encoding', 'connection', 'host', 'user-agent', 'x-a']);
    expect(namesOf(1)).toEqual(namesOf(0));
  });
});

it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])('G05 %s in the environment changes nothing', async (name) => {
  process.env[name] = 'http://127.0.0.1:1';
  try {
    for (const instance of [createAxios(), axios.create()]) {
      expect((await outcomeOf(transportOver(instance)(requestTo(`${server.origin}/a`)))).text).toBe('GET /a');
    }
  } finally {
    delete process.env[name];
  }
});
