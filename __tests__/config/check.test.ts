import { describe, expect, test } from 'vitest';
import type { Vocabulary } from '../../lib/config/parse.js';
import { issuesOf, parse, pathsOf, withBackends, withEndpoint } from './support/parse.js';

function endpoints(...routes: readonly (readonly [method: string, endpoint: string])[]): object {
  return { host: ['http://a'], endpoints: routes.map(([method, endpoint]) => ({ method, endpoint, backend: [{}] })) };
}

describe('routes', () => {
  test.each([
    ['/a', '/a'],
    ['/a', 'a'],
    ['/a/{x}', '/a/{y}'],
    ['/{a}/x', '/{b}/x'],
    ['/a/*', '/a/*'],
    ['/caf%C3%A9', '/café'],
    ['/a', '/%61'],
  ])('G01 %s and %s are one route, and both are named', (one, other) => {
    const [issue, ...others] = issuesOf(endpoints(['GET', one], ['get', other]));
    expect(others).toEqual([]);
    expect(issue?.path).toBe('endpoints[1].endpoint');
    expect(issue?.message).toContain(
      `${other.replace(/^\/?/, '/')}" is the same route as "GET ${one}" of endpoints[0]`,
    );
  });

  test.each([
    [
      ['GET', '/a'],
      ['POST', '/a'],
    ],
    [
      ['GET', '/a'],
      ['GET', '/a/'],
    ],
    [
      ['GET', '/a'],
      ['GET', '/A'],
    ],
    [
      ['GET', '/a/me'],
      ['GET', '/a/{id}'],
    ],
    [
      ['GET', '/a/{id}'],
      ['GET', '/a/*'],
    ],
    [
      ['GET', '/{a}/x'],
      ['GET', '/{a}/y'],
    ],
  ] as const)('%j and %j are two', (one, other) => {
    expect(issuesOf(endpoints(one, other))).toEqual([]);
  });

  test('G01 the health route is taken, unless it is off or elsewhere', () => {
    const route = { endpoint: '/healthz' };
    expect(pathsOf(withEndpoint(route, { extra_config: { router: { health_path: '/healthz' } } }))).toEqual([
      'endpoints[0].endpoint',
    ]);
    expect(
      pathsOf(withEndpoint(route, { extra_config: { router: { health_path: '/healthz', disable_health: true } } })),
    ).toEqual([]);
    expect(pathsOf(withEndpoint(route))).toEqual([]);
  });
});

describe('backends of an endpoint', () => {
  test.each([[undefined], [[]]])('G01 %j is no list of backends', (backend) => {
    expect(issuesOf(withEndpoint({ backend }))).toEqual([
      { path: 'endpoints[0].backend', message: 'must hold at least one backend.' },
    ]);
  });

  const shadow = { extra_config: { proxy: { shadow: true } } };

  test('G01 somebody has to answer', () => {
    expect(issuesOf(withBackends([shadow, shadow]))[0]?.message).toContain('shadow backends only');
    expect(issuesOf(withBackends([shadow, {}]))).toEqual([]);
  });

  test('G01 a shadow cannot be required', () => {
    expect(pathsOf(withBackends([{}, { ...shadow, required: true }]))).toEqual(['endpoints[0].backend[1].required']);
  });
});

describe('what is passed through untouched', () => {
  test('G01 comes from one backend', () => {
    expect(issuesOf(withBackends([{}, {}], { output_encoding: 'no-op' }))).toEqual([
      {
        path: 'endpoints[0].backend',
        message: 'must hold one backend, not 2: output_encoding "no-op" passes its answer through.',
      },
    ]);
    const shadow = { extra_config: { proxy: { shadow: true } } };
    expect(issuesOf(withBackends([{}, shadow], { output_encoding: 'no-op' }))).toEqual([]);
  });
});

describe('names of the vocabulary', () => {
  test.each<[object, string, string]>([
    [withEndpoint({ output_encoding: 'jsom' }), 'endpoints[0].output_encoding', 'json'],
    [withEndpoint({ encoding: 'jsno' }), 'endpoints[0].encoding', 'json'],
    [withBackends([{ encoding: 'safe-jsn' }]), 'endpoints[0].backend[0].encoding', 'safejson'],
    [withBackends([{ sd: 'dnss' }]), 'endpoints[0].backend[0].sd', 'dns'],
    [withBackends([{ balancer: 'roundrobin' }]), 'endpoints[0].backend[0].balancer', 'round_robin'],
    [
      withEndpoint({ extra_config: { proxy: { combiner: 'depe' } } }),
      'endpoints[0].extra_config.proxy.combiner',
      'deep',
    ],
  ])('G01 %# an unknown one is refused with the nearest', (input, path, near) => {
    const issue = issuesOf(input).find((candidate) => candidate.path === path);
    expect(issue?.message).toContain(`Did you mean "${near}"?`);
  });

  test('G01 the known ones are listed, those of the app among them', () => {
    const changes = {
      decoders: new Set(['json', 'csv']),
      encoders: new Set(['json', 'pdf']),
      subscribers: new Set(['static', 'eureka']),
    };
    const input = withBackends([{ encoding: 'form', sd: 'zookeeper' }], { output_encoding: 'parquet' });
    expect(issuesOf(input, changes).map(({ message }) => message)).toEqual([
      'must be a known output_encoding, not "parquet". Known are "json", "pdf", "no-op".',
      'must be a known encoding, not "form". Known are "json", "csv", "no-op".',
      'must be a known service discovery, not "zookeeper". Known are "static", "eureka".',
    ]);
  });

  test('an encoding with one half is known for that half only', () => {
    expect(pathsOf(withEndpoint({ output_encoding: 'negotiate' }))).toEqual([]);
    expect(pathsOf(withBackends([{ encoding: 'negotiate' }]))).toEqual(['endpoints[0].backend[0].encoding']);
    expect(pathsOf(withEndpoint({ output_encoding: 'safejson' }))).toEqual(['endpoints[0].output_encoding']);
  });

  test('names of prototypes are unknown', () => {
    expect(pathsOf(withEndpoint({ output_encoding: 'toString' }))).toEqual(['endpoints[0].output_encoding']);
    expect(pathsOf(withBackends([{ sd: 'valueOf', host: ['a'] }]))).toEqual(['endpoints[0].backend[0].sd']);
  });
});

describe('hosts', () => {
  const hostless = { host: [] };

  test.each(['http://a/v1', 'http://u:p@a', 'http://a?x', 'ftp://a', 'a b', '', '[::1'])(
    'G02 %j is refused at root and backend',
    (host) => {
      expect(pathsOf({ host: ['http://fine', host] })).toEqual(['host[1]']);
      expect(pathsOf(withBackends([{ host: ['http://fine', host] }]))).toEqual(['endpoints[0].backend[0].host[1]']);
    },
  );

  test('E01 credentials are not repeated in the message', () => {
    expect(issuesOf({ host: ['http://user:canary@a'] })[0]?.message).not.toContain('canary');
  });

  test('G02 disable_host_sanitize lets the hosts of its backend be, but not those of the root', () => {
    const verbatim = { disable_host_sanitize: true, host: ['http://u:p@a/v1?x=1', 'HTTPS://[::1]:8443/'] };
    expect(pathsOf(withBackends([verbatim]))).toEqual([]);
    expect(pathsOf(withBackends([{ ...verbatim, host: ['http://a\r\nX: y', ''] }]))).toEqual([
      'endpoints[0].backend[0].host[0]',
      'endpoints[0].backend[0].host[1]',
    ]);
    expect(pathsOf(withBackends([{ disable_host_sanitize: true }], {}, { host: ['http://a/v1'] }))).toEqual([
      'host[0]',
    ]);
  });

  const UNCALLABLE = [
    'redis://x',
    'localhost:8080',
    'users.internal',
    '//a',
    'http:///v1',
    'http://',
    'http://a:99999',
    'ftp://a',
    'http://a#b',
    'unix:/run/a',
  ];

  test.each(UNCALLABLE)('G02 %j can never be called over HTTP, disable_host_sanitize or not', (host) => {
    const backend = { disable_host_sanitize: true, host: ['http://fine/v1', host] };
    expect(issuesOf(withBackends([backend]))).toEqual([
      {
        path: 'endpoints[0].backend[0].host[1]',
        message: `must be a URL such as "http://users.internal:8080/v1": nothing else can be called over HTTP, not ${JSON.stringify(host)}.`,
      },
    ]);
    const amqp = { 'backend/amqp/producer': {} };
    expect(pathsOf(withBackends([{ ...backend, extra_config: amqp }]))).toEqual([]);
    expect(pathsOf(withBackends([{ ...backend, sd: 'consul' }]))).toEqual([]);
    expect(pathsOf(withBackends([backend]), { hasOwnTransport: true })).toEqual([]);
  });

  test('G01 a component at fault may be what would have called the host: its own fault is enough', () => {
    const backend = { disable_host_sanitize: true, host: ['amqp://q'], extra_config: { 'backend/amqp/producer': {} } };
    const resolve: Vocabulary['resolve'] = (_scope, _namespace, _value, path, tell) => {
      tell({ path, message: 'is wrong.' });
      return undefined;
    };
    expect(pathsOf(withBackends([backend]), { resolve })).toEqual([
      'endpoints[0].backend[0].extra_config["backend/amqp/producer"]',
    ]);
  });

  test('G02 there has to be one', () => {
    expect(pathsOf(withBackends([{}], {}, hostless))).toEqual(['endpoints[0].backend[0].host']);
    expect(pathsOf(withBackends([{ host: [] }], {}, hostless))).toEqual(['endpoints[0].backend[0].host']);
    expect(pathsOf(withBackends([{ sd: 'consul' }], {}, hostless))).toEqual([]);
  });

  test('but static data may be the whole answer, so that there is nobody to call', () => {
    const proxy = { static: { data: { id: 1 } } };
    expect(pathsOf(withBackends([{ url_pattern: '/' }], { extra_config: { proxy } }, hostless))).toEqual([]);
    expect(pathsOf(withBackends([{}], { output_encoding: 'no-op', extra_config: { proxy } }, hostless))).toEqual([
      'endpoints[0].backend[0].host',
    ]);
  });

  test('G02 DNS needs the name of a record', () => {
    expect(pathsOf(withBackends([{ sd: 'dns', host: ['_http._tcp.users'] }], {}, hostless))).toEqual([]);
    expect(pathsOf(withBackends([{ sd: 'dns', host: ['http://users'] }]))).toEqual(['endpoints[0].backend[0].host[0]']);
    expect(pathsOf(withBackends([{ sd: 'dns' }]))).toEqual(['endpoints[0].backend[0].host']);
  });
});

describe('concurrent_calls', () => {
  test('M08 are for GET', () => {
    expect(pathsOf(withBackends([{}], { method: 'POST', concurrent_calls: 2 }))).toEqual([
      'endpoints[0].backend[0].concurrent_calls',
    ]);
    expect(pathsOf(withBackends([{ method: 'POST', concurrent_calls: 2 }]))).toEqual([
      'endpoints[0].backend[0].concurrent_calls',
    ]);
    expect(pathsOf(withBackends([{}, { method: 'DELETE' }], { concurrent_calls: 2 }))).toEqual([
      'endpoints[0].backend[1].concurrent_calls',
    ]);
    expect(pathsOf(withBackends([{}, { method: 'POST', concurrent_calls: 1 }], { concurrent_calls: 2 }))).toEqual([]);
    expect(pathsOf(withBackends([{ method: 'GET' }], { method: 'POST', concurrent_calls: 2 }))).toEqual([]);
  });
});

test('a sound configuration has no faults', () => {
  expect(parse(withEndpoint({})).endpoints).toHaveLength(1);
  expect(parse({}).endpoints).toEqual([]);
});

test('an encoding that is known but cannot work here is refused wherever it is named', () => {
  const message = 'The encoding "json" needs a package that is not installed.';
  const faultOf = (name: string) => (name === 'json' ? message : undefined);
  expect(issuesOf(withBackends([{}, { encoding: 'xml' }]), { faultOf })).toEqual([
    { path: 'endpoints[0].output_encoding', message },
    { path: 'endpoints[0].backend[0].encoding', message },
  ]);
});
