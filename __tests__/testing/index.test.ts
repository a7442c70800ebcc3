import { Readable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../../lib/errors.js';
import type { GatewayConfig } from '../../lib/gateway.js';
import {
  createTestGateway,
  failure,
  reply,
  type StubRequest,
  type TestGatewayOptions,
} from '../../lib/testing/index.js';

const CONFIG = {
  endpoints: [
    {
      endpoint: '/profile/{id}',
      backend: [
        { host: ['http://users.internal'], url_pattern: '/users/{id}', deny: ['password'] },
        { host: ['http://orders.internal'], url_pattern: '/orders?user={id}', group: 'orders' },
      ],
    },
    {
      endpoint: '/upload',
      method: 'POST' as const,
      output_encoding: 'no-op',
      backend: [{ host: ['http://files.internal'], url_pattern: '/files' }],
    },
  ],
};

function gatewayWith(backends: TestGatewayOptions['backends'], options: Omit<TestGatewayOptions, 'backends'> = {}) {
  return createTestGateway(CONFIG, { ...options, backends });
}

afterEach(() => {
  vi.useRealTimers();
});

test('shows what the client gets and how it came about', async () => {
  const gateway = gatewayWith({
    'users.internal/users/{id}': { id: 42, name: 'Ada', password: 'x' },
    'GET orders.internal/orders': failure('refused'),
  });
  const { status, headers, body, text, trace, matched, isCut } = await gateway.call({
    url: '/profile/42',
    headers: { 'Content-Type': 'text/x' },
  });
  expect({ status, body, text, matched, isCut }).toEqual({
    status: 200,
    body: { id: 42, name: 'Ada' },
    text: '{"id":42,"name":"Ada"}',
    matched: true,
    isCut: false,
  });
  expect(headers['x-krakend-completed']).toBe('false');
  expect(trace).toEqual([
    {
      at: 'endpoints[0].backend[0]',
      name: 'backend[0] GET /users/{id}',
      calls: [
        {
          method: 'GET',
          url: 'http://users.internal/users/42',
          headers: expect.objectContaining({ 'content-type': 'text/x' }),
          body: '',
          status: 200,
        },
      ],
      contributed: { id: 42, name: 'Ada' },
    },
    {
      at: 'endpoints[0].backend[1]',
      name: 'backend[1] GET /orders?user={id}',
      calls: [{ method: 'GET', url: 'http://orders.internal/orders?user=42', headers: expect.anything(), body: '' }],
      error: { code: 'ERR_BACKEND_CONNECTION', message: 'backend[1] GET /orders?user={id} refused the connection' },
    },
  ]);
});

test('tells a call without a stub, and which stubs there are', async () => {
  const gateway = gatewayWith({ 'POST orders.internal/orders': {}, 'users.internal/users/7': {} });
  await expect(gateway.call({ url: '/profile/42' })).rejects.toThrow(
    'No stub for GET http://users.internal/users/42 (backend[0] GET /users/{id}) and ' +
      'GET http://orders.internal/orders?user=42 (backend[1] GET /orders?user={id}); ' +
      'the stubs are "POST orders.internal/orders", "users.internal/users/7"',
  );
  await expect(gatewayWith({}).call({ url: '/profile/42' })).rejects.toThrow('there are no stubs');
});

test('hands on what a stub function throws: it is the test that is wrong', async () => {
  const gateway = gatewayWith({
    'users.internal/users/*': () => {
      throw new RangeError('expected another id');
    },
    'orders.internal/orders': {},
  });
  await expect(gateway.call({ url: '/profile/42' })).rejects.toThrow(RangeError);
});

test('gives stub functions what the backend would have received', async () => {
  const seen: StubRequest[] = [];
  const gateway = gatewayWith({
    'files.internal/files': (request: StubRequest) => {
      seen.push(request);
      return reply({ status: 201 });
    },
  });
  await gateway.call({ method: 'POST', url: '/upload', body: { n: 1 } });
  expect(seen).toEqual([
    {
      method: 'POST',
      url: 'http://files.internal/files',
      headers: expect.objectContaining({ 'content-type': 'application/json', 'x-forwarded-for': '127.0.0.1' }),
      body: '{"n":1}',
    },
  ]);
});

test('keeps the traces of concurrent calls apart', async () => {
  const gateway = gatewayWith({
    'users.internal/users/{id}': async ({ url }: StubRequest) => {
      const id = Number(url.split('/').at(-1));
      return reply({ body: { id }, delay: id === 1 ? 5 : 0 });
    },
    'orders.internal/orders': ({ url }: StubRequest) => ({ of: url.split('=').at(-1) }),
  });
  const answers = await Promise.all([1, 2, 3].map((id) => gateway.call({ url: `/profile/${id}` })));
  for (const [index, { body, trace }] of answers.entries()) {
    const id = index + 1;
    expect(body).toEqual({ id, orders: { of: String(id) } });
    expect(trace.map(({ calls }) => calls.map(({ url }) => url))).toEqual([
      [`http://users.internal/users/${id}`],
      [`http://orders.internal/orders?user=${id}`],
    ]);
  }
});

test('lets delays and deadlines run on fake timers', async () => {
  vi.useFakeTimers();
  const gateway = gatewayWith({
    'users.internal/users/*': reply({ body: { id: 42 }, delay: 1699 }),
    'orders.internal/orders': failure('silent'),
  });
  const start = performance.now();
  const answer = gateway.call({ url: '/profile/42' });
  await vi.advanceTimersByTimeAsync(1700);
  expect((await answer).body).toEqual({ id: 42 });
  expect(performance.now() - start).toBe(1700);
  expect(vi.getTimerCount()).toBe(0);
});

describe('streams', () => {
  test('go through both ways without being collected', async () => {
    const gateway = gatewayWith({
      'files.internal/files': ({ body }: StubRequest) =>
        reply({
          status: 418,
          headers: { 'Set-Cookie': ['a=1', 'b=2'], 'Content-Type': 'text/x' },
          body: Readable.from([body, ', ', 'received']),
        }),
    });
    const answer = await gateway.call({ method: 'POST', url: '/upload', body: Readable.from(['ab', 'cd']) });
    expect(answer).toMatchObject({
      status: 418,
      headers: { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/x' },
      text: 'abcd, received',
      isCut: false,
    });
  });

  test('F03 that break off leave the client with a cut answer', async () => {
    const broken = Readable.from(
      (async function* () {
        yield '{"half":';
        await new Promise(setImmediate);
        throw new Error('unplugged');
      })(),
    );
    const headers = { 'content-type': 'application/json' };
    const gateway = gatewayWith({ 'files.internal/files': reply({ headers, body: broken }) });
    const answer = await gateway.call({ method: 'POST', url: '/upload' });
    expect(answer).toMatchObject({ status: 200, text: '{"half":', body: '{"half":', isCut: true });
  });

  test('are collected for backends that decode', async () => {
    const gateway = gatewayWith({
      'users.internal/users/*': reply({ body: Readable.from(['{"id"', ':42}']) }),
      'orders.internal/orders': {},
    });
    expect((await gateway.call({ url: '/profile/42' })).body).toEqual({ id: 42, orders: {} });
  });
});

test('T02 a client that hangs up ends the calls to the backends', async () => {
  const client = new AbortController();
  const body = new Readable({ read() {} });
  const gateway = gatewayWith({ 'files.internal/files': reply({ body }) });
  const answer = gateway.call({ method: 'POST', url: '/upload', signal: client.signal });
  body.push('first');
  await new Promise(setImmediate);
  client.abort();
  expect(await answer).toMatchObject({ text: 'first', isCut: true });
  expect(body.destroyed).toBe(true);

  const early = await gateway.call({ method: 'POST', url: '/upload', signal: client.signal });
  expect(early).toMatchObject({ status: 0, isCut: true, trace: [] });
});

test('passes requests on that no endpoint serves', async () => {
  const answer = await gatewayWith({}).call({ url: '/nothing' });
  expect(answer).toMatchObject({ status: 404, matched: false, body: undefined, isCut: false, trace: [] });
});

test('takes the options of createGateway, and refuses others', async () => {
  const gateway = gatewayWith(
    { 'users.internal/users/*': failure('refused'), 'orders.internal/orders': failure('refused') },
    { statuses: 'http', fallthrough: false },
  );
  expect((await gateway.call({ url: '/profile/42' })).status).toBe(502);
  expect(await gateway.call({ url: '/nothing' })).toMatchObject({ status: 404, matched: true });

  const unknown = { backends: {}, status: 'http' };
  expect(() => createTestGateway(CONFIG, unknown)).toThrow(ConfigError);
});

test('reloads: new calls see the new configuration, those under way finish on the old one', async () => {
  vi.useFakeTimers();
  const gateway = gatewayWith({
    'users.internal/users/*': reply({ body: { id: 42 }, delay: 100 }),
    'orders.internal/orders': {},
    'new.internal/': { new: true },
  });
  const old = gateway.call({ url: '/profile/42' });
  gateway.reload({ endpoints: [{ endpoint: '/new', backend: [{ host: ['http://new.internal'] }] }] });
  expect((await gateway.call({ url: '/new' })).body).toEqual({ new: true });
  expect((await gateway.call({ url: '/profile/42' })).matched).toBe(false);
  await vi.advanceTimersByTimeAsync(100);
  expect((await old).body).toEqual({ id: 42, orders: {} });
  expect(() => gateway.reload({ endpoints: [{ endpoint: '/new', backend: [] }] })).toThrow(ConfigError);
  expect((await gateway.call({ url: '/new' })).status).toBe(200);
});

test('closes: calls under way finish, new ones get 503', async () => {
  vi.useFakeTimers();
  const gateway = gatewayWith({
    'users.internal/users/*': reply({ body: { id: 42 }, delay: 100 }),
    'orders.internal/orders': {},
  });
  const running = gateway.call({ url: '/profile/42' });
  const closed = gateway.close();
  expect(await gateway.call({ url: '/profile/42' })).toMatchObject({
    status: 503,
    headers: { connection: 'close', 'retry-after': '1' },
  });
  await vi.advanceTimersByTimeAsync(100);
  expect((await running).body).toEqual({ id: 42, orders: {} });
  await closed;
});

describe('what components keep', () => {
  function gatewayOf(calls: { count: number }) {
    const config: GatewayConfig = {
      extra_config: { 'telemetry/metrics': {} },
      endpoints: [
        {
          endpoint: '/products/{id}',
          backend: [
            {
              host: ['http://shop.internal'],
              url_pattern: '/products/{id}',
              extra_config: { 'qos/http-cache': {} },
            },
          ],
        },
      ],
    };
    return createTestGateway(config, {
      backends: {
        'shop.internal/products/{id}': () => {
          calls.count++;
          return reply({ headers: { 'cache-control': 'max-age=60' }, body: { n: calls.count } });
        },
      },
    });
  }

  test('its caches can be looked into and purged', async () => {
    const calls = { count: 0 };
    const gateway = gatewayOf(calls);
    for (const n of [1, 1]) expect((await gateway.call({ url: '/products/7' })).body).toEqual({ n });
    expect(gateway.cache.counts()).toMatchObject({ hit: 1, miss: 1 });
    expect(await gateway.cache.purge('/products/7')).toBe(1);
    expect((await gateway.call({ url: '/products/7' })).body).toEqual({ n: 2 });
    gateway.reload({ endpoints: [] });
    expect(gateway.cache.counts()).toMatchObject({ hit: 0, miss: 0 });
    await gateway.close();
  });

  test('it tells what was counted', async () => {
    const gateway = gatewayOf({ count: 0 });
    await gateway.call({ url: '/products/7' });
    const name = 'krakend.proxy.requests.layer.backend.name./products/{id}.complete.true.error.false';
    expect(gateway.stats()).toMatchObject({ [name]: 1 });
    await gateway.close();
    expect(gatewayWith({}).stats()).toBeUndefined();
  });
});
