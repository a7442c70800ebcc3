import { describe, expect, test, vi } from 'vitest';
import { cors } from '../../../lib/components/cors/cors.js';
import type { Logger } from '../../../lib/logger.js';
import { createTestGateway, reply, type TestGatewayOptions } from '../../../lib/testing/index.js';
import { describeComponent } from '../../contracts/component.js';
import { componentScope } from '../../support/component-scope.js';

describeComponent({
  component: cors,
  valid: { allow_origins: ['https://shop.test'], max_age: '1h' },
  invalid: [
    { allow_origins: ['https://*.*.test'] },
    { allow_origins: [''] },
    { allow_origins: ['https://a.test, https://b.test'] },
    { allow_origins: [7] },
    { allow_methods: ['GET POST'] },
    { allow_headers: ['a b'] },
    { expose_headers: ['a\r\nb'] },
    { max_age: '1 day' },
    { max_age: 3600 },
    { allow_credentials: 'perhaps' },
    { options_success_status: 302 },
  ],
  scope: componentScope(),
});

type Settings = Record<string, unknown>;
type Config = Parameters<typeof createTestGateway>[0];

const SHOP = 'https://shop.test';
const NAMED = { allow_origins: [SHOP] };
const ENDPOINT = { endpoint: '/x', backend: [{ host: ['http://a'], url_pattern: '/a' }] };
const BACKENDS: TestGatewayOptions = { backends: { 'a/a': { a: 1 } } };

function withCors(settings: Settings, rest: Partial<Config> = {}): Config {
  return { endpoints: [ENDPOINT], ...rest, extra_config: { 'security/cors': settings, ...rest.extra_config } };
}

/** What a page is told of CORS. */
function told(headers: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  );
}

const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

async function preflight(settings: Settings, headers: Record<string, string> = {}, options = BACKENDS) {
  const gateway = createTestGateway(withCors(settings), options);
  const answer = await gateway.call({
    method: 'OPTIONS',
    url: '/x',
    headers: { Origin: SHOP, 'Access-Control-Request-Method': 'GET', ...headers },
  });
  return { ...answer, told: told(answer.headers) };
}

async function request(settings: Settings, headers: Record<string, string> = { Origin: SHOP }) {
  const { headers: answered, status } = await createTestGateway(withCors(settings), BACKENDS).call({
    url: '/x',
    headers,
  });
  return { status, told: told(answered) };
}

describe('a preflight', () => {
  test('of an allowed page is answered with what it asked for', async () => {
    const answer = await preflight(
      { ...NAMED, allow_headers: ['Authorization', 'content-type'], max_age: '12h', allow_credentials: true },
      { 'Access-Control-Request-Headers': 'authorization, Content-Type, origin' },
    );
    expect(answer).toMatchObject({ status: 204, text: '', trace: [] });
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(answer.headers).not.toHaveProperty('x-krakend-completed');
    expect(answer.told).toEqual({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'authorization, Content-Type, origin',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '43200',
      vary: PREFLIGHT_VARY,
    });
  });

  test('without options: any origin, any header, the three usual methods', async () => {
    expect((await preflight({}, { 'Access-Control-Request-Headers': 'x-any' })).told).toEqual({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'x-any',
      vary: PREFLIGHT_VARY,
    });
  });

  test.each<[string, Settings, Record<string, string>]>([
    ['another origin', NAMED, { Origin: 'https://attacker.test' }],
    ['the origin "null"', NAMED, { Origin: 'null' }],
    ['an empty origin', NAMED, { Origin: '' }],
    ['a header that is not allowed', { allow_headers: ['X-A'] }, { 'Access-Control-Request-Headers': 'x-a, x-b' }],
    ['what is no name of a header', {}, { 'Access-Control-Request-Headers': 'x-a, (b)' }],
    ['an empty name', {}, { 'Access-Control-Request-Headers': 'x-a,,x-b' }],
    ['headers where 1.3 says nothing of them', { allow_headers: [] }, { 'Access-Control-Request-Headers': 'x-a' }],
  ])('of %s gets the same status, and nothing is allowed', async (_title, settings, headers) => {
    expect(await preflight(settings, headers)).toMatchObject({
      status: 204,
      told: { vary: PREFLIGHT_VARY },
      trace: [],
    });
    expect(Object.keys((await preflight(settings, headers)).told)).toEqual(['vary']);
  });

  test('for a method that is not in the list is not allowed, in any other case of letters it is', async () => {
    const endpoints = [{ ...ENDPOINT, method: 'DELETE' }];
    const headers = { Origin: SHOP, 'Access-Control-Request-Method': 'DELETE' };
    for (const [methods, isAllowed] of [
      [undefined, false],
      [['GET'], false],
      [['delete'], true],
      [['*'], true],
    ] as const) {
      const settings = methods ? { allow_methods: [...methods] } : {};
      const gateway = createTestGateway(withCors(settings, { endpoints } as Partial<Config>), BACKENDS);
      const answer = await gateway.call({ method: 'OPTIONS', url: '/x', headers });
      expect(answer).toMatchObject({ status: 204, matched: true });
      expect('access-control-allow-origin' in answer.headers, String(methods)).toBe(isAllowed);
    }
  });

  test('has the status that is configured', async () => {
    const { status, headers } = await preflight({ options_success_status: 200 });
    expect({ status, length: headers['content-length'] }).toEqual({ status: 200, length: '0' });
  });

  test('asks for a private network where that is allowed', async () => {
    const asked = { 'Access-Control-Request-Private-Network': 'true' };
    expect((await preflight({}, asked)).told).not.toHaveProperty('access-control-allow-private-network');
    const { told: answered } = await preflight({ allow_private_network: true }, asked);
    expect(answered).toMatchObject({ 'access-control-allow-private-network': 'true' });
    expect(answered['vary']).toContain('Access-Control-Request-Private-Network');
    expect((await preflight({ allow_private_network: true })).told).not.toHaveProperty(
      'access-control-allow-private-network',
    );
  });

  test('is answered before every guard and limit, and spends nothing of them', async () => {
    const extra_config = {
      'security/bot-detector': { empty_user_agent_is_bot: true },
      'qos/ratelimit/service': { max_rate: 1, every: '1h' as const },
    };
    const endpoint = { ...ENDPOINT, extra_config: { 'qos/ratelimit/router': { max_rate: 1, every: '1h' as const } } };
    const gateway = createTestGateway(
      { extra_config: { ...extra_config, 'security/cors': NAMED }, endpoints: [endpoint] },
      BACKENDS,
    );
    const headers = { Origin: SHOP, 'Access-Control-Request-Method': 'GET' };
    for (let round = 0; round < 5; round++) {
      const { status, headers: answered } = await gateway.call({ method: 'OPTIONS', url: '/x', headers });
      expect(status).toBe(204);
      expect(answered['access-control-allow-origin']).toBe(SHOP);
    }
    const ask = () => gateway.call({ url: '/x', headers: { Origin: SHOP, 'User-Agent': 'browser/1' } });
    expect((await ask()).status).toBe(200);
    const limited = await ask();
    expect(limited).toMatchObject({ status: 503, headers: { 'access-control-allow-origin': SHOP, vary: 'Origin' } });
  });

  test('is left to what else serves OPTIONS with options_passthrough, with its headers', async () => {
    const config = withCors({ ...NAMED, options_passthrough: true }, {
      endpoints: [ENDPOINT, { ...ENDPOINT, method: 'OPTIONS' }],
    } as Partial<Config>);
    const gateway = createTestGateway(config, BACKENDS);
    const headers = { Origin: SHOP, 'Access-Control-Request-Method': 'GET' };
    const answer = await gateway.call({ method: 'OPTIONS', url: '/x', headers });
    expect(answer).toMatchObject({ status: 200, body: { a: 1 } });
    expect(told(answer.headers)).toEqual({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'GET',
      vary: PREFLIGHT_VARY,
    });
  });

  test('wins over an endpoint for OPTIONS; what is no preflight reaches it', async () => {
    const endpoints = [ENDPOINT, { ...ENDPOINT, method: 'OPTIONS' }];
    const gateway = createTestGateway(withCors({}, { endpoints } as Partial<Config>), BACKENDS);
    const headers = { Origin: SHOP };
    expect(
      await gateway.call({
        method: 'OPTIONS',
        url: '/x',
        headers: { ...headers, 'Access-Control-Request-Method': 'GET' },
      }),
    ).toMatchObject({ status: 204 });
    expect(await gateway.call({ method: 'OPTIONS', url: '/x', headers })).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': '*' },
    });
  });

  test('debug says why a page was not allowed', async () => {
    const debug = vi.fn();
    const logger = { debug, info() {}, warn() {}, error() {} } satisfies Logger;
    await preflight({ ...NAMED, debug: true }, { Origin: 'https://other.test' }, { ...BACKENDS, logger });
    expect(debug).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ origin: 'https://other.test', method: 'GET' }),
      'CORS: the origin is not allowed',
    );
    debug.mockClear();
    await preflight(NAMED, { Origin: 'https://other.test' }, { ...BACKENDS, logger });
    expect(debug).not.toHaveBeenCalled();
  });
});

describe.each([
  ['auto_options is off, and the app comes after', {}, {}, { known: 204, unknown: 'app' }],
  ['auto_options is on, and the app comes after', { auto_options: true }, {}, { known: 204, unknown: 'app' }],
  ['auto_options is off, and nothing comes after', {}, { fallthrough: false }, { known: 204, unknown: 204 }],
  [
    'auto_options is on, and nothing comes after',
    { auto_options: true },
    { fallthrough: false },
    { known: 204, unknown: 204 },
  ],
] as const)('%s:', (_title, router, options, { known, unknown }) => {
  const gateway = createTestGateway(withCors(NAMED, { extra_config: { router } }), { ...BACKENDS, ...options });
  async function ask(url: string, method: string) {
    const headers = { Origin: SHOP, 'Access-Control-Request-Method': method };
    const { status, matched, headers: answered } = await gateway.call({ method: 'OPTIONS', url, headers });
    return matched ? { status, ...told(answered) } : 'app';
  }

  test('a preflight for an endpoint is answered', async () => {
    expect(await ask('/x', 'GET')).toMatchObject({ status: known, 'access-control-allow-origin': SHOP });
  });

  test('a preflight for an unknown path belongs to what comes after', async () => {
    const answer = await ask('/unknown', 'GET');
    if (unknown === 'app') expect(answer).toBe('app');
    else expect(answer).toMatchObject({ status: unknown, 'access-control-allow-origin': SHOP });
  });

  test('a preflight for another method of a known path goes where that request would go', async () => {
    const isPassedOn = unknown === 'app' && !('auto_options' in router);
    if (isPassedOn) expect(await ask('/x', 'POST')).toBe('app');
    else expect(await ask('/x', 'POST')).toMatchObject({ status: 204, 'access-control-allow-methods': 'POST' });
  });

  test('OPTIONS that is no preflight is what it was', async () => {
    const answer = await gateway.call({ method: 'OPTIONS', url: '/x', headers: { Origin: SHOP } });
    if ('auto_options' in router) {
      expect(answer).toMatchObject({ status: 200, headers: { allow: 'GET', 'access-control-allow-origin': SHOP } });
    } else if (unknown === 'app') expect(answer).toMatchObject({ matched: false });
    else expect(answer).toMatchObject({ status: 405, headers: { 'access-control-allow-origin': SHOP } });
  });
});

describe('a request', () => {
  test.each<[string, Settings, Record<string, string>, Record<string, string>]>([
    ['of an allowed page', NAMED, { Origin: SHOP }, { 'access-control-allow-origin': SHOP, vary: 'Origin' }],
    ['of any page', {}, { Origin: SHOP }, { 'access-control-allow-origin': '*', vary: 'Origin' }],
    ['of another page is served', NAMED, { Origin: 'https://other.test' }, { vary: 'Origin' }],
    ['of no page is served', NAMED, {}, { vary: 'Origin' }],
    ['of no page where any page is allowed', {}, {}, { vary: 'Origin' }],
    ['with a method that is not allowed is served', { allow_methods: ['POST'] }, { Origin: SHOP }, { vary: 'Origin' }],
    [
      'shows what may be read',
      { ...NAMED, expose_headers: ['X-A', 'X-B'], allow_credentials: true },
      { Origin: SHOP },
      {
        'access-control-allow-origin': SHOP,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'X-A, X-B',
        vary: 'Origin',
      },
    ],
    [
      'A05 "*" with credentials is sent as it is, the origin is not repeated',
      { allow_credentials: true },
      { Origin: 'https://attacker.test' },
      { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', vary: 'Origin' },
    ],
    [
      'A05 the same where "*" stands beside names',
      { allow_origins: [SHOP, '*'], allow_credentials: true },
      { Origin: SHOP },
      { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', vary: 'Origin' },
    ],
    [
      'A05 the same for an empty list, which means all',
      { allow_origins: [], allow_credentials: true },
      { Origin: SHOP },
      { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', vary: 'Origin' },
    ],
  ])('%s', async (_title, settings, headers, expected) => {
    expect(await request(settings, headers)).toEqual({ status: 200, told: expected });
  });
});

describe('errors can be read by a page:', () => {
  const headers = { Origin: SHOP };
  const readable = { 'access-control-allow-origin': SHOP, vary: 'Origin' };

  test.each<[string, Partial<Config>, TestGatewayOptions, { url: string; method?: string; body?: string }, number]>([
    ['404', {}, { ...BACKENDS, fallthrough: false }, { url: '/unknown' }, 404],
    ['405', {}, { ...BACKENDS, fallthrough: false }, { url: '/x', method: 'POST' }, 405],
    [
      '400 of a wrong request',
      { endpoints: [{ ...ENDPOINT, endpoint: '/x/{id}', backend: [{ host: ['http://a'], url_pattern: '/{id}' }] }] },
      BACKENDS,
      { url: '/x/..%2f' },
      400,
    ],
    [
      '413',
      { endpoints: [{ ...ENDPOINT, method: 'POST', max_request_body: 3 }] } as Partial<Config>,
      BACKENDS,
      { url: '/x', method: 'POST', body: 'too long' },
      413,
    ],
    ['500 of a backend', {}, { backends: { 'a/a': reply({ status: 500 }) } }, { url: '/x' }, 500],
    ['502 of a backend', {}, { backends: { 'a/a': reply({ status: 500 }) }, statuses: 'http' }, { url: '/x' }, 502],
    [
      '403 of a guard',
      { extra_config: { 'security/bot-detector': { empty_user_agent_is_bot: true } } },
      BACKENDS,
      { url: '/x' },
      403,
    ],
    [
      '403 of a guard at the endpoint',
      { endpoints: [{ ...ENDPOINT, extra_config: { 'security/bot-detector': { empty_user_agent_is_bot: true } } }] },
      BACKENDS,
      { url: '/x' },
      403,
    ],
  ])('%s', async (_title, rest, options, asked, status) => {
    const answer = await createTestGateway(withCors(NAMED, rest), options).call({ ...asked, headers });
    expect(answer).toMatchObject({ status, matched: true });
    expect(told(answer.headers)).toEqual(readable);
  });

  test('429 of a limit, at both levels', async () => {
    const limit = { client_max_rate: 1, strategy: 'ip', every: '1h' } as const;
    for (const config of [
      withCors(NAMED, { extra_config: { 'qos/ratelimit/service': limit } }),
      withCors(NAMED, { endpoints: [{ ...ENDPOINT, extra_config: { 'qos/ratelimit/router': limit } }] }),
    ]) {
      const gateway = createTestGateway(config, BACKENDS);
      expect((await gateway.call({ url: '/x', headers })).status).toBe(200);
      const answer = await gateway.call({ url: '/x', headers });
      expect(answer.status).toBe(429);
      expect(told(answer.headers)).toEqual(readable);
    }
  });

  test('503 of a gateway that closes, and of one that is full', async () => {
    const gateway = createTestGateway(withCors(NAMED), BACKENDS);
    await gateway.close();
    const answer = await gateway.call({ url: '/x', headers });
    expect(answer.status).toBe(503);
    expect(told(answer.headers)).toEqual(readable);

    const full = createTestGateway(withCors(NAMED, { max_in_flight_requests: 1 } as Partial<Config>), {
      backends: { 'a/a': reply({ body: {}, delay: 50 }) },
    });
    const answers = await Promise.all([full.call({ url: '/x', headers }), full.call({ url: '/x', headers })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    for (const { headers: answered } of answers) expect(told(answered)).toEqual(readable);
  });

  test('the gateway’s own routes can be read as well', async () => {
    const answer = await createTestGateway(withCors(NAMED), BACKENDS).call({ url: '/__health', headers });
    expect(answer.status).toBe(200);
    expect(told(answer.headers)).toEqual(readable);
  });
});

describe('what the app answers is not touched:', () => {
  const gateway = createTestGateway(withCors({}), BACKENDS);

  test.each([
    ['an unknown path', '/unknown', 'GET'],
    ['another method of a known path', '/x', 'POST'],
  ])('%s', async (_title, url, method) => {
    const answer = await gateway.call({ url, method, headers: { Origin: SHOP } });
    expect(answer).toMatchObject({ matched: false });
    expect(told(answer.headers)).toEqual({});
  });
});

describe('beside the CORS headers of a backend', () => {
  const own = {
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'X-Backend',
    'access-control-max-age': '7',
    vary: 'Origin, Accept',
    'x-kept': '1',
  };
  const backends = { 'a/a': reply({ headers: own, body: '{}' }) };

  test.each([
    ['no-op', { ...ENDPOINT, output_encoding: 'no-op' }],
    ['output_headers', { ...ENDPOINT, backend: [{ ...ENDPOINT.backend[0], output_headers: Object.keys(own) }] }],
  ])('%s: the gateway’s are alone, and Vary is joined', async (title, endpoint) => {
    const stubs = title === 'no-op' ? backends : { 'a/a': reply({ headers: own, body: { a: 1 } }) };
    const config = withCors({ ...NAMED, expose_headers: ['X-A'] }, { endpoints: [endpoint] } as Partial<Config>);
    const gateway = createTestGateway(config, { backends: stubs });

    const allowed = await gateway.call({ url: '/x', headers: { Origin: SHOP } });
    expect(allowed.headers['x-kept']).toBe('1');
    expect(told(allowed.headers)).toEqual({
      'access-control-allow-origin': SHOP,
      'access-control-expose-headers': 'X-A',
      vary: 'Origin, Accept',
    });

    const other = await gateway.call({ url: '/x', headers: { Origin: 'https://other.test' } });
    expect(told(other.headers)).toEqual({ vary: 'Origin, Accept' });
  });

  test('without security/cors they pass as before', async () => {
    const gateway = createTestGateway({ endpoints: [{ ...ENDPOINT, output_encoding: 'no-op' }] }, { backends });
    const answer = await gateway.call({ url: '/x', headers: { Origin: SHOP } });
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-max-age': '7' });
  });
});

describe('an endpoint’s own', () => {
  const own = (settings: Settings, path = '/own') => ({
    ...ENDPOINT,
    endpoint: path,
    extra_config: { 'security/cors': settings },
  });
  const ask = (gateway: ReturnType<typeof createTestGateway>, url: string, origin = SHOP) =>
    gateway.call({ url, headers: { Origin: origin } }).then(({ headers }) => headers['access-control-allow-origin']);
  const askFirst = async (gateway: ReturnType<typeof createTestGateway>, url: string, method = 'GET') => {
    const headers = { Origin: SHOP, 'Access-Control-Request-Method': method };
    const answer = await gateway.call({ method: 'OPTIONS', url, headers });
    return answer.matched ? (answer.headers['access-control-allow-origin'] ?? answer.status) : 'app';
  };

  test('takes the place of the gateway’s, for preflights too', async () => {
    const gateway = createTestGateway(
      withCors(
        { allow_origins: ['https://other.test'], allow_credentials: true },
        { endpoints: [ENDPOINT, own(NAMED)] },
      ),
      BACKENDS,
    );
    expect(await ask(gateway, '/own')).toBe(SHOP);
    expect(await ask(gateway, '/own', 'https://other.test')).toBeUndefined();
    expect(await ask(gateway, '/x')).toBeUndefined();
    expect(await ask(gateway, '/x', 'https://other.test')).toBe('https://other.test');
    expect(await askFirst(gateway, '/own')).toBe(SHOP);
    expect(await askFirst(gateway, '/x')).toBe(204);
  });

  test('holds where the gateway has none, and for no other endpoint', async () => {
    const gateway = createTestGateway({ endpoints: [ENDPOINT, own(NAMED)] }, BACKENDS);
    expect(await ask(gateway, '/own')).toBe(SHOP);
    expect(await ask(gateway, '/x')).toBeUndefined();
    expect(await askFirst(gateway, '/own')).toBe(SHOP);
    expect(await askFirst(gateway, '/x')).toBe('app');
    expect(await askFirst(gateway, '/unknown')).toBe('app');
  });

  test('holds for its method alone', async () => {
    const open = { ...own({}), method: 'POST' } as const;
    const gateway = createTestGateway({ endpoints: [own(NAMED), open] }, BACKENDS);
    expect(await askFirst(gateway, '/own', 'GET')).toBe(SHOP);
    expect(await askFirst(gateway, '/own', 'POST')).toBe('*');
  });

  test('holds for paths with params and for wildcards', async () => {
    const gateway = createTestGateway({ endpoints: [own(NAMED, '/p/{id}'), own({}, '/w/*')] }, BACKENDS);
    expect(await askFirst(gateway, '/p/7')).toBe(SHOP);
    expect(await askFirst(gateway, '/w/a/b')).toBe('*');
    expect(await askFirst(gateway, '/p/7/8')).toBe('app');
  });
});

describe('at start', () => {
  function warningsOf(config: Config): unknown[] {
    const warn = vi.fn();
    createTestGateway(config, { ...BACKENDS, logger: { debug() {}, info() {}, warn, error() {} } });
    return warn.mock.calls;
  }
  const at = 'extra_config["security/cors"]';

  test('A05 "*" with credentials is warned about, with the cure', () => {
    expect(warningsOf(withCors({ allow_origins: ['*'], allow_credentials: true }))).toEqual([
      [{ at: `${at}.allow_credentials` }, expect.stringContaining('Name the origins in "allow_origins"')],
    ]);
  });

  test('A05 so are patterns that let in hosts of others, once for all endpoints', () => {
    const extra_config = { 'security/cors': { allow_origins: ['https://*shop.test'] } };
    const endpoints = ['/a', '/b'].map((endpoint) => ({ ...ENDPOINT, endpoint, extra_config }));
    const warnings = warningsOf({ endpoints });
    expect(warnings).toHaveLength(1);
    expect(warnings).toEqual([
      [
        { at: expect.stringContaining('endpoints[1].extra_config["security/cors"].allow_origins[0]') },
        expect.stringContaining('"https://*shop.test" allows hosts of other owners too'),
      ],
    ]);
  });

  test('so is an empty list of origins', () => {
    expect(warningsOf(withCors({ allow_origins: [] }))).toEqual([
      [{ at: `${at}.allow_origins` }, expect.stringContaining('allows every origin')],
    ]);
  });

  test('what is sound is not', () => {
    expect(warningsOf(withCors({ allow_origins: [SHOP, 'https://*.shop.test'], allow_credentials: true }))).toEqual([]);
  });

  test('the name of 1.3 is taken, and its keys', async () => {
    const config = { endpoints: [ENDPOINT], extra_config: { 'github_com/devopsfaith/krakend-cors': NAMED } };
    const answer = await createTestGateway(config as Config, BACKENDS).call({ url: '/x', headers: { Origin: SHOP } });
    expect(answer.headers['access-control-allow-origin']).toBe(SHOP);
  });
});
