import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import axios from 'axios';
import { afterEach, describe, expect, test } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { createGateway, type GatewayConfig } from '../../lib/gateway.js';
import type { GatewayOptions } from '../../lib/options.js';
import { createLoopCheck } from '../../lib/request/loop.js';

function requestVia(via?: string): IncomingMessage {
  return { headers: { via } } as unknown as IncomingMessage;
}

describe('S16 the own name in `Via`', () => {
  const check = createLoopCheck('tributary-0a1b2c3d');

  test.each([
    '1.1 tributary-0a1b2c3d',
    'HTTP/1.1 tributary-0a1b2c3d',
    '1.0 fred, 1.1 tributary-0a1b2c3d (a comment), 2 varnish',
    '1.1 varnish,1.1\ttributary-0a1b2c3d',
  ])('is found in %s', (via) => {
    expect(() => check(requestVia(via))).toThrow(expect.objectContaining({ code: 'ERR_LOOP', status: 508 }));
    expect(() => check(requestVia(via))).toThrow(RequestError);
  });

  test.each([
    undefined,
    '',
    ',,',
    '1.1 tributary-0a1b2c3e',
    '1.1 tributary-0a1b2c3d2',
    '1.1 a.tributary-0a1b2c3d',
    'tributary-0a1b2c3d 1.1',
    '1.1 varnish (tributary-0a1b2c3d)',
  ])('is not in %s', (via) => {
    expect(() => check(requestVia(via))).not.toThrow();
  });

  test('is not looked for where there is none', () => {
    expect(() => createLoopCheck(undefined)(requestVia('1.1 tributary-0a1b2c3d'))).not.toThrow();
  });

  test('X03 is found in time that grows with the header alone', () => {
    const time = (size: number): number => {
      const request = requestVia(' '.repeat(size) + ','.repeat(size));
      const startedAt = performance.now();
      for (let turn = 0; turn < 20; turn++) check(request);
      return performance.now() - startedAt;
    };
    time(1_000);
    expect(time(16_000)).toBeLessThan(Math.max(time(4_000), 1) * 40);
  });
});

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Its origin, how many requests it has had, and their `Via`. */
async function listen(listener: RequestListener) {
  const vias: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    vias.push(request.headers.via);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, vias };
}

/** A gateway behind a server of its own, whose only backend is at `host`. */
async function startGateway(host: () => string, options: GatewayOptions = {}, endpoint = {}) {
  let handle: RequestListener | undefined;
  const server = await listen((request, response) => {
    handle ??= start();
    handle(request, response);
  });
  function start(): RequestListener {
    const config: GatewayConfig = {
      endpoints: [{ endpoint: '/loop', ...endpoint, backend: [{ host: [host()], url_pattern: '/loop' }] }],
    };
    const gateway = createGateway(config, { statuses: 'http', ...options });
    closers.push(() => gateway.close({ timeout: 0 }));
    return gateway;
  }
  return server;
}

function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('S16 a loop ends at its second round', () => {
  test.each(['json', 'no-op'])('where the backend is the gateway itself (%s)', async (output_encoding) => {
    const gateway = await startGateway(() => gateway.origin, {}, { output_encoding });
    const { status } = await get(`${gateway.origin}/loop`);
    expect(status).toBe(output_encoding === 'no-op' ? 508 : 502);
    expect(gateway.vias).toEqual([undefined, expect.stringMatching(/^1\.1 tributary-[0-9a-f]{8}$/)]);
  });

  test('where the backend redirects there', async () => {
    const backend = await listen((_request, response) => {
      response.writeHead(302, { location: `${gateway.origin}/loop` }).end();
    });
    const gateway = await startGateway(() => backend.origin);
    await get(`${gateway.origin}/loop`);
    expect(gateway.vias).toHaveLength(2);
    expect(backend.vias).toHaveLength(1);
  });

  test('where the backend proxies there and passes `Via` on, whatever the endpoint lets in', async () => {
    const backend = await listen(({ headers }, response) => {
      const via = `${headers.via}, 1.1 nginx`;
      get(`${gateway.origin}/loop`, { via }).then(({ status = 0 }) => response.writeHead(status).end());
    });
    const gateway = await startGateway(() => backend.origin, {}, { input_headers: ['X-Other'] });
    await get(`${gateway.origin}/loop`, { via: '1.1 cdn' });
    expect(gateway.vias).toHaveLength(2);
    expect(backend.vias).toEqual([expect.stringMatching(/^1\.1 cdn, 1\.1 tributary-[0-9a-f]{8}$/)]);
  });

  test('where two gateways call each other', async () => {
    const one = await startGateway(() => other.origin);
    const other = await startGateway(() => one.origin);
    await get(`${one.origin}/loop`);
    expect(one.vias).toHaveLength(2);
    expect(other.vias).toHaveLength(1);
  });

  test('where two gateways redirect to each other', async () => {
    const hop = await listen((_request, response) => {
      response.writeHead(302, { location: `${other.origin}/loop` }).end();
    });
    const back = await listen((_request, response) => {
      response.writeHead(302, { location: `${one.origin}/loop` }).end();
    });
    const one = await startGateway(() => hop.origin);
    const other = await startGateway(() => back.origin);
    await get(`${one.origin}/loop`);
    expect(one.vias).toHaveLength(2);
  });

  test('with an axios of your own', async () => {
    const gateway = await startGateway(() => gateway.origin, { axios: axios.create() });
    await get(`${gateway.origin}/loop`);
    expect(gateway.vias).toHaveLength(2);
  });

  test('where processes of one deployment have the same name', async () => {
    const one = await startGateway(() => other.origin, { via: 'shop-gateway' });
    const other = await startGateway(() => one.origin, { via: 'shop-gateway' });
    await get(`${one.origin}/loop`);
    expect([one.vias.length, other.vias.length]).toEqual([1, 1]);
  });
});

test('S16 one gateway may call another, in the same process as well', async () => {
  const backend = await listen((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"a":1}');
  });
  const inner = await startGateway(() => backend.origin);
  const outer = await startGateway(() => inner.origin);
  expect(await get(`${outer.origin}/loop`)).toMatchObject({ status: 200, body: '{"a":1}' });
  expect(backend.vias[0]).toMatch(/^1\.1 tributary-[0-9a-f]{8}, 1\.1 tributary-[0-9a-f]{8}$/);
});

test('S16 the name stays over a reload', async () => {
  const backend = await listen((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"a":1}');
  });
  const config: GatewayConfig = {
    host: [backend.origin],
    endpoints: [{ endpoint: '/a', backend: [{ url_pattern: '/' }] }],
  };
  const gateway = createGateway(config);
  closers.push(() => gateway.close());
  const server = await listen(gateway as unknown as RequestListener);
  await get(`${server.origin}/a`);
  gateway.reload(config);
  await get(`${server.origin}/a`);
  expect(backend.vias[0]).toBe(backend.vias[1]);
});

test('S16 `via: false` sends none, and forwards that of the client where the endpoint lets it in', async () => {
  const backend = await listen((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"a":1}');
  });
  const closed = await startGateway(() => backend.origin, { via: false });
  const open = await startGateway(() => backend.origin, { via: false }, { input_headers: ['Via'] });
  await get(`${closed.origin}/loop`, { via: '1.1 cdn' });
  await get(`${open.origin}/loop`, { via: '1.1 cdn' });
  expect(backend.vias).toEqual([undefined, '1.1 cdn']);
});
