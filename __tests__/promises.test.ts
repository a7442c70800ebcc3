import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGateway, type GatewayConfig, type Logger } from '../lib/index.js';
import { createTestGateway, failure, reply } from '../lib/testing/index.js';

/** Promises of the reliability checklist that no single file can keep alone. */

const PROFILE: GatewayConfig = {
  host: ['http://shop.test'],
  timeout: '400ms',
  cache_ttl: '60s',
  endpoints: [
    {
      endpoint: '/profile/{id}',
      input_query_strings: ['*'],
      input_headers: ['*'],
      backend: [
        { url_pattern: '/users/{id}', retry: { attempts: 1, backoff: '1ms' }, ejection: {} },
        { url_pattern: '/orders', group: 'orders' },
      ],
    },
  ],
};

describe('T05 jumps of the wall clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([3_600_000, -3_600_000])('T05 by %d ms change nothing', async (jump) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
    const gateway = createTestGateway(PROFILE, {
      backends: {
        'shop.test/users/{id}': () => {
          vi.setSystemTime(Date.now() + jump);
          return reply({ body: { id: 1 }, delay: 20 });
        },
        'shop.test/orders': reply({ body: { n: 2 }, delay: 40 }),
      },
    });
    for (let round = 0; round < 5; round++) {
      const { status, body, headers } = await gateway.call({ url: '/profile/1' });
      expect({ status, body, completed: headers['x-krakend-completed'] }).toEqual({
        status: 200,
        body: { id: 1, orders: { n: 2 } },
        completed: 'true',
      });
    }
    await gateway.close();
  });
});

describe('E02 logs', () => {
  const HOSTILE = [
    '/profile/a%0d%0aforged?q=%0aline',
    '/profile/%1b%5b31mred',
    `/profile/x?${'y'.repeat(8_000)}=1`,
    '/profile/%E0%A4%A',
    '/profile/..%2f..%2fetc',
    '/profile/ok?next=%0d%0aSet-Cookie:%20a=b',
  ];

  test('E02 cannot be forged or blown up by what clients send', async () => {
    const lines: string[] = [];
    const log = (fields: object, message: string) => lines.push(JSON.stringify({ ...fields, message }));
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const gateway = createTestGateway(PROFILE, {
      logger,
      backends: {
        'shop.test/users/{id}': failure('reset'),
        'shop.test/orders': reply({ status: 500, body: 'x\r\ny' }),
      },
    });
    for (const url of HOSTILE) {
      await gateway.call({ url, headers: { 'user-agent': 'a\u001b[2Jb', referer: 'forged\tline' } });
    }
    expect(lines.length).toBeGreaterThanOrEqual(HOSTILE.length);
    for (const line of lines) {
      expect(line.length).toBeLessThan(2_048);
      expect(line).not.toMatch(/forged|Set-Cookie|\\u001b|yyyy|etc|%0/i);
    }
    await gateway.close();
  });
});

describe('overload', () => {
  const servers: Server[] = [];

  async function listen(server: Server): Promise<string> {
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  test('O03 starves neither the others nor the health answer, and is called no more than its cap', async () => {
    let called = 0;
    const slow = await listen(
      createServer(() => {
        called++;
      }),
    );
    const fast = await listen(createServer((_request, response) => response.end('{"fast":true}')));
    const gateway = createGateway({
      timeout: '1s',
      endpoints: [
        { endpoint: '/slow', backend: [{ host: [slow], url_pattern: '/', max_pending: 8 }] },
        { endpoint: '/fast', backend: [{ host: [fast], url_pattern: '/' }] },
      ],
    });
    const url = await listen(createServer(gateway));

    const stuck = Array.from({ length: 40 }, () => fetch(`${url}/slow`).then(({ status }) => status));
    const shed = await Promise.race(stuck);
    expect(shed).toBe(503);
    expect(await (await fetch(`${url}/fast`)).json()).toEqual({ fast: true });
    expect((await fetch(`${url}/__health`)).status).toBe(200);

    const statuses = await Promise.all(stuck);
    expect(statuses.filter((status) => status === 503)).toHaveLength(32);
    expect(statuses.filter((status) => status === 500)).toHaveLength(8);
    expect(called).toBe(8);
    await gateway.close();
  });

  test('O02 is shed, so that what is accepted is in time and the backend sees nothing that nobody waits for', async () => {
    const TIMEOUT = 1_000;
    let atWork = 0;
    let mostAtWork = 0;
    let oldest = 0;
    const busy = await listen(
      createServer((request, response) => {
        mostAtWork = Math.max(mostAtWork, ++atWork);
        const sent = Number(new URL(request.url ?? '', 'http://b').searchParams.get('sent'));
        oldest = Math.max(oldest, Date.now() - sent);
        setTimeout(() => {
          atWork--;
          response.end('{"ok":true}');
        }, 20);
      }),
    );
    const gateway = createGateway(
      {
        timeout: `${TIMEOUT}ms`,
        max_in_flight_requests: 12,
        endpoints: [
          {
            endpoint: '/work',
            input_query_strings: ['sent'],
            backend: [{ host: [busy], url_pattern: '/', max_pending: 8 }],
          },
        ],
      },
      { statuses: 'http' },
    );
    const url = await listen(createServer(gateway));
    async function ask(): Promise<number> {
      const { status, headers } = await fetch(`${url}/work?sent=${Date.now()}`);
      if (status === 503) expect(headers.get('retry-after')).toBe('1');
      return status;
    }

    // Waves of many times what the backend can do, one after the other.
    for (let wave = 0; wave < 8; wave++) {
      const statuses = await Promise.all(Array.from({ length: 60 }, ask));
      const served = statuses.filter((status) => status === 200).length;
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(served).toBeGreaterThanOrEqual(8);
    }
    expect(mostAtWork).toBeLessThanOrEqual(8);
    expect(oldest).toBeLessThan(TIMEOUT);
    expect(await ask()).toBe(200);
    await gateway.close();
  });
});
