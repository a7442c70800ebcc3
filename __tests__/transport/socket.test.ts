import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo, Server } from 'node:net';
import { createServer, Socket } from 'node:net';
import nodeTls, { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createConnect, parseOrigin } from '../../lib/transport/socket.js';
import { CLIENT } from './support.js';

describe('the options of a socket', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });

  it.each([
    [{}, { keepAliveInitialDelay: 15_000, autoSelectFamilyAttemptTimeout: 300 }],
    [
      { dialer_keep_alive: 1_000, dialer_fallback_delay: 50 },
      { keepAliveInitialDelay: 1_000, autoSelectFamilyAttemptTimeout: 50 },
    ],
    [{ dialer_fallback_delay: 1 }, { autoSelectFamilyAttemptTimeout: 10 }],
  ])('with %o', (client, expected) => {
    const socket = new Socket() as nodeTls.TLSSocket;
    const connect = vi.spyOn(nodeTls, 'connect').mockReturnValue(socket);
    syncBuiltinESMExports();
    const settings = {
      connectTimeout: 1_000,
      context: createSecureContext(),
      allowInsecure: false,
      redirectedFrom: undefined,
    };
    const address = { isSecure: true, host: 'api', port: 443, servername: 'api' };
    createConnect(address, settings, { ...CLIENT, ...client })('api', () => {});
    expect(connect.mock.lastCall?.[0]).toMatchObject({ noDelay: true, keepAlive: true, ...expected });
    socket.destroy();
  });
});

describe('an origin', () => {
  it.each([
    ['http://api', { isSecure: false, host: 'api', port: 80, servername: 'api' }],
    ['https://api', { isSecure: true, host: 'api', port: 443, servername: 'api' }],
    ['https://API.example:8443', { isSecure: true, host: 'api.example', port: 8443, servername: 'api.example' }],
    ['http://127.0.0.1:80', { isSecure: false, host: '127.0.0.1', port: 80, servername: undefined }],
    ['https://[::1]:9', { isSecure: true, host: '::1', port: 9, servername: undefined }],
  ])('%s is a place to connect to', (origin, address) => {
    expect(parseOrigin(origin)).toEqual(address);
  });

  it.each([
    '',
    'api',
    '//api',
    'http:',
    'http://',
    'http:/api',
    'http:api',
    'http:\\\\api',
    'http://api\\x',
    'http://user@api',
    'http://user:secret@api',
    'http://@api',
    'http://api?x',
    'http://api#x',
    'http://api:99999',
    'http://a b',
    'http://api\n',
    ' http://api',
    'ftp://api',
    'ws://api',
    'unix:/socket',
    'data:text/plain,x',
  ])('U05 %j is none', (origin) => {
    expect(parseOrigin(origin)).toBeUndefined();
  });
});

describe('a connection', () => {
  const open: { server?: Server; socket?: Socket } = {};
  const context = createSecureContext();

  afterEach(() => {
    vi.useRealTimers();
    open.socket?.destroy();
    open.server?.close();
  });

  async function listen(): Promise<number> {
    const server = createServer((socket) => socket.on('error', () => {}));
    open.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const plain = (port: number) => ({ isSecure: false, host: '127.0.0.1', port, servername: undefined });

  it('is handed over when it is ready, with its timer stopped', async () => {
    const port = await listen();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const connect = createConnect(plain(port), { connectTimeout: 50, context, allowInsecure: false }, CLIENT);
    await new Promise<void>((resolve, reject) => {
      open.socket = connect(undefined, (...[error]) => (error ? reject(error) : resolve()));
    });
    expect(vi.getTimerCount()).toBe(0);
    expect(open.socket?.connecting).toBe(false);
  });

  it('T07 ends with an error when the time is up', async () => {
    const port = await listen();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const secure = { ...plain(port), isSecure: true };
    const connect = createConnect(secure, { connectTimeout: 50, context, allowInsecure: false }, CLIENT);
    const failed = new Promise<Error | null>((resolve) => {
      open.socket = connect(undefined, (...[error]) => resolve(error));
    });
    vi.advanceTimersByTime(49);
    expect(open.socket?.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await failed).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer when it is given up', async () => {
    const port = await listen();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const connect = createConnect(plain(port), { connectTimeout: 50, context, allowInsecure: false }, CLIENT);
    const socket = connect(undefined, () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });
});
