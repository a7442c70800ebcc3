import type { RequestListener } from 'node:http';
import express from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { ipFilter } from '../../lib/components/ip-filter.js';
import { ConfigError } from '../../lib/errors.js';
import { createGateway } from '../../lib/index.js';
import { createTestGateway, type TestGatewayOptions } from '../../lib/testing/index.js';
import { describeComponent } from '../contracts/component.js';
import { parseAnswer, serve, type Wire } from '../router/wire.js';
import { componentScope } from '../support/component-scope.js';

describeComponent({
  component: ipFilter,
  valid: { allow: ['203.0.113.0/24'] },
  invalid: [
    {},
    { allow: [] },
    { deny: [] },
    { allow: '10.0.0.1' },
    { allow: true },
    { allow: false },
    { allow: [7] },
    { allow: ['10.0.0'] },
    { deny: ['10.0.0.0/33'] },
    { deny: ['localhost'] },
    { CIDR: ['10.0.0.0/8'], allow: ['10.0.0.1'] },
    { CIDR: ['10.0.0.0/8'], deny: ['10.0.0.1'] },
    { CIDR: ['x'] },
    { CIDR: [] },
    { CIDR: ['10.0.0.0/8'], client_ip_headers: ['X-Forwarded-For'] },
    { CIDR: ['10.0.0.0/8'], trusted_proxies: ['10.0.0.0/8'] },
  ],
  scope: componentScope(),
});

type Rules = Record<string, unknown>;
const ENDPOINT = { endpoint: '/x', backend: [{ host: ['http://a'], url_pattern: '/a' }] };
const BACKENDS: TestGatewayOptions = { backends: { 'a/a': { a: 1 } } };

function withFilter(rules: Rules, level: 'service' | 'endpoint') {
  const extra_config = { 'security/ip-filter': rules };
  return level === 'service' ? { extra_config, endpoints: [ENDPOINT] } : { endpoints: [{ ...ENDPOINT, extra_config }] };
}

describe.each(['service', 'endpoint'] as const)('at %s level', (level) => {
  test.each<[string, Rules, string, number]>([
    ['an allowed address is let in', { allow: ['198.51.100.7'] }, '198.51.100.7', 200],
    ['another is not', { allow: ['198.51.100.7'] }, '198.51.100.8', 403],
    ['an allowed network is let in', { allow: ['10.0.0.0/8', '198.51.100.0/24'] }, '198.51.100.200', 200],
    ['a denied address is refused', { deny: ['198.51.100.7'] }, '198.51.100.7', 403],
    ['others are let in', { deny: ['198.51.100.7'] }, '198.51.100.8', 200],
    ['deny wins over allow', { allow: ['10.0.0.0/8'], deny: ['10.66.0.0/16'] }, '10.66.1.1', 403],
    ['allow holds where deny says nothing', { allow: ['10.0.0.0/8'], deny: ['10.66.0.0/16'] }, '10.65.1.1', 200],
    ['deny does not open what allow leaves out', { allow: ['10.0.0.0/8'], deny: ['10.66.0.0/16'] }, '11.1.1.1', 403],
    ['a network of IPv6', { allow: ['2001:db8::/32'] }, '2001:db8:7::1', 200],
    ['an address beside it', { allow: ['2001:db8::/32'] }, '2001:db9::1', 403],
    ['all of IPv6 is nothing of IPv4', { allow: ['::/0'] }, '198.51.100.7', 403],
    ['all of IPv4 is nothing of IPv6', { deny: ['0.0.0.0/0'] }, '2001:db8::1', 200],
    ['H07 IPv4 that a socket writes as IPv6', { deny: ['198.51.100.0/24'] }, '::ffff:198.51.100.7', 403],
    ['H07 the same in numbers', { deny: ['198.51.100.0/24'] }, '::ffff:c633:6407', 403],
    ['KrakenD’s list of those that are let in', { CIDR: ['198.51.100.1/24'], allow: true }, '198.51.100.7', 200],
    ['all others', { CIDR: ['198.51.100.1/24'], allow: true }, '198.51.101.7', 403],
    ['KrakenD’s list of those that are refused', { CIDR: ['198.51.100.1/24'], allow: false }, '198.51.100.7', 403],
    ['which is what it means by itself', { CIDR: ['198.51.100.1/24'] }, '198.51.100.7', 403],
    ['all others again', { CIDR: ['198.51.100.1/24'] }, '198.51.101.7', 200],
  ])('%s', async (_title, rules, ip, status) => {
    const answer = await createTestGateway(withFilter(rules, level), BACKENDS).call({ url: '/x', ip });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer).toMatchObject({ text: '', headers: { 'content-length': '0' }, trace: [] });
  });

  test('H07 a header of any client is not believed', async () => {
    const gateway = createTestGateway(withFilter({ allow: ['10.0.0.0/8'] }, level), BACKENDS);
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'X-Client-IP', 'True-Client-IP']) {
      const headers = { [name]: name === 'Forwarded' ? 'for=10.0.0.1' : '10.0.0.1' };
      expect((await gateway.call({ url: '/x', ip: '198.51.100.7', headers })).status).toBe(403);
    }
  });

  test('that of a trusted proxy is, and the proxy itself does not count', async () => {
    const config = withFilter({ allow: ['198.51.100.0/24'] }, level);
    const gateway = createTestGateway(config, { ...BACKENDS, trustedProxies: ['10.0.0.1'] });
    const ask = (chain: string) => gateway.call({ url: '/x', ip: '10.0.0.1', headers: { 'X-Forwarded-For': chain } });
    expect((await ask('198.51.100.7')).status).toBe(200);
    expect((await ask('198.51.100.7, 203.0.113.9')).status).toBe(403);
    expect((await ask('nonsense')).status).toBe(403);
  });

  test('a client without an address is let in by deny only', async () => {
    const ask = (rules: Rules) => createTestGateway(withFilter(rules, level), BACKENDS).call({ url: '/x', ip: '' });
    expect((await ask({ allow: ['0.0.0.0/0', '::/0'] })).status).toBe(403);
    expect((await ask({ deny: ['0.0.0.0/0', '::/0'] })).status).toBe(200);
  });
});

test('the gateway’s and an endpoint’s lists both hold', async () => {
  const gateway = createTestGateway(
    {
      extra_config: { 'security/ip-filter': { deny: ['10.66.0.0/16'] } },
      endpoints: [{ ...ENDPOINT, extra_config: { 'security/ip-filter': { allow: ['10.0.0.0/8'] } } }],
    },
    BACKENDS,
  );
  const statuses = ['10.1.1.1', '10.66.1.1', '11.1.1.1'].map((ip) => gateway.call({ url: '/x', ip }));
  expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 403, 403]);
});

test('at service level every path is watched but the gateway’s own', async () => {
  const gateway = createTestGateway(withFilter({ allow: ['10.0.0.0/8'] }, 'service'), BACKENDS);
  expect(await gateway.call({ url: '/unknown', ip: '11.1.1.1' })).toMatchObject({ status: 403, matched: true });
  expect(await gateway.call({ url: '/unknown', ip: '10.1.1.1' })).toMatchObject({ matched: false });
  expect(await gateway.call({ url: '/__health', ip: '11.1.1.1' })).toMatchObject({ status: 200 });
});

test('a refusal spends nothing of a limit, and can be read by a page', async () => {
  const endpoint = {
    ...ENDPOINT,
    extra_config: {
      'security/ip-filter': { deny: ['11.0.0.0/8'] },
      'qos/ratelimit/router': { max_rate: 1, every: '1h' as const },
    },
  };
  const config = { extra_config: { 'security/cors': {} }, endpoints: [endpoint] };
  const gateway = createTestGateway(config, BACKENDS);
  const headers = { Origin: 'https://shop.test' };
  for (let round = 0; round < 3; round++) {
    expect(await gateway.call({ url: '/x', ip: '11.1.1.1', headers })).toMatchObject({
      status: 403,
      headers: { 'access-control-allow-origin': '*' },
    });
  }
  expect((await gateway.call({ url: '/x', ip: '10.1.1.1' })).status).toBe(200);
});

describe('G03 what is wrong is told at its place', () => {
  test.each<[Rules, string, string]>([
    [{ allow: ['10.0.0.1', '10.0.0'] }, 'allow[1]', '"10.0.0" is neither an IP address nor a CIDR range'],
    [{ deny: ['fe80::1%eth0'] }, 'deny[0]', 'is neither an IP address'],
    [{ allow: true }, 'allow', 'must be a list of addresses'],
    [{ allow: [] }, 'allow', 'must not be empty'],
    [
      { CIDR: ['10.0.0.0/8'], allow: true, client_ip_headers: ['Host'] },
      'client_ip_headers',
      '"trusted_proxies" of the "router"',
    ],
    [{ CIDR: ['10.0.0.0/8'], deny: ['10.0.0.1'] }, 'deny', 'contradicts "cidr"'],
    [{ alow: ['10.0.0.1'], deny: ['10.0.0.1'] }, 'alow', 'Did you mean "allow"?'],
  ])('%j', (rules, key, message) => {
    const create = () => createTestGateway(withFilter(rules, 'service'), BACKENDS);
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(`extra_config["security/ip-filter"].${key}`);
    expect(create).toThrow(message);
  });

  test('an empty filter', () => {
    expect(() => createTestGateway(withFilter({}, 'service'), BACKENDS)).toThrow(
      'extra_config["security/ip-filter"]: must have "allow" or "deny"',
    );
  });
});

describe('over the wire', () => {
  let wire: Wire | undefined;
  let gateway: ReturnType<typeof createGateway> | undefined;
  afterEach(async () => {
    await wire?.close();
    await gateway?.close();
  });

  const config = (level: 'service' | 'endpoint') => {
    const extra_config = { 'security/ip-filter': { deny: ['127.0.0.0/8'] } };
    const endpoint = {
      endpoint: '/x',
      method: 'POST',
      backend: [{ host: ['http://127.0.0.1:9'], url_pattern: '/' }],
    } as const;
    return level === 'service'
      ? { extra_config, endpoints: [endpoint] }
      : { endpoints: [{ ...endpoint, extra_config }] };
  };

  test.each(['service', 'endpoint'] as const)('a body is not waited for: %s', async (level) => {
    gateway = createGateway(config(level));
    wire = await serve(gateway as unknown as RequestListener);
    const client = await wire.open();
    client.socket.write('POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n');
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 403 /);
    client.socket.destroy();
  });

  test('H07 the address that Express believes counts, and no other', async () => {
    for (const [trusts, expected] of [
      [false, 403],
      [true, 500],
    ] as const) {
      gateway = createGateway(config('endpoint'));
      wire = await serve(express().set('trust proxy', trusts).use(gateway) as RequestListener);
      const head =
        'POST /x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
      expect(parseAnswer(await wire.send(head)).status).toBe(expected);
      await wire.close();
      await gateway.close();
    }
  });
});
