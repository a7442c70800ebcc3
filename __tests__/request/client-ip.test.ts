import { describe, expect, test } from 'vitest';
import type { ConfigError } from '../../lib/errors.js';
import { type ClientIpOptions, createClientIp } from '../../lib/request/client-ip.js';
import { fakeRequest } from '../router/wire.js';

function ipOf(
  options: ClientIpOptions,
  socketAddress: string | undefined,
  headers: Record<string, string> = {},
  extra = {},
) {
  const request = fakeRequest('/', Object.entries(headers));
  Object.defineProperty(request.socket, 'remoteAddress', { value: socketAddress });
  return createClientIp(options)(Object.assign(request, extra));
}

describe('without trusted proxies', () => {
  test('only the socket counts', () => {
    const headers = { 'X-Forwarded-For': '6.6.6.6', 'X-Real-IP': '6.6.6.6', Forwarded: 'for=6.6.6.6' };
    expect(ipOf({}, '192.0.2.1', headers)).toBe('192.0.2.1');
    expect(ipOf({ forwarded_by_client_ip: true }, '192.0.2.1', headers)).toBe('192.0.2.1');
  });

  test('IPv4 in IPv6 dress is IPv4', () => {
    expect(ipOf({}, '::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(ipOf({}, '2001:DB8::1')).toBe('2001:db8::1');
    expect(ipOf({}, 'fe80::1%eth0')).toBe('fe80::1');
  });

  test('a socket without an address has none', () => {
    expect(ipOf({}, undefined)).toBe('');
  });
});

describe("Express' own decision", () => {
  const app = (trust: unknown) => ({ get: (name: string) => (name === 'trust proxy' ? trust : undefined) });

  test('counts when the app has set `trust proxy`', () => {
    expect(ipOf({}, '10.0.0.1', {}, { res: {}, app: app(true), ip: '192.0.2.9' })).toBe('192.0.2.9');
    expect(ipOf({}, '10.0.0.1', {}, { res: {}, app: app(1), ip: '::ffff:192.0.2.9' })).toBe('192.0.2.9');
  });

  test('does not count when it has not', () => {
    expect(ipOf({}, '10.0.0.1', {}, { res: {}, app: app(false), ip: '192.0.2.9' })).toBe('10.0.0.1');
    expect(ipOf({}, '10.0.0.1', {}, { res: {}, app: app(undefined), ip: '192.0.2.9' })).toBe('10.0.0.1');
    expect(ipOf({}, '10.0.0.1', {}, { ip: '192.0.2.9' })).toBe('10.0.0.1');
    expect(ipOf({}, '10.0.0.1', {}, { res: {}, app: 'x', ip: '192.0.2.9' })).toBe('10.0.0.1');
  });

  test('garbage that Express let through does not', () => {
    expect(ipOf({}, '10.0.0.1', {}, { res: {}, app: app(true), ip: 'unknown' })).toBe('10.0.0.1');
    expect(ipOf({}, '10.0.0.1', {}, { res: {}, app: app(true), ip: undefined })).toBe('10.0.0.1');
  });

  test('gives way to trustedProxies', () => {
    const extra = { res: {}, app: app(true), ip: '6.6.6.6' };
    expect(ipOf({ trustedProxies: ['10.0.0.0/8'] }, '10.0.0.1', { 'X-Forwarded-For': '192.0.2.9' }, extra)).toBe(
      '192.0.2.9',
    );
  });
});

describe('H07 chains of trusted proxies', () => {
  const trustedProxies = ['10.0.0.0/8', '2001:db8:1::/48', '192.168.1.1'];
  const via = (chain: string, socketAddress = '10.0.0.1') =>
    ipOf({ trustedProxies }, socketAddress, { 'X-Forwarded-For': chain });

  test.each([
    ['192.0.2.9', '192.0.2.9'],
    ['6.6.6.6, 192.0.2.9', '192.0.2.9'],
    ['6.6.6.6, 192.0.2.9, 10.1.2.3', '192.0.2.9'],
    ['6.6.6.6,192.0.2.9 ,10.1.2.3,192.168.1.1', '192.0.2.9'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['192.0.2.9:4711', '192.0.2.9'],
    ['[2001:db8:2::1]', '2001:db8:2::1'],
    ['[2001:db8:2::1]:443', '2001:db8:2::1'],
    ['2001:db8:2::1', '2001:db8:2::1'],
    ['[::1]:1', '::1'],
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['::ffff:c000:209', '192.0.2.9'],
    ['192.0.2.9, ::ffff:10.1.2.3', '192.0.2.9'],
    ['192.0.2.9, 2001:db8:1:5::7', '192.0.2.9'],
    ['garbage, 192.0.2.9', '192.0.2.9'],
  ])('%j is read from the right', (chain, ip) => {
    expect(via(chain)).toBe(ip);
  });

  test.each([
    'unknown',
    '192.0.2.9, unknown',
    '192.0.2.9, , 10.0.0.2',
    '192.0.2.9,',
    ',10.0.0.2',
    `${'x'.repeat(100)}${' '.repeat(95)}6.6.6.6`,
    '_hidden',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4:',
    '1.2.3.4:123456',
    '[1.2.3.4]',
    '[::1',
    '[::1]x',
    '01.2.3.4',
    '::ffff:999.1.1.1',
    '"192.0.2.9"',
    '192.0.2.9\t.1',
    'x'.repeat(10_000),
  ])('the socket counts after %j', (chain) => {
    expect(via(chain)).toBe('10.0.0.1');
  });

  test('nothing is believed of a stranger', () => {
    expect(via('6.6.6.6', '192.0.2.1')).toBe('192.0.2.1');
  });

  test('a mapped socket address is trusted like the plain one', () => {
    expect(via('192.0.2.9', '::ffff:10.0.0.1')).toBe('192.0.2.9');
  });

  test('a chain of 10 KB is cut after 32 hops', () => {
    for (const [proxies, ip] of [
      [31, '192.0.2.9'],
      [32, '10.1.1.1'],
    ] as const) {
      expect(via(['192.0.2.9', ...Array(proxies).fill('10.1.1.1')].join(', '))).toBe(ip);
    }
    const start = performance.now();
    expect(via(`6.6.6.6, ${'10.1.1.1, '.repeat(1000)}10.2.2.2`)).toBe('10.1.1.1');
    expect(via(' '.repeat(10_000))).toBe('10.0.0.1');
    expect(via(','.repeat(10_000))).toBe('10.0.0.1');
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test('the configured headers are asked in their order', () => {
    const headers = { 'X-Client': '192.0.2.7', 'X-Forwarded-For': '192.0.2.8', 'X-Real-IP': '192.0.2.9' };
    const options = { trusted_proxies: ['10.0.0.1'] };
    expect(ipOf({ ...options, remote_ip_headers: ['X-Client'] }, '10.0.0.1', headers)).toBe('192.0.2.7');
    expect(ipOf({ ...options, remote_ip_headers: [] }, '10.0.0.1', headers)).toBe('192.0.2.8');
    expect(ipOf(options, '10.0.0.1', { 'X-Real-IP': '192.0.2.9' })).toBe('192.0.2.9');
    expect(ipOf(options, '10.0.0.1')).toBe('10.0.0.1');
  });

  test('forwarded_by_client_ip: false switches all of it off', () => {
    const headers = { 'X-Forwarded-For': '192.0.2.9' };
    expect(ipOf({ trustedProxies, forwarded_by_client_ip: false }, '10.0.0.1', headers)).toBe('10.0.0.1');
  });
});

test('wrong entries are refused at start, all at once', () => {
  const entries = ['10.0.0.0/33', 'localhost', '::1/129', '10.0.0.0/', '10.0.0.0/8/8', '', 'fe80::1%eth0', '10.0.0.1'];
  try {
    createClientIp({ trustedProxies: entries });
    expect.unreachable();
  } catch (error) {
    expect((error as ConfigError).issues.map(({ path }) => path)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((index) => `options.trustedProxies[${index}]`),
    );
  }
});
