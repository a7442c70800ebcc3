import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../../../lib/errors.js';
import { createGateway, type GatewayConfig } from '../../../lib/gateway.js';
import { createTestGateway, reply, type TestGateway, type TestGatewayOptions } from '../../../lib/testing/index.js';
import { serve } from '../../router/wire.js';

type Config = Parameters<typeof createTestGateway>[0];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function withLimit(limit: object, endpoint: object = {}, root: object = {}): Config {
  return {
    host: ['http://users'],
    ...root,
    endpoints: [
      {
        endpoint: '/users/{id}',
        backend: [{ url_pattern: '/users' }],
        ...endpoint,
        extra_config: { 'qos/ratelimit/router': limit as { max_rate: number } },
      },
    ],
  };
}

let calls = 0;
beforeEach(() => {
  calls = 0;
});

function start(config: Config, options: Omit<TestGatewayOptions, 'backends'> = {}): TestGateway {
  return createTestGateway(config, {
    ...options,
    backends: {
      'users/*': () => {
        calls++;
        return reply({ body: { id: 1 } });
      },
    },
  });
}

interface Caller {
  readonly ip?: string;
  readonly headers?: Record<string, string>;
  readonly url?: string;
}

async function ask(gateway: TestGateway, caller: Caller = {}) {
  const answer = gateway.call({ url: '/users/1', ...caller });
  await vi.advanceTimersByTimeAsync(0);
  return answer;
}

async function statuses(gateway: TestGateway, callers: readonly Caller[]): Promise<number[]> {
  const list = [];
  for (const caller of callers) list.push((await ask(gateway, caller)).status);
  return list;
}

const from = (...ips: string[]) => ips.map((ip) => ({ ip }));

test('an endpoint over its limit says 503, with nothing but when to come back', async () => {
  const gateway = start(withLimit({ max_rate: 2, every: '10s', capacity: 2 }));
  expect(await statuses(gateway, from('192.0.2.1', '192.0.2.2', '192.0.2.3'))).toEqual([200, 200, 503]);
  const { headers, text } = await ask(gateway);
  expect(text).toBe('');
  expect(headers).toMatchObject({
    'retry-after': '5',
    ratelimit: '"all";r=0;t=5',
    'ratelimit-policy': '"all";q=2;w=10',
    'content-length': '0',
  });
  expect(headers).not.toHaveProperty('x-krakend-completed');
  expect(calls).toBe(2);
});

test('L03 who waits as long as Retry-After says is let in', async () => {
  const gateway = start(withLimit({ max_rate: 0.3 }));
  await ask(gateway);
  for (let round = 0; round < 20; round++) {
    const { status, headers } = await ask(gateway);
    expect(status).toBe(503);
    await vi.advanceTimersByTimeAsync(Number(headers['retry-after']) * 1_000);
    expect((await ask(gateway)).status).toBe(200);
  }
});

test('a client over its limit says 429, and takes nothing from the others', async () => {
  const gateway = start(withLimit({ max_rate: 3, client_max_rate: 1, strategy: 'ip' }));
  const [a, b, c, d] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] as const;
  expect(await statuses(gateway, from(a, a, a, a, b, c, d))).toEqual([200, 429, 429, 429, 200, 200, 503]);
});

test('when the endpoint turns a client away, it has still spent its own token', async () => {
  const gateway = start(withLimit({ max_rate: 0.001, client_max_rate: 0.002, client_capacity: 2, strategy: 'ip' }));
  expect(await statuses(gateway, from('192.0.2.9', '192.0.2.1', '192.0.2.1', '192.0.2.1'))).toEqual([
    200, 503, 503, 429,
  ]);
});

test('is not asked for requests that a bot detector in front of it turns away', async () => {
  const config = withLimit({ max_rate: 1 });
  const [endpoint] = config.endpoints ?? [];
  const extra_config = { ...endpoint!.extra_config, 'security/bot-detector': { deny: ['bot'] } };
  const gateway = start({ ...config, endpoints: [{ ...endpoint!, extra_config }] });
  expect(await statuses(gateway, [{ headers: { 'user-agent': 'bot' } }, {}, {}])).toEqual([403, 200, 503]);
});

test('neither static data nor shadows see what was turned away', async () => {
  const backend = [{ url_pattern: '/users' }, { url_pattern: '/shadow', extra_config: { proxy: { shadow: true } } }];
  const config = withLimit({ max_rate: 1 }, { backend });
  const [endpoint] = config.endpoints ?? [];
  const proxy = { static: { strategy: 'always', data: { more: true } } } as const;
  const gateway = start({
    ...config,
    endpoints: [{ ...endpoint!, extra_config: { ...endpoint!.extra_config, proxy } }],
  });
  await ask(gateway);
  const { status, text } = await ask(gateway);
  expect({ status, text, calls }).toEqual({ status: 503, text: '', calls: 2 });
});

describe('who a client is', () => {
  const perClient = { client_max_rate: 0.001 };

  test('L01 addresses of one IPv6 network are one client', async () => {
    const limit = { ...perClient, strategy: 'ip' };
    const ips = from('2001:db8:1:2::1', '2001:db8:1:2:ffff::1', '2001:db8:1:3::1');
    expect(await statuses(start(withLimit(limit)), ips)).toEqual([200, 429, 200]);
    expect(await statuses(start(withLimit({ ...limit, ipv6_prefix: 48 })), ips)).toEqual([200, 429, 429]);
    expect(await statuses(start(withLimit({ ...limit, ipv6_prefix: 128 })), ips)).toEqual([200, 200, 200]);
  });

  test('L02 forged forwarding headers neither evade the limit nor use up somebody else’s', async () => {
    const gateway = start(withLimit({ ...perClient, strategy: 'ip' }));
    const forged = Array.from({ length: 50 }, (_, index) => ({
      ip: '192.0.2.66',
      headers: { 'x-forwarded-for': `203.0.113.${index}`, 'x-real-ip': `203.0.113.${index}`, forwarded: 'for=1.2.3.4' },
    }));
    expect(await statuses(gateway, forged)).toEqual([200, ...Array(49).fill(429)]);
    expect(await statuses(gateway, from('203.0.113.1', '203.0.113.2'))).toEqual([200, 200]);
  });

  test('L02 trusted proxies tell who it is, and only they', async () => {
    const gateway = start(withLimit({ ...perClient, strategy: 'ip' }), { trustedProxies: ['10.0.0.0/8'] });
    const via = (ip: string, forwarded: string) => ({ ip, headers: { 'x-forwarded-for': forwarded } });
    expect(
      await statuses(gateway, [
        via('10.0.0.1', '203.0.113.1'),
        via('10.0.0.2', '198.51.100.7, 203.0.113.1'),
        via('10.0.0.1', '203.0.113.2'),
        via('192.0.2.1', '203.0.113.3'),
        via('192.0.2.1', '203.0.113.4'),
      ]),
    ).toEqual([200, 429, 200, 200, 429]);
  });

  test('L02 a header as the key of `ip` is not believed by itself; that is said at start', async () => {
    const lines: unknown[] = [];
    const logger = { debug() {}, info() {}, warn: (...line: unknown[]) => lines.push(line), error() {} };
    const gateway = start(withLimit({ ...perClient, strategy: 'ip', key: 'X-Client-Ip' }), { logger });
    const forged = ['1', '2', '3'].map((digit) => ({ headers: { 'x-client-ip': `203.0.113.${digit}` } }));
    expect(await statuses(gateway, forged)).toEqual([200, 429, 429]);
    expect(lines).toEqual([
      [{ at: 'endpoints[0].extra_config["qos/ratelimit/router"].key' }, expect.stringContaining('remote_ip_headers')],
    ]);
  });

  test.each([
    { ...perClient, strategy: 'ip' },
    { ...perClient, strategy: 'header', key: 'X-Client-Ip' },
    { ...perClient, strategy: 'param', key: 'id' },
  ])('nothing is said at start of %o', (limit) => {
    const warn = vi.fn();
    start(withLimit(limit), { logger: { debug() {}, info() {}, warn, error() {} } });
    expect(warn).not.toHaveBeenCalled();
  });

  test('L02 the same header, read behind trusted proxies', async () => {
    const router = { remote_ip_headers: ['X-Client-Ip'], trusted_proxies: ['127.0.0.1'] };
    const config = withLimit({ ...perClient, strategy: 'ip' }, {}, { extra_config: { router } });
    const callers = ['1', '2', '1'].map((digit) => ({ headers: { 'x-client-ip': `203.0.113.${digit}` } }));
    expect(await statuses(start(config), callers)).toEqual([200, 200, 429]);
  });

  test('L04 a header, which need not be forwarded; without it nobody is let in', async () => {
    const gateway = start(withLimit({ ...perClient, strategy: 'header', key: 'X-Token' }));
    const callers = ['a', 'b', 'a', 'x'.repeat(10_000), 'x'.repeat(10_000)].map((token) => ({
      headers: { 'x-token': token },
    }));
    expect(await statuses(gateway, callers)).toEqual([200, 200, 429, 200, 429]);
    expect(await statuses(gateway, [{}, { headers: { 'x-token': '' } }])).toEqual([429, 429]);
    expect((await ask(gateway)).headers).not.toHaveProperty('retry-after');
    expect(calls).toBe(3);
  });

  test('a param of the path', async () => {
    const gateway = start(withLimit({ ...perClient, strategy: 'param', key: 'id' }));
    const callers = ['/users/1', '/users/2', '/users/1', '/users/%31'].map((url) => ({ url }));
    expect(await statuses(gateway, callers)).toEqual([200, 200, 429, 429]);
  });

  test('L04 a param that the endpoint does not have is found at start', () => {
    const create = () => start(withLimit({ ...perClient, strategy: 'param', key: 'Id' }));
    expect(create).toThrow(ConfigError);
    expect(create).toThrow('endpoints[0].extra_config["qos/ratelimit/router"].key: "Id" is not a param of /users/{id}');
  });
});

describe('RateLimit headers on served answers', () => {
  const limit = { client_max_rate: 10, strategy: 'ip' };

  test('are there on request', async () => {
    const gateway = start(withLimit({ ...limit, send_headers: true }));
    await ask(gateway);
    const { headers, body } = await ask(gateway);
    expect(headers).toMatchObject({ ratelimit: '"client";r=8;t=1', 'ratelimit-policy': '"client";q=10;w=1' });
    expect(body).toEqual({ id: 1 });
  });

  test('are not there without', async () => {
    const { headers } = await ask(start(withLimit(limit)));
    expect(headers).not.toHaveProperty('ratelimit');
  });

  test('stand beside those of the backend in a no-op answer', async () => {
    const gateway = start(withLimit({ ...limit, send_headers: true }, { output_encoding: 'no-op' }));
    const { headers } = await ask(gateway);
    expect(headers).toMatchObject({ ratelimit: '"client";r=9;t=1', 'content-type': 'application/json' });
  });
});

describe('who is over a limit is turned away before the body is read', () => {
  test('not a byte of it is waited for', async () => {
    vi.useRealTimers();
    let calls = 0;
    const gateway = createGateway(
      withLimit({ client_max_rate: 0.001, strategy: 'ip' }, { method: 'POST', timeout: '20s' }) as GatewayConfig,
      {
        async transport() {
          calls++;
          return { status: 200, headers: {}, body: Buffer.from('{}') };
        },
      },
    );
    const wire = await serve(gateway);
    const start = 'POST /users/1 HTTP/1.1\r\nHost: x\r\n';
    expect(await wire.send(`${start}Content-Length: 2\r\nConnection: close\r\n\r\n{}`)).toMatch(/^HTTP\/1.1 200 /);
    for (const announced of ['Content-Length: 10000000', 'Content-Length: 100', 'Transfer-Encoding: chunked']) {
      const client = await wire.open();
      client.socket.write(`${start}${announced}\r\n\r\n`);
      expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 429 /);
      client.socket.destroy();
    }
    expect(calls).toBe(1);
    await gateway.close();
    await wire.close();
  });

  test('who is let in has its body passed on', async () => {
    const bodies: string[] = [];
    const gateway = createTestGateway(withLimit({ max_rate: 1 }, { method: 'POST' }), {
      backends: {
        'users/*': ({ body }) => {
          bodies.push(body);
          return {};
        },
      },
    });
    await gateway.call({ url: '/users/1', method: 'POST', body: 'payload' });
    expect(bodies).toEqual(['payload']);
  });
});

test('a limit of 0 is none', async () => {
  const gateway = start(withLimit({ max_rate: 0, client_max_rate: 0 }));
  expect(await statuses(gateway, Array(50).fill({}))).toEqual(Array(50).fill(200));
});

test('a reload gives nobody a fresh bucket, as long as the limit stays', async () => {
  const gateway = start(withLimit({ max_rate: 0.001 }));
  await ask(gateway);
  gateway.reload(withLimit({ max_rate: 0.001 }, { timeout: '1s' }));
  expect((await ask(gateway)).status).toBe(503);
  gateway.reload(withLimit({ max_rate: 0.002, capacity: 2 }));
  expect(await statuses(gateway, [{}, {}, {}])).toEqual([200, 200, 503]);
});

test('each endpoint has limits of its own', async () => {
  const extra_config = { 'qos/ratelimit/router': { max_rate: 1 } };
  const backend = [{ url_pattern: '/users' }];
  const gateway = start({
    host: ['http://users'],
    endpoints: [
      { endpoint: '/users/{id}', backend, extra_config },
      { endpoint: '/users/{id}', method: 'POST', backend: [{ url_pattern: '/users', method: 'GET' }], extra_config },
      { endpoint: '/others', backend, extra_config },
    ],
  });
  const answers = [
    await gateway.call({ url: '/users/1' }),
    await gateway.call({ url: '/users/1', method: 'POST' }),
    await gateway.call({ url: '/others' }),
    await gateway.call({ url: '/users/1' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 503]);
});

test('a store of the options decides for all processes that have it', async () => {
  const tokens = new Map([['GET /users/{id} client 192.0.2.1', 1]]);
  const store = {
    async take(key: string, { capacity }: { capacity: number }) {
      const left = tokens.get(key) ?? capacity;
      tokens.set(key, Math.max(0, left - 1));
      return { isAllowed: left > 0, remaining: Math.max(0, left - 1), retryAfter: 4_000, reset: 8_000 };
    },
  };
  const config = withLimit({ client_max_rate: 100, max_rate: 2, strategy: 'ip', store: 'shared' });
  const gateways = [
    start(config, { stores: { shared: store } }),
    start(config, { stores: { shared: store } }),
  ] as const;
  expect((await ask(gateways[0], { ip: '192.0.2.1' })).status).toBe(200);
  expect(await ask(gateways[1], { ip: '192.0.2.1' })).toMatchObject({ status: 429, headers: { 'retry-after': '4' } });
  expect((await ask(gateways[1], { ip: '192.0.2.2' })).status).toBe(200);
  expect((await ask(gateways[0], { ip: '192.0.2.3' })).status).toBe(503);
});

test('G03 a store that is not there is refused at start', () => {
  const create = () => start(withLimit({ max_rate: 1, store: 'redis' }));
  expect(create).toThrow('endpoints[0].extra_config["qos/ratelimit/router"].store: there is no "redis"');
});
