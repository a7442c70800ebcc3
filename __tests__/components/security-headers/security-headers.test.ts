import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer as createTlsServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { securityHeaders } from '../../../lib/components/security-headers/security-headers.js';
import { createGateway, type GatewayConfig } from '../../../lib/index.js';
import type { RequestHandler } from '../../../lib/proxy.js';
import { createTestGateway, reply, type TestGatewayOptions } from '../../../lib/testing/index.js';
import { describeComponent } from '../../contracts/component.js';
import { parseAnswer, serve, type Wire } from '../../router/wire.js';
import { componentScope } from '../../support/component-scope.js';
import { read } from '../../support/source.js';

describeComponent({
  component: securityHeaders,
  valid: { allowed_hosts: ['shop.test'], frame_deny: true },
  invalid: [
    { allowed_hosts: 'shop.test' },
    { allowed_hosts: [''] },
    { allowed_hosts: ['('], allowed_hosts_are_regex: true },
    { allowed_hosts: ['(?=a)'], allowed_hosts_are_regex: true },
    { sts_seconds: -1 },
    { sts_seconds: 1.5 },
    { ssl_host: 'https://shop.test' },
    { ssl_host: 'shop.test/path' },
    { host_proxy_headers: ['a b'] },
    { ssl_proxy_headers: { 'X-Forwarded-Proto': '' } },
    { ssl_proxy_headers: { 'a b': 'https' } },
    { content_security_policy: 'a\r\nX-B: c' },
    { referrer_policy: 'a\nb' },
    { frame_deny: 'perhaps' },
  ],
  scope: componentScope(),
});

type Settings = Record<string, unknown>;
type Config = Parameters<typeof createTestGateway>[0];

const ENDPOINT = { endpoint: '/x', backend: [{ host: ['http://a'], url_pattern: '/a' }] };
const BACKENDS: TestGatewayOptions = { backends: { 'a/a': { a: 1 } } };
const HTTPS = { 'X-Forwarded-Proto': 'https' };

function withHttp(settings: Settings, rest: Partial<Config> = {}): Config {
  return { endpoints: [ENDPOINT], ...rest, extra_config: { 'security/http': settings, ...rest.extra_config } };
}

async function ask(
  settings: Settings,
  headers: Record<string, string> = {},
  { url = '/x', method = 'GET', rest = {}, options = BACKENDS }: AskOptions = {},
) {
  return await createTestGateway(withHttp(settings, rest), options).call({ url, method, headers });
}
interface AskOptions {
  url?: string;
  method?: string;
  rest?: Partial<Config>;
  options?: TestGatewayOptions;
}

const NAMES = [
  'strict-transport-security',
  'x-frame-options',
  'x-content-type-options',
  'x-xss-protection',
  'content-security-policy',
  'referrer-policy',
  'public-key-pins',
];
function protection(headers: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => NAMES.includes(name)));
}

describe('headers', () => {
  // The gateway sends it with every body of its own.
  const nosniff = { 'x-content-type-options': 'nosniff' };
  const pins = 'pin-sha256="a"; max-age=1';

  test.each<[string, Settings, Record<string, string>, Record<string, string>]>([
    ['none', {}, {}, {}],
    ['frame_deny', { frame_deny: true }, {}, { 'x-frame-options': 'DENY' }],
    [
      'another value',
      { frame_deny: true, custom_frame_options_value: 'SAMEORIGIN' },
      {},
      { 'x-frame-options': 'SAMEORIGIN' },
    ],
    ['an empty value is none', { custom_frame_options_value: '', frame_deny: true }, {}, { 'x-frame-options': 'DENY' }],
    ['content_type_nosniff', { content_type_nosniff: true }, {}, {}],
    ['browser_xss_filter', { browser_xss_filter: true }, {}, { 'x-xss-protection': '1; mode=block' }],
    [
      'policies',
      { content_security_policy: "default-src 'self';", referrer_policy: 'same-origin' },
      {},
      { 'content-security-policy': "default-src 'self';", 'referrer-policy': 'same-origin' },
    ],
    ['STS not over plain HTTP', { sts_seconds: 300 }, HTTPS, {}],
    [
      'STS over a proxy with HTTPS',
      { sts_seconds: 300, ssl_proxy_headers: HTTPS },
      HTTPS,
      { 'strict-transport-security': 'max-age=300' },
    ],
    [
      'STS not where the proxy says otherwise',
      { sts_seconds: 300, ssl_proxy_headers: HTTPS },
      { 'X-Forwarded-Proto': 'http' },
      {},
    ],
    [
      'STS for subdomains, and by force',
      { sts_seconds: 300, sts_include_subdomains: true, force_sts_header: true },
      {},
      { 'strict-transport-security': 'max-age=300; includeSubdomains' },
    ],
    ['STS of 0 seconds is none', { sts_seconds: 0, sts_include_subdomains: true, force_sts_header: true }, {}, {}],
    [
      'pins over HTTPS, by either name',
      { hpkp_public_key: pins, ssl_proxy_headers: HTTPS },
      HTTPS,
      { 'public-key-pins': pins },
    ],
    ['pins by the name of 1.3', { public_key: pins, ssl_proxy_headers: HTTPS }, HTTPS, { 'public-key-pins': pins }],
    ['pins not over plain HTTP', { hpkp_public_key: pins }, {}, {}],
    [
      'of development: none that need HTTPS',
      {
        is_development: true,
        sts_seconds: 1,
        force_sts_header: true,
        hpkp_public_key: pins,
        ssl_proxy_headers: HTTPS,
        frame_deny: true,
      },
      HTTPS,
      { 'x-frame-options': 'DENY' },
    ],
  ])('%s', async (_title, settings, headers, expected) => {
    const answer = await ask(settings, headers);
    expect(answer.status).toBe(200);
    expect(protection(answer.headers)).toEqual({ ...nosniff, ...expected });
  });

  test.each<[string, AskOptions, number]>([
    ['404', { url: '/y', options: { ...BACKENDS, fallthrough: false } }, 404],
    ['405', { method: 'POST', options: { ...BACKENDS, fallthrough: false } }, 405],
    ['a failure', { options: { backends: { 'a/a': reply({ status: 500 }) } } }, 500],
    ['a refusal', { rest: { extra_config: { 'security/bot-detector': { empty_user_agent_is_bot: true } } } }, 403],
  ])('are on %s as well', async (_title, options, status) => {
    const answer = await ask({ frame_deny: true, content_type_nosniff: true }, {}, options);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
  });

  test('a no-op backend neither doubles nor weakens them; policies of both hold', async () => {
    const headers = {
      'x-frame-options': 'ALLOWALL',
      'x-content-type-options': 'sniff',
      'referrer-policy': 'unsafe-url',
      'content-security-policy': 'img-src a.test',
      'x-xss-protection': '0',
    };
    const answer = await ask(
      { frame_deny: true, content_type_nosniff: true, content_security_policy: "default-src 'none'" },
      {},
      {
        rest: { endpoints: [{ ...ENDPOINT, output_encoding: 'no-op' }] },
        options: { backends: { 'a/a': reply({ headers, body: 'x' }) } },
      },
    );
    expect(protection(answer.headers)).toEqual({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none', img-src a.test",
      // What is not configured is the backend's affair.
      'referrer-policy': 'unsafe-url',
      'x-xss-protection': '0',
    });
  });

  test('what goes on to the app, and the gateway’s own routes, have none', async () => {
    const settings = { frame_deny: true, allowed_hosts: ['shop.test'] };
    const passedOn = await ask(settings, { Host: 'other.test' }, { url: '/y' });
    expect(passedOn).toMatchObject({ matched: false });
    expect(passedOn.headers).not.toHaveProperty('x-frame-options');
    const health = await ask(settings, { Host: '10.0.0.7:8080' }, { url: '/__health' });
    expect(health.status).toBe(200);
  });

  test('an endpoint’s own take the place of the gateway’s', async () => {
    const extra_config = { 'security/http': { referrer_policy: 'no-referrer' } };
    const rest = { endpoints: [ENDPOINT, { ...ENDPOINT, endpoint: '/own', extra_config }] };
    const own = await ask({ frame_deny: true }, {}, { url: '/own', rest });
    expect(protection(own.headers)).toEqual({ ...nosniff, 'referrer-policy': 'no-referrer' });
    const other = await ask({ frame_deny: true }, {}, { rest });
    expect(protection(other.headers)).toEqual({ ...nosniff, 'x-frame-options': 'DENY' });
  });
});

describe('U07 a host', () => {
  const one = { allowed_hosts: ['shop.test', 'api.shop.test:8443'] };
  const regex = { allowed_hosts: ['(\\w+\\.)?shop\\.test', 'a|b\\.test'], allowed_hosts_are_regex: true };
  const proxied = { ...one, host_proxy_headers: ['X-Forwarded-Host', 'X-Host'] };

  test.each<[string, Settings, Record<string, string>, number]>([
    ['that is listed', one, { Host: 'shop.test' }, 200],
    ['in other letters', one, { Host: 'SHOP.test' }, 200],
    ['with its port', one, { Host: 'api.shop.test:8443' }, 200],
    ['with a port that is not listed', one, { Host: 'shop.test:8080' }, 500],
    ['without the port that is listed', one, { Host: 'api.shop.test' }, 500],
    ['that begins like one', one, { Host: 'shop.test.attacker.test' }, 500],
    ['that ends like one', one, { Host: 'attackershop.test' }, 500],
    ['with a dot at its end', one, { Host: 'shop.test.' }, 500],
    ['that is missing', one, {}, 500],
    ['of an empty list', { allowed_hosts: [], frame_deny: true }, { Host: 'any.test' }, 200],
    ['in development', { ...one, is_development: true }, { Host: 'localhost:3000' }, 200],
    ['that fits an expression', regex, { Host: 'www.shop.test' }, 200],
    ['that fits another', regex, { Host: 'B.test' }, 200],
    ['of which a part fits', regex, { Host: 'www.shop.test.attacker.test' }, 500],
    ['of which a part fits an alternative', regex, { Host: 'attacker.b.test' }, 500],
    ['of which the start fits an alternative', regex, { Host: 'attacker.test' }, 500],
    ['that a proxy names', proxied, { Host: '10.0.0.7', 'X-Forwarded-Host': 'shop.test' }, 200],
    ['that a proxy names in the second header', proxied, { Host: '10.0.0.7', 'X-Host': 'shop.test' }, 200],
    ['that a proxy does not name', proxied, { Host: 'shop.test' }, 200],
    ['that a proxy names otherwise', proxied, { Host: 'shop.test', 'X-Forwarded-Host': 'attacker.test' }, 500],
    ['that only a client names', one, { Host: 'attacker.test', 'X-Forwarded-Host': 'shop.test' }, 500],
    ['that is very long', regex, { Host: `${'a'.repeat(8_000)}.shop.test` }, 500],
  ])('%s: %#', async (_title, settings, headers, status) => {
    const answer = await ask(settings, headers);
    expect(answer).toMatchObject({ status, matched: true });
    if (status === 500) expect(answer).toMatchObject({ text: 'Bad Host', trace: [] });
  });

  test('that is refused gets no body for HEAD', async () => {
    const rest = { endpoints: [{ ...ENDPOINT, method: 'HEAD' as const }] };
    expect(await ask(one, { Host: 'x' }, { method: 'HEAD', rest })).toMatchObject({ status: 500, text: '' });
  });

  test('faults of expressions have their places', () => {
    const create = () =>
      createTestGateway(withHttp({ allowed_hosts: ['a', '('], allowed_hosts_are_regex: true }), BACKENDS);
    expect(create).toThrow('extra_config["security/http"].allowed_hosts[1]: "(" is not a regular expression');
  });
});

describe('the redirect to HTTPS', () => {
  const redirects = { ssl_redirect: true, ssl_proxy_headers: HTTPS };

  test.each<[string, Settings, Record<string, string>, string, string | undefined]>([
    ['keeps path and query', redirects, { Host: 'shop.test' }, '/x?a=1&b=%2f', 'https://shop.test/x?a=1&b=%2f'],
    ['leaves the port out', redirects, { Host: 'shop.test:8080' }, '/x', 'https://shop.test/x'],
    ['knows IPv6', redirects, { Host: '[::1]:8080' }, '/x', 'https://[::1]/x'],
    [
      'goes to another host',
      { ...redirects, ssl_host: 'ssl.test:8443' },
      { Host: 'shop.test' },
      '/x',
      'https://ssl.test:8443/x',
    ],
    ['is not needed over HTTPS', redirects, { Host: 'shop.test', ...HTTPS }, '/x', undefined],
    [
      'is needed where the proxy says so',
      redirects,
      { Host: 'shop.test', 'X-Forwarded-Proto': 'http' },
      '/x',
      'https://shop.test/x',
    ],
    [
      'takes no host from the target',
      redirects,
      { Host: 'shop.test' },
      'http://attacker.test/x?b',
      'https://shop.test/x?b',
    ],
    [
      'takes the host that a proxy names',
      { ...redirects, host_proxy_headers: ['X-Forwarded-Host'] },
      { Host: '10.0.0.1', 'X-Forwarded-Host': 'shop.test' },
      '/x',
      'https://shop.test/x',
    ],
    ['is not made in development', { ...redirects, is_development: true }, { Host: 'shop.test' }, '/x', undefined],
  ])('%s', async (_title, settings, headers, url, location) => {
    const answer = await ask(settings, headers, { url });
    expect({ status: answer.status, location: answer.headers['location'] }).toEqual(
      location === undefined ? { status: 200, location } : { status: 301, location },
    );
    if (location !== undefined) expect(answer.trace).toEqual([]);
  });

  test('keeps method and body of what is no GET', async () => {
    const rest = { endpoints: [{ ...ENDPOINT, method: 'POST' as const }] };
    expect(await ask(redirects, { Host: 'shop.test' }, { method: 'POST', rest })).toMatchObject({
      status: 308,
      headers: { location: 'https://shop.test/x' },
    });
  });

  test.each([
    'a b',
    'shop.test/@attacker.test',
    'shop.test?',
    'user@shop.test',
    '',
    'shop.test, attacker.test',
    'shop.test\\x',
  ])('U05 is refused for a host that is none: %j', async (Host) => {
    const answer = await ask(redirects, { Host });
    expect(answer).toMatchObject({ status: 400, trace: [] });
    expect(answer.headers).not.toHaveProperty('location');
  });

  test('a preflight is answered, since browsers follow no redirect of one', async () => {
    const headers = { Host: 'shop.test', Origin: 'https://shop.test', 'Access-Control-Request-Method': 'GET' };
    const rest = { extra_config: { 'security/cors': {} } };
    expect(await ask(redirects, headers, { method: 'OPTIONS', rest })).toMatchObject({ status: 204 });
    const { Origin, Host } = headers;
    expect(await ask(redirects, { Origin, Host }, { rest })).toMatchObject({
      status: 301,
      headers: { 'access-control-allow-origin': '*' },
    });
  });
});

describe('in an app', () => {
  let wire: Wire | undefined;
  let gateway: ReturnType<typeof createGateway> | undefined;
  afterEach(async () => {
    await wire?.close();
    await gateway?.close();
    wire = undefined;
  });

  const config = (settings: GatewayConfig['extra_config']): GatewayConfig => ({
    extra_config: settings ?? {},
    endpoints: [{ endpoint: '/x', backend: [{ host: ['http://127.0.0.1:9'], url_pattern: '/' }] }],
  });
  const request = (...lines: string[]) =>
    `${['GET /api/x?a=1 HTTP/1.1', 'Host: shop.test', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`;

  test('the redirect has the path of the mount', async () => {
    gateway = createGateway(config({ 'security/http': { ssl_redirect: true } }));
    wire = await serve(express().use('/api', gateway) as RequestListener);
    const { status, headers } = parseAnswer(await wire.send(request()));
    expect({ status, location: headers['location'] }).toEqual({
      status: 301,
      location: ['https://shop.test/api/x?a=1'],
    });
  });

  test('a proxy that the app trusts is believed, any other is not', async () => {
    for (const [trusts, expected] of [
      [true, 500],
      [false, 301],
    ] as const) {
      gateway = createGateway(config({ 'security/http': { ssl_redirect: true } }));
      const app = express().set('trust proxy', trusts).use('/api', gateway);
      wire = await serve(app as RequestListener);
      const { status } = parseAnswer(await wire.send(request('X-Forwarded-Proto: https')));
      expect(status, String(trusts)).toBe(expected);
      await wire.close();
      await gateway.close();
    }
  });

  test('a policy of the app holds beside that of the gateway, other headers give way', async () => {
    gateway = createGateway(
      config({ 'security/http': { content_security_policy: "default-src 'none'", frame_deny: true } }),
    );
    const app = express();
    const helmet: RequestHandler = (_request, response, next) => {
      response.setHeader('Content-Security-Policy', "img-src 'self'");
      response.setHeader('X-Frame-Options', 'SAMEORIGIN');
      next();
    };
    app.use(helmet as never).use('/api', gateway);
    wire = await serve(app as RequestListener);
    const { headers } = parseAnswer(await wire.send(request()));
    expect(headers).toMatchObject({
      'content-security-policy': ["img-src 'self', default-src 'none'"],
      'x-frame-options': ['DENY'],
    });
  });

  test('a server with TLS needs no redirect, and sends STS', async () => {
    gateway = createGateway(config({ 'security/http': { ssl_redirect: true, sts_seconds: 60 } }));
    const [key, cert] = [
      read('__tests__/transport/fixtures/server.key'),
      read('__tests__/transport/fixtures/server.pem'),
    ];
    const server = createTlsServer({ key, cert }, gateway as RequestListener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = get({ port, host: '127.0.0.1', path: '/x', rejectUnauthorized: false, agent: false });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect({ status: answer.statusCode, sts: answer.headers['strict-transport-security'] }).toEqual({
      status: 500,
      sts: 'max-age=60',
    });
    await once(answer, 'end');
    server.close();
  });
});

test('what has no effect is warned about at start', () => {
  const warn = vi.fn();
  const settings = { ssl_certificate: 'a.pem', ssl_private_key: 'a.key', hpkp_public_key: 'pin', frame_deny: true };
  createTestGateway(withHttp(settings), { ...BACKENDS, logger: { debug() {}, info() {}, warn, error() {} } });
  expect(warn.mock.calls).toEqual([
    [{ at: expect.stringContaining('ssl_certificate') }, expect.stringContaining('https.createServer')],
    [{ at: expect.stringContaining('hpkp_public_key') }, expect.stringContaining('browsers ignore')],
  ]);
});

test('the name of 1.3 is taken', async () => {
  const config = {
    endpoints: [ENDPOINT],
    extra_config: { 'github_com/devopsfaith/krakend-httpsecure': { frame_deny: true } },
  };
  const answer = await createTestGateway(config as Config, BACKENDS).call({ url: '/x' });
  expect(answer.headers['x-frame-options']).toBe('DENY');
});
