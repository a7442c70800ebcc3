import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { afterEach, describe, expect, test } from 'vitest';
import { isOwedByClient, lengthOfUpload, TOO_SLOW, watchUpload } from '../../lib/core/upload.js';
import { createGateway, type GatewayConfig } from '../../lib/gateway.js';
import type { BackendEvent } from '../../lib/observe/observer.js';
import type { GatewayOptions } from '../../lib/options.js';
import { createAxios, type OwnAxios } from '../../lib/transport/axios.js';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Reads what it is sent, and says how much it was. */
function readAll(request: IncomingMessage, response: ServerResponse): void {
  text(request).then(
    (body) => response.end(`${body.length}`),
    () => response.destroy(),
  );
}

interface Setup {
  readonly backend?: object;
  readonly endpoint?: object;
  readonly options?: GatewayOptions;
  readonly root?: object;
}

const BREAKER = { extra_config: { 'qos/circuit-breaker': { max_errors: 1, interval: 60, timeout: 60 } } };

async function start(hosts: readonly string[], { backend = {}, endpoint = {}, options = {}, root = {} }: Setup) {
  const events: BackendEvent[] = [];
  const config: GatewayConfig = {
    ...root,
    endpoints: [
      {
        endpoint: '/up',
        method: 'POST',
        output_encoding: 'no-op',
        timeout: '300ms',
        ...endpoint,
        backend: [{ host: hosts, url_pattern: '/up', ...backend }],
      },
    ],
  };
  const gateway = createGateway(config, {
    statuses: 'http',
    observe: (event) => {
      if (event.kind === 'backend') events.push(event);
    },
    ...options,
  });
  closers.push(() => gateway.close({ timeout: 0 }));
  const origin = await listen(gateway as unknown as RequestListener);

  function send(...pieces: readonly (string | Buffer)[]): Promise<{ answer: string; socket: Socket }> {
    return new Promise((resolve) => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      let answer = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        if (answer.includes('\r\n\r\n')) resolve({ answer, socket });
      });
      socket.on('close', () => resolve({ answer, socket }));
      closers.push(async () => socket.destroy());
      for (const piece of pieces) socket.write(piece);
    });
  }
  async function status(...pieces: readonly (string | Buffer)[]): Promise<number> {
    return Number((await send(...pieces)).answer.split(' ', 2)[1]);
  }
  return { events, origin, status };
}

const head = (length: number): string => `POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n`;
const slow = [head(100), 'half'] as const;
const whole = [head(4), 'full'] as const;

async function many(times: number, send: () => Promise<number>): Promise<number[]> {
  return Promise.all(Array.from({ length: times }, send));
}

describe('S20 a client that sends its body too slowly', () => {
  test.each<[string, Setup]>([
    ['until the deadline of the endpoint', {}],
    ['until the timeout of the backend', { backend: { timeout: '150ms' }, endpoint: { timeout: '10s' } }],
    ['with an axios of your own', { options: { axios: axios.create() } }],
    ['where the body is held', { endpoint: { output_encoding: 'json' }, backend: { encoding: 'string' } }],
  ])('is answered with 408 and leaves the breaker closed: %s', async (_when, setup) => {
    const backend = { ...setup.backend, ...BREAKER };
    const { status, events } = await start([await listen(readAll)], { ...setup, backend });
    expect(await many(4, () => status(...slow))).toEqual([408, 408, 408, 408]);
    expect(await status(...whole)).toBe(200);
    expect(events.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  });

  test('is told to observers as a call that was cancelled', async () => {
    const { status, events } = await start([await listen(readAll)], { backend: { timeout: '150ms' } });
    await status(...slow);
    expect(events).toMatchObject([{ outcome: 'cancelled', code: 'ERR_REQUEST_BODY', status: undefined }]);
  });

  test('ejects no host', async () => {
    const calls = [0, 0];
    const listenAndCount = (at: number) =>
      listen((request, response) => {
        calls[at]! += 1;
        readAll(request, response);
      });
    const ejection = { min_samples: 2, failure_ratio: 0.1, window: '10s', duration: '10s' };
    const { status } = await start([await listenAndCount(0), await listenAndCount(1)], { backend: { ejection } });
    // In turn: one host has all the slow requests.
    for (let turn = 0; turn < 3; turn++) {
      expect(await status(...slow)).toBe(408);
      expect(await status(...whole)).toBe(200);
    }
    expect(calls).toEqual([3, 3]);
    expect(await many(4, () => status(...whole))).toEqual([200, 200, 200, 200]);
    expect(calls).toEqual([5, 5]);
  });

  test('does not run into `response_header_timeout`, which begins with the end of the request', async () => {
    const { status, events } = await start([await listen(readAll)], {
      root: { response_header_timeout: '100ms' },
      backend: BREAKER,
    });
    expect(await many(3, () => status(...slow))).toEqual([408, 408, 408]);
    expect(await status(...whole)).toBe(200);
    const codes = events.map(({ code }) => code);
    expect(codes).toEqual(['ERR_REQUEST_BODY', 'ERR_REQUEST_BODY', 'ERR_REQUEST_BODY', undefined]);
  });

  test('is not retried', async () => {
    let calls = 0;
    const backend = await listen((request, response) => {
      calls++;
      readAll(request, response);
    });
    const retry = { attempts: 3, on: ['connection', 'timeout'], backoff: '1ms' };
    const setup = { backend: { retry, timeout: '150ms' }, endpoint: { method: 'PUT' } };
    const { status } = await start([backend], setup);
    expect(await status(slow.join('').replace('POST', 'PUT'))).toBe(408);
    expect(calls).toBe(1);
  });

  test('does not keep a half-open breaker from asking again', async () => {
    let isBroken = true;
    const backend = await listen((request, response) => {
      if (isBroken) response.destroy();
      else readAll(request, response);
    });
    const settings = { extra_config: { 'qos/circuit-breaker': { max_errors: 0, timeout: 1 } } };
    const { status } = await start([backend], { backend: settings, endpoint: { timeout: '20s' } });
    // A request without a body: what becomes of it is the backend's doing.
    expect(await status(head(0))).toBe(502);
    isBroken = false;
    await sleep(1_050);
    const probe = status(...slow);
    await sleep(100);
    expect(await status(...whole)).toBe(503);
    await sleep(1_000);
    expect(await status(...whole)).toBe(200);
    expect(await status(...whole)).toBe(200);
    probe.catch(() => {});
  });
});

describe('S20 a client that leaves while it sends', () => {
  test.each([
    ["the gateway's own axios", {}],
    ["a user's own axios", { axios: axios.create() }],
  ])('opens no breaker, with %s', async (_name, options) => {
    const { status, origin, events } = await start([await listen(readAll)], { backend: BREAKER, options });
    for (let turn = 0; turn < 4; turn++) {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      socket.write(slow.join(''));
      await sleep(40);
      socket.resetAndDestroy();
    }
    await expect.poll(() => events.length).toBe(4);
    expect(await status(...whole)).toBe(200);
    expect(events.map(({ outcome }) => outcome)).toEqual([...Array(4).fill('cancelled'), 'complete']);
  });
});

describe('S20 a body that is too large', () => {
  test('is refused before a backend is called, where it is held', async () => {
    const setup = { endpoint: { output_encoding: 'json', max_request_body: 10 }, backend: BREAKER };
    const { status, events } = await start([await listen(readAll)], setup);
    expect(await many(4, () => status(...slow))).toEqual([413, 413, 413, 413]);
    expect(events).toEqual([]);
  });

  test('is answered by the backend, where it refuses it early', async () => {
    const backend = await listen((request, response) => {
      if (request.headers['content-length'] === '4') readAll(request, response);
      else response.writeHead(413, { connection: 'close' }).end();
    });
    const { status } = await start([backend], { backend: BREAKER });
    expect(await many(4, () => status(...slow))).toEqual([413, 413, 413, 413]);
    expect(await status(...whole)).toBe(200);
  });

  test.each([
    ["the gateway's own axios", {}],
    ["a user's own axios", { axios: axios.create() }],
  ])('opens no breaker where the backend hangs up without a word, with %s', async (_name, options) => {
    const backend = await listen((request, response) => {
      request.once('data', (chunk: Buffer) => {
        if (chunk.toString() === 'full') response.end();
        else request.socket.resetAndDestroy();
      });
    });
    const { status, events } = await start([backend], { backend: BREAKER, options });
    expect(await many(4, () => status(...slow))).toEqual([502, 502, 502, 502]);
    expect(await status(...whole)).toBe(200);
    expect(events[0]).toMatchObject({ outcome: 'failed', code: 'ERR_BACKEND_CONNECTION' });
  });
});

describe('S20 what is the failure of a backend stays one', () => {
  test('Z23 it has the whole request and says nothing', async () => {
    const { status } = await start([await listen((request) => request.resume())], { backend: BREAKER });
    expect(await many(2, () => status(...whole))).toEqual([504, 504]);
    expect(await status(...whole)).toBe(503);
  });

  test('Z23 it does not read the request', async () => {
    const setup = { backend: BREAKER, endpoint: { timeout: '2s' } };
    const { status } = await start([await listen((request) => request.pause())], setup);
    const large = Buffer.alloc(32 * 1024 * 1024);
    expect(await many(2, () => status(head(large.length), large))).toEqual([504, 504]);
    expect(await status(...whole)).toBe(503);
  });

  test.each([
    ["the gateway's own axios", {}],
    ["a user's own axios", { axios: axios.create() }],
  ])('it refuses the connection, with %s', async (_name, options) => {
    const { status } = await start(['http://127.0.0.1:1'], { backend: BREAKER, options });
    expect(await many(2, () => status(...slow))).toEqual([502, 502]);
    expect(await status(...whole)).toBe(503);
  });

  test('it hangs up when it has the whole request', async () => {
    const backend = await listen((request) => {
      request.resume().on('end', () => request.socket.resetAndDestroy());
    });
    const { status } = await start([backend], { backend: BREAKER });
    expect(await many(2, () => status(...whole))).toEqual([502, 502]);
    expect(await status(...whole)).toBe(503);
  });
});

describe('the length that a client has announced goes along', () => {
  const OWNERS: [string, Setup][] = [
    ["the gateway's own axios", {}],
    ["the gateway's own axios with an interceptor", { options: { axios: intercepted() } }],
    ["a user's own axios", { options: { axios: axios.create() } }],
  ];

  function intercepted(): OwnAxios {
    const instance = createAxios();
    instance.interceptors.request.use((config) => config);
    return instance;
  }

  async function startTelling({ options = {} }: Setup) {
    const seen: [length: string | undefined, coding: string | undefined, size: number][] = [];
    const backend = await listen((request, response) => {
      const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
      let size = 0;
      const done = () => seen.push([length, coding, size]);
      request.on('data', (chunk: Buffer) => (size += chunk.length)).on('error', () => {});
      request.on('end', () => response.end('whole', done)).on('close', () => request.complete || done());
    });
    const { origin, status } = await start([backend], { options, endpoint: { timeout: '5s' } });
    return { seen, origin, status };
  }

  test.each(OWNERS)('with %s', async (_name, setup) => {
    const { seen, origin, status } = await startTelling(setup);
    const large = Buffer.alloc(300_000, 'x');
    expect(await status(head(large.length), large)).toBe(200);
    expect(await status(head(4), 'fu', 'll')).toBe(200);
    const chunked = 'POST /up HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n';
    expect(await status(chunked, large, '\r\n0\r\n\r\n')).toBe(200);
    expect(seen).toEqual([
      ['300000', undefined, 300_000],
      ['4', undefined, 4],
      [undefined, 'chunked', 300_000],
    ]);
    // A client that leaves before it has sent everything.
    const { port } = new URL(origin);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`${head(100_000)}${'x'.repeat(50_000)}`);
    await expect.poll(() => seen.length > 3 || socket.bytesWritten > 50_000).toBe(true);
    await sleep(50);
    socket.destroy();
    await expect.poll(() => seen.length).toBe(4);
    expect(seen[3]?.[0]).toBe('100000');
    expect(seen[3]?.[2]).toBeLessThan(100_000);
  });
});

test('S20 nothing is known of what is not watched', () => {
  expect(lengthOfUpload(undefined)).toBeUndefined();
  expect(lengthOfUpload({})).toBeUndefined();
  expect(isOwedByClient(undefined)).toBeUndefined();
  expect(isOwedByClient({})).toBeUndefined();
  const body = {};
  watchUpload(body, () => true, 7);
  expect(isOwedByClient(body)).toBe(true);
  expect(lengthOfUpload(body)).toBe(7);
  expect(TOO_SLOW).toMatchObject({ code: 'ERR_REQUEST_BODY', status: 408 });
});
