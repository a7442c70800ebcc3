import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestGateway, type TestGateway, type TestGatewayOptions } from '../../../lib/testing/index.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(limit: object, options: Omit<TestGatewayOptions, 'backends'> = {}): TestGateway {
  return createTestGateway(
    {
      host: ['http://users'],
      extra_config: { 'qos/ratelimit/service': limit as { max_rate: number } },
      endpoints: [
        { endpoint: '/a', backend: [{ url_pattern: '/a' }] },
        { endpoint: '/b', backend: [{ url_pattern: '/b' }] },
      ],
    },
    { ...options, backends: { 'users/*': { id: 1 } } },
  );
}

async function ask(gateway: TestGateway, url: string, ip = '192.0.2.1', headers: Record<string, string> = {}) {
  const answer = gateway.call({ url, ip, headers });
  await vi.advanceTimersByTimeAsync(0);
  return answer;
}

test('one limit for every path together, answered 503', async () => {
  const gateway = start({ max_rate: 3 });
  const statuses = [];
  for (const url of ['/a', '/b', '/nowhere', '/a']) statuses.push((await ask(gateway, url)).status);
  expect(statuses).toEqual([200, 200, 404, 503]);
  const { headers, text } = await ask(gateway, '/nowhere');
  expect(text).toBe('');
  expect(headers).toMatchObject({ 'retry-after': '1', 'content-length': '0', ratelimit: '"all";r=0;t=1' });
});

test('L02 one for each client, by its address as far as it is believed, answered 429', async () => {
  const gateway = start({ client_max_rate: 0.01, strategy: 'ip' }, { trustedProxies: ['10.0.0.1'] });
  const forwarded = (ip: string) => ({ 'x-forwarded-for': ip });
  expect((await ask(gateway, '/a', '192.0.2.1', forwarded('203.0.113.1'))).status).toBe(200);
  expect((await ask(gateway, '/b', '192.0.2.1', forwarded('203.0.113.2'))).status).toBe(429);
  expect((await ask(gateway, '/b', '10.0.0.1', forwarded('203.0.113.1'))).status).toBe(200);
  expect((await ask(gateway, '/b', '10.0.0.1', forwarded('203.0.113.2'))).status).toBe(200);
  expect((await ask(gateway, '/b', '10.0.0.1', forwarded('203.0.113.1'))).headers).toMatchObject({
    'retry-after': '100',
  });
});

test('O03 whoever asks after the health is let in', async () => {
  const gateway = start({ max_rate: 0.001 });
  await ask(gateway, '/a');
  expect((await ask(gateway, '/a')).status).toBe(503);
  expect((await ask(gateway, '/__health')).status).toBe(200);
});

test('served answers tell on request what is left', async () => {
  const gateway = start({ client_max_rate: 5, strategy: 'ip', send_headers: true });
  const { headers } = await ask(gateway, '/a');
  expect(headers).toMatchObject({ ratelimit: '"client";r=4;t=1', 'ratelimit-policy': '"client";q=5;w=1' });
});

test('a store is waited for', async () => {
  let isAllowed = true;
  const take = vi.fn(async () => ({ isAllowed, remaining: 0, retryAfter: 2_000, reset: 2_000 }));
  const gateway = start({ max_rate: 10, store: 'shared' }, { stores: { shared: { take } } });
  expect((await ask(gateway, '/a')).status).toBe(200);
  isAllowed = false;
  expect(await ask(gateway, '/a')).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  expect(take).toHaveBeenLastCalledWith('the gateway all ', { capacity: 10, rate: 10 });
});

test('G03 it cannot limit by a param, nor by a store that is not there', () => {
  expect(() => start({ client_max_rate: 1, strategy: 'param', key: 'id' })).toThrow('cannot be "param" here');
  expect(() => start({ max_rate: 1, store: 'redis' })).toThrow('extra_config["qos/ratelimit/service"].store');
  expect(() => start({})).toThrow('extra_config["qos/ratelimit/service"].max_rate');
});

test('a limit of 0 is none', async () => {
  const gateway = start({ max_rate: 0 });
  for (let count = 0; count < 20; count++) expect((await ask(gateway, '/a')).status).toBe(200);
});
