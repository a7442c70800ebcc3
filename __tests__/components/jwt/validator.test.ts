import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { jwtValidator } from '../../../lib/components/jwt/validator.js';
import { createGateway } from '../../../lib/gateway.js';
import { createTestGateway, type TestGateway, type TestGatewayOptions } from '../../../lib/testing/index.js';
import { describeComponent } from '../../contracts/component.js';
import { componentScope } from '../../support/component-scope.js';
import { closeServer, createSigner, type KeyServer, listen, startKeyServer } from '../../support/jwt.js';
import { recordLogger } from '../../support/record-logger.js';
import { temporaryFile } from '../../support/temporary-file.js';

const signer = createSigner();
const LATER = 4_102_444_800;
const good = signer.token({ sub: 'u7', exp: LATER });
const local = temporaryFile('keys.json', JSON.stringify({ keys: [signer.jwk] }));

describeComponent({
  component: { ...jwtValidator, service: undefined } as unknown as typeof jwtValidator,
  valid: { alg: 'ES256', jwk_local_path: local },
  headers: { authorization: `Bearer ${good}` },
  invalid: [
    {},
    { alg: 'none', jwk_local_path: local },
    { alg: 'es256', jwk_local_path: local },
    { jwk_url: 'ftp://keys.test/' },
    { jwk_url: 'https://keys.test/', roles: 'admin' },
    { jwk_url: 'https://keys.test/', roles: [1] },
    { jwk_url: 'https://keys.test/', propagate_claims: [['sub']] },
    { jwk_url: 'https://keys.test/', propagate_claims: [['sub', 'X User']] },
    { jwk_url: 'https://keys.test/', leeway: 5 },
    { jwk_url: 'https://keys.test/', jwk_fingerprints: ['abc'] },
  ],
  scope: componentScope(),
});

let keys: KeyServer;
let gateways: TestGateway[];

beforeEach(async () => {
  keys = await startKeyServer(signer.jwk);
  gateways = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await keys.close();
});

type Options = Record<string, unknown>;
interface Setup extends Partial<TestGatewayOptions> {
  readonly endpoint?: Options;
  readonly root?: Options;
}

/** An endpoint behind a validator with the key server of the test. */
function open(options: Options = {}, { endpoint = {}, root = {}, ...rest }: Setup = {}): TestGateway {
  const validator = { alg: 'ES256', jwk_url: keys.url, disable_jwk_security: true, cache: true, ...options };
  const gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/x',
          extra_config: { 'auth/validator': validator },
          backend: [{ host: ['http://a'], url_pattern: '/a' }],
          ...endpoint,
        },
      ],
      ...root,
    } as Parameters<typeof createTestGateway>[0],
    { backends: { 'a/*': { a: 1 } }, ...rest },
  );
  gateways.push(gateway);
  return gateway;
}

function call(gateway: TestGateway, token?: string, init: { method?: string; headers?: Record<string, string> } = {}) {
  const headers = { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...init.headers };
  return gateway.call({ url: '/x', ...init, headers });
}

describe('a token', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES512', 'EdDSA', 'HS256'] as const)('signed by %s comes in', async (alg) => {
    const own = createSigner(alg);
    keys.serve({ body: JSON.stringify({ keys: [{ ...own.jwk, kid: 'other' }, own.jwk] }) });
    const gateway = open({ alg });
    expect(await call(gateway, own.token({ sub: 'u' }))).toMatchObject({ status: 200, body: { a: 1 } });
    expect(await call(gateway, createSigner(alg).token({ sub: 'u' }))).toMatchObject({ status: 401, trace: [] });
  });

  test('that is missing is 401 with an empty body and none of the headers of the gateway', async () => {
    const answer = await call(open());
    expect(answer).toMatchObject({ status: 401, text: '', trace: [] });
    expect(answer.headers).not.toHaveProperty('x-krakend-completed');
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });

  test('may be in a cookie or in a header of its own, and no other place counts', async () => {
    const gateway = open({ cookie_key: 'session', auth_header_name: 'X-Token' });
    for (const headers of [
      { Cookie: `a=b; session=${good}; c=d` },
      { 'X-Token': good },
      { 'x-token': `bearer ${good}` },
    ]) {
      expect(await call(gateway, undefined, { headers }), JSON.stringify(headers)).toMatchObject({ status: 200 });
    }
    for (const headers of [{ Cookie: `access_token=${good}` }, { Authorization: `Bearer ${good}` }]) {
      expect(await call(gateway, undefined, { headers })).toMatchObject({ status: 401 });
    }
    expect(await gateway.call({ url: `/x?access_token=${good}` })).toMatchObject({ status: 401 });
  });

  test('A06 of two that differ none counts', async () => {
    const other = signer.token({ sub: 'u8' });
    const headers = { Cookie: `access_token=${good}; access_token=${other}` };
    expect(await call(open(), undefined, { headers })).toMatchObject({ status: 401, trace: [] });
    expect(await call(open(), `${good}, Bearer ${other}`)).toMatchObject({ status: 401, trace: [] });
  });

  test('A05 is asked for whatever the method', async () => {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
    for (const method of methods) {
      const gateway = open({}, { endpoint: { method } });
      expect(await call(gateway, undefined, { method }), method).toMatchObject({ status: 401, trace: [] });
      for (const other of [...methods, 'OPTIONS', 'TRACE', 'get'].filter((name) => name !== method)) {
        expect((await call(gateway, undefined, { method: other })).trace, `${other} at ${method}`).toEqual([]);
      }
    }
  });

  test('A05 that is missing costs no token of a limit', async () => {
    const gateway = open(
      {},
      {
        endpoint: {
          extra_config: {
            'qos/ratelimit/router': { max_rate: 1 },
            'auth/validator': { alg: 'ES256', jwk_url: keys.url, disable_jwk_security: true },
          },
        },
      },
    );
    for (let count = 0; count < 5; count++) expect((await call(gateway)).status).toBe(401);
    expect((await call(gateway, good)).status).toBe(200);
    expect((await call(gateway, good)).status).toBe(503);
  });

  test('of the name of 1.3 with its spellings', async () => {
    const gateway = open(
      {},
      {
        endpoint: {
          extra_config: {
            'github.com/devopsfaith/krakend-jose/validator': {
              alg: 'ES256',
              'jwk-url': keys.url,
              disable_jwk_security: true,
              'propagate-claims': [['sub', 'X-User']],
            },
          },
          headers_to_pass: ['X-User'],
        },
      },
    );
    const { status, trace } = await call(gateway, good, { headers: { 'X-User': 'root' } });
    expect(status).toBe(200);
    expect(trace[0]?.calls[0]).toMatchObject({ headers: { 'x-user': 'u7' } });
  });
});

describe('claims', () => {
  test.each<[string, Options, Options, number]>([
    ['the issuer', { issuer: 'https://id' }, { iss: 'https://id' }, 200],
    ['another issuer', { issuer: 'https://id' }, { iss: 'https://id.evil' }, 401],
    ['no issuer', { issuer: 'https://id' }, {}, 401],
    ['one audience', { audience: ['shop'] }, { aud: 'shop' }, 200],
    ['each audience', { audience: ['shop', 'app'] }, { aud: ['app', 'other', 'shop'] }, 200],
    ['an audience too few', { audience: ['shop', 'app'] }, { aud: ['shop'] }, 401],
    ['a role', { roles: ['admin', 'user'] }, { roles: ['user'] }, 200],
    ['a role in a text', { roles: ['admin'] }, { roles: 'user admin' }, 200],
    ['no role', { roles: ['admin'] }, { sub: 'u' }, 403],
    ['another role', { roles: ['admin'] }, { roles: ['administrator'] }, 403],
    [
      'a nested role',
      { roles: ['a'], roles_key: 'realm.roles', roles_key_is_nested: true },
      { realm: { roles: ['a'] } },
      200,
    ],
    ['a nested role, not asked for', { roles: ['a'], roles_key: 'realm.roles' }, { realm: { roles: ['a'] } }, 403],
    [
      'a role under a URL',
      { roles: ['a'], roles_key: 'http://x.y/r', roles_key_is_nested: true },
      { 'http://x.y/r': 'a' },
      200,
    ],
    ['one scope', { scopes: ['r', 'w'], scopes_key: 'scope' }, { scope: 'x w' }, 200],
    ['all scopes', { scopes: ['r', 'w'], scopes_key: 'scope', scopes_matcher: 'all' }, { scope: ['w', 'r'] }, 200],
    ['a scope too few', { scopes: ['r', 'w'], scopes_key: 'scope', scopes_matcher: 'all' }, { scope: 'r' }, 403],
    ['nested scopes', { scopes: ['r'], scopes_key: 'data.scope' }, { data: { scope: 'r' } }, 200],
  ])('%s', async (_title, options, claims, status) => {
    const answer = await call(open(options), signer.token(claims));
    expect(answer.status).toBe(status);
    expect(answer.trace.length).toBe(status === 200 ? 1 : 0);
  });

  test('fill headers, in place of what the client sent, under whatever name', async () => {
    const gateway = open(
      {
        propagate_claims: [
          ['sub', 'X-User'],
          ['realm.role', 'X-Role'],
          ['missing', 'X-Admin'],
          ['list', 'X-List'],
        ],
      },
      { endpoint: { input_headers: ['*'] } },
    );
    const token = signer.token({ sub: 'u7', realm: { role: 'clerk' }, list: ['a', 'b'] });
    const headers = { 'X-User': 'root', x_user: 'root', 'X-Admin': 'yes', 'X-Other': 'stays' };
    const { trace } = await call(gateway, token, { headers });
    const sent = trace[0]?.calls[0]?.headers;
    expect(sent).toMatchObject({ 'x-user': 'u7', 'x-role': 'clerk', 'x-list': 'a,b', 'x-other': 'stays' });
    expect(sent).not.toHaveProperty('x_user');
    expect(sent).not.toHaveProperty('x-admin');
  });

  test('fill placeholders, also nested ones, and their digits stay', async () => {
    const gateway = open(
      {},
      {
        endpoint: {
          backend: [{ host: ['http://a'], url_pattern: '/u/{JWT.sub}/{JWT.realm.id}?n={JWT.n}&s={JWT.s}' }],
        },
      },
    );
    const token = signer.token('{"sub":"a b","realm":{"id":90071992547409931},"n":1.50,"s":true}');
    const { trace } = await call(gateway, token);
    expect(trace[0]?.calls[0]).toMatchObject({ url: 'http://a/u/a%20b/90071992547409931?n=1.5&s=true' });
  });

  test('that are missing, or could change a URL, keep a backend from being called', async () => {
    const gateway = open(
      {},
      {
        endpoint: { backend: [{ host: ['http://a'], url_pattern: '/u/{JWT.sub}' }] },
      },
    );
    for (const sub of [undefined, '../admin', 'a/b', 'a?b', '', null, 'a\r\nb']) {
      const { status, trace } = await call(gateway, signer.token({ sub }));
      expect([sub, status, trace.flatMap(({ calls }) => calls)]).toEqual([sub, 500, []]);
    }
  });

  test('reach functions as user', async () => {
    const seen: unknown[] = [];
    const gateway = open(
      {},
      {
        endpoint: {
          extra_config: {
            'auth/validator': { alg: 'ES256', jwk_url: keys.url, disable_jwk_security: true },
            'modifier/js': { request: 'look' },
          },
          backend: [{ host: ['http://a'], url_pattern: '/a', extra_config: { 'modifier/js': { request: 'look' } } }],
        },
        functions: {
          look: ({ user }: { user?: unknown }) => {
            seen.push(user);
          },
        },
      },
    );
    await call(gateway, good);
    expect(seen).toEqual([
      { sub: 'u7', exp: LATER },
      { sub: 'u7', exp: LATER },
    ]);
  });

  test('in a header tell clients apart for a limit, whatever the client says', async () => {
    const gateway = open(
      {},
      {
        endpoint: {
          extra_config: {
            'qos/ratelimit/router': { client_max_rate: 1, strategy: 'header', key: 'X-User' },
            'auth/validator': {
              alg: 'ES256',
              jwk_url: keys.url,
              disable_jwk_security: true,
              propagate_claims: [['sub', 'X-User']],
            },
          },
        },
      },
    );
    const statuses = [];
    for (const name of ['a', 'b', 'c'])
      statuses.push((await call(gateway, good, { headers: { 'X-User': name } })).status);
    expect(statuses).toEqual([200, 429, 429]);
    expect((await call(gateway, signer.token({ sub: 'u8' }))).status).toBe(200);
  });

  test('in a header keep an answer out of a cache for all', async () => {
    let asked = 0;
    const backend = {
      host: ['http://a'],
      url_pattern: '/a',
      extra_config: { 'qos/http-cache': {} },
    };
    const gateway = open(
      { propagate_claims: [['sub', 'X-User']] },
      {
        endpoint: { input_headers: ['X-User'], backend: [backend] },
        backends: {
          'a/a': ({ headers }: { headers: Record<string, unknown> }) => {
            asked += 1;
            return { for: headers['x-user'] };
          },
        },
      },
    );
    expect((await call(gateway, good)).body).toEqual({ for: 'u7' });
    expect((await call(gateway, signer.token({ sub: 'u8' }))).body).toEqual({ for: 'u8' });
    expect(asked).toBe(2);
  });
});

describe('WWW-Authenticate', () => {
  test('says by option what is wrong', async () => {
    const gateway = open({ www_authenticate: true, scopes: ['r', 'w'], scopes_key: 'scope' });
    const challenge = async (token?: string) => (await call(gateway, token)).headers['www-authenticate'];
    expect(await challenge()).toBe('Bearer');
    expect(await challenge('x')).toBe('Bearer error="invalid_token"');
    expect(await challenge(signer.token({ exp: 1 }))).toBe('Bearer error="invalid_token"');
    expect(await challenge(good)).toBe('Bearer error="insufficient_scope", scope="r w"');
  });
});

describe('keys', () => {
  test('A03 of a server that is down at start are waited for, and then it heals', async () => {
    keys.serve({ status: 500 });
    const gateway = open();
    await expect(gateway.ready()).rejects.toThrow('endpoints[0]');
    expect(await call(gateway, good)).toMatchObject({
      status: 503,
      text: '',
      headers: { 'retry-after': '1' },
      trace: [],
    });
    keys.serve({ body: JSON.stringify({ keys: [signer.jwk] }) });
    await vi.waitFor(async () => expect((await call(gateway, good)).status).toBe(200), {
      timeout: 5_000,
      interval: 100,
    });
    await gateway.ready();
  });

  test('A03 of a server that never answers are no reason to hold requests up to their deadline', async () => {
    keys.serve({ hangs: true });
    const gateway = open({}, { endpoint: { timeout: '200ms' } });
    expect((await call(gateway, good)).status).toBe(503);
  });

  test('A03 are downloaded once for all that wait, for all endpoints', async () => {
    const gateway = open(
      {},
      {
        root: {
          endpoints: ['/x', '/y'].map((endpoint) => ({
            endpoint,
            extra_config: { 'auth/validator': { alg: 'ES256', jwk_url: keys.url, disable_jwk_security: true } },
            backend: [{ host: ['http://a'], url_pattern: '/a' }],
          })),
        },
      },
    );
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        gateway.call({
          url: index % 2 ? '/x' : '/y',
          headers: { Authorization: `Bearer ${signer.token({ sub: `u${index}` })}` },
        }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(keys.downloads).toBe(1);
  });

  test('A03 of 1,000 unknown ids are one download', async () => {
    const gateway = open();
    await call(gateway, good);
    for (let index = 0; index < 1_000; index++) {
      const token = signer.token({ sub: 'u' }, { kid: `k${index}-${Math.random()}` });
      expect((await call(gateway, token)).status).toBe(401);
    }
    expect(keys.downloads).toBe(1);
  });

  test('are shared by both names of an endpoint, and by a reload', async () => {
    const gateway = open();
    await call(gateway, good);
    gateway.reload({
      endpoints: [
        {
          endpoint: '/x',
          extra_config: { 'auth/validator': { alg: 'ES256', jwk_url: keys.url, disable_jwk_security: true } },
          backend: [{ host: ['http://a'], url_pattern: '/a' }],
        },
      ],
    });
    expect((await call(gateway, good)).status).toBe(200);
    expect(keys.downloads).toBe(1);
  });

  test('A09 that are exchanged take their tokens with them', async () => {
    const next = createSigner('ES256', 'k2');
    const gateway = open({ failed_jwk_key_cooldown: '1ms' });
    expect((await call(gateway, good)).status).toBe(200);
    keys.serve({ body: JSON.stringify({ keys: [next.jwk] }) });
    expect((await call(gateway, good)).status).toBe(200);
    expect((await call(gateway, next.token({ sub: 'u7' }))).status).toBe(200);
    expect((await call(gateway, good)).status).toBe(401);
  });

  test('A09 tokens end at exp although they are remembered', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
    const gateway = open();
    const token = signer.token({ sub: 'u7', exp: 1_700_000_060 });
    expect((await call(gateway, token)).status).toBe(200);
    vi.setSystemTime(1_700_000_060_999);
    expect((await call(gateway, token)).status).toBe(200);
    vi.setSystemTime(1_700_000_061_000);
    expect((await call(gateway, token)).status).toBe(401);
  });

  test('of a file need no server', async () => {
    const gateway = open({ jwk_url: '', jwk_local_path: local, disable_jwk_security: false });
    await gateway.ready();
    expect((await call(gateway, good)).status).toBe(200);
    expect(keys.downloads).toBe(0);
  });
});

describe('a remembered token', () => {
  test('is decided on at once, without a promise', async () => {
    const scope = componentScope();
    const options = { ...validatorOptions(), jwk_local_path: local, alg: 'ES256' as const };
    const admit = jwtValidator.admit(options, scope);
    const head = headWith(good);
    const first = admit?.(head);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toMatchObject({ head: { user: { sub: 'u7' } } });
    expect(admit?.(head)).not.toBeInstanceOf(Promise);
    expect(admit?.(head)).toMatchObject({ head: { user: { sub: 'u7' } } });
  });
});

function validatorOptions() {
  return jwtValidator.schema.parse({});
}

function headWith(token: string) {
  return {
    method: 'GET',
    path: '/x',
    params: {},
    query: [],
    headers: {},
    signal: new AbortController().signal,
    client: { ip: '192.0.2.1', headers: { authorization: `Bearer ${token}` } },
  };
}

describe('over real servers', () => {
  test('A07 with keys over HTTPS; a token of a megabyte is no more than a bad one', async () => {
    const fixture = (name: string) => fileURLToPath(new URL(`../../transport/fixtures/${name}`, import.meta.url));
    const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(fixture(name)));
    const keyServer = createSecureServer({ key, cert }, (_request, response) => {
      response.end(JSON.stringify({ keys: [signer.jwk] }));
    });
    let calls = 0;
    const backend = createServer((_request, response) => {
      calls += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}');
    });
    const [keyPort, backendPort] = [await listen(keyServer), await listen(backend)];
    const gateway = createGateway({
      endpoints: [
        {
          endpoint: '/x',
          extra_config: {
            'auth/validator': {
              alg: 'ES256',
              jwk_url: `https://127.0.0.1:${keyPort}/keys`,
              jwk_local_ca: fixture('ca.pem'),
            },
          },
          backend: [{ host: [`http://127.0.0.1:${backendPort}`], url_pattern: '/a' }],
        },
      ],
    });
    const server = createServer({ maxHeaderSize: 4 * 1024 * 1024 }, express().use(gateway));
    const url = `http://127.0.0.1:${await listen(server)}/x`;
    const ask = async (token: string) => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      return [answer.status, await answer.text()];
    };
    await gateway.ready();
    expect(await ask(good)).toEqual([200, '{"a":1}']);
    expect(await ask(good)).toEqual([200, '{"a":1}']);
    expect(await ask(`${good}${'x'.repeat(1024 * 1024)}`)).toEqual([401, '']);
    expect(calls).toBe(2);
    await gateway.close();
    await Promise.all([keyServer, backend, server].map(closeServer));
  });
});

describe('the log', () => {
  test('A06 has neither tokens nor keys in it, whatever happens', async () => {
    const { logger, lines } = recordLogger();
    const secret = createSigner('HS256');
    const leaky = `{"keys":[${JSON.stringify(secret.jwk)}`;
    keys.serve({ body: leaky });
    const gateway = open({ alg: 'HS256', operation_debug: true }, { logger });
    const tokens = [secret.token({ sub: 'canary' }), `${good}x`, 'canary'];
    for (const token of tokens) await call(gateway, token);
    const text = JSON.stringify(lines);
    expect(lines.length).toBeGreaterThan(2);
    for (const token of tokens) expect(text).not.toContain(token);
    expect(text).not.toContain(secret.jwk.k);
  });

  test('says by option why tokens are refused', async () => {
    const { logger, lines } = recordLogger();
    await call(open({ operation_debug: true }, { logger }), signer.token({ exp: 1 }));
    expect(lines).toContainEqual({
      level: 'info',
      fields: { endpoint: 'GET /x', reason: 'The token has expired, or is not good yet' },
      message: 'a token was refused',
    });
  });

  test('warns at start of what is open', () => {
    const { logger, lines } = recordLogger();
    open({ propagate_claims: [['sub', 'X-User']] }, { logger, endpoint: { cache_ttl: '1m' } });
    const warnings = lines.flatMap(({ level, fields }) => (level === 'warn' ? [(fields as { at?: string }).at] : []));
    const own = 'endpoints[0].extra_config["auth/validator"]';
    expect(warnings.sort()).toEqual([`endpoints[0].cache_ttl`, `${own}.jwk_url`, `${own}.propagate_claims[0]`]);
  });
});

describe('at service level', () => {
  test('a shared duration counts for endpoints that keep keys', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const gateway = open({}, { root: { extra_config: { 'auth/validator': { shared_cache_duration: 10 } } } });
    await call(gateway, good);
    vi.advanceTimersByTime(7_000);
    await call(gateway, good);
    expect(keys.downloads).toBe(1);
    vi.advanceTimersByTime(4_000);
    await call(gateway, good);
    expect(keys.downloads).toBe(2);
  });

  test('it stands alone, and nothing else stands there', () => {
    const root = (options: Options) => () => open({}, { root: { extra_config: { 'auth/validator': options } } });
    expect(root({ shared_cache_duration: 10 })).not.toThrow();
    expect(root({})).toThrow('extra_config["auth/validator"]: only takes "shared_cache_duration" here');
    expect(root({ jwk_url: 'https://x.test', roles: ['a'] })).toThrow(
      /\.jwk_url.*belongs to the "auth\/validator" of an end/,
    );
  });
});
