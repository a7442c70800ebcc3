import { describe, expect, test } from 'vitest';
import { issuesOf, parse, parseBackend, parseEndpoint, pathsOf, withBackends, withEndpoint } from './support/parse.js';

describe('readConfig', () => {
  test.each([undefined, null, 'text', 5, [], true])('G01 %j is no configuration', (input) => {
    expect(pathsOf(input)).toEqual(['']);
  });

  test.each([undefined, null, 'text', 5, [], true])('G01 %j is no endpoint and no backend', (value) => {
    expect(pathsOf({ host: ['http://a'], endpoints: [value] })).toEqual(['endpoints[0]']);
    expect(pathsOf(withBackends([value]))).toEqual(['endpoints[0].backend[0]']);
  });

  test('G01 a fault hides no other fault, and causes none', () => {
    const input = {
      timout: '2s',
      host: 'http://a',
      endpoints: [
        5,
        {
          endpoint: 7,
          method: 'FETCH',
          backend: [
            { url_pattern: '/{anything}', host: ['http://a/b'], sd: 'etcd' },
            { host: [], timeout: 5 },
          ],
        },
        { endpoint: '/b/{id}', timeout: '-1s', backend: [{ url_pattern: '/{ID}', group: '__proto__' }] },
        { endpoint: '/c' },
      ],
    };
    expect(pathsOf(input).sort()).toEqual([
      'endpoints[0]',
      'endpoints[1].backend[0].sd',
      'endpoints[1].backend[1].timeout',
      'endpoints[1].endpoint',
      'endpoints[1].method',
      'endpoints[2].backend[0].group',
      'endpoints[2].backend[0].url_pattern',
      'endpoints[2].timeout',
      'endpoints[3].backend',
      'host',
      'timout',
    ]);
  });

  test('G01 every unknown key is a fault of its own, with the nearest name', () => {
    const issues = issuesOf(withEndpoint({ metod: 'GET', headers_to_pas: [], nonsense: 1 }));
    expect(issues).toEqual([
      { path: 'endpoints[0].metod', message: 'is not a known option here. Did you mean "method"?' },
      { path: 'endpoints[0].headers_to_pas', message: 'is not a known option here. Did you mean "headers_to_pass"?' },
      { path: 'endpoints[0].nonsense', message: 'is not a known option here.' },
    ]);
  });

  test('G01 unknown keys inside nested objects are found', () => {
    expect(pathsOf({ client_tls: { client_certs: [{ certificate: 'a', private_key: 'b', password: 'c' }] } })).toEqual([
      'client_tls.client_certs[0].password',
    ]);
    expect(pathsOf(withEndpoint({ extra_config: { proxy: { static: { data: {}, strategi: 'always' } } } }))).toEqual([
      'endpoints[0].extra_config.proxy.static.strategi',
    ]);
  });

  test('what could not be copied is reported once', () => {
    expect(pathsOf(withEndpoint({ endpoint: () => '/' }))).toEqual(['endpoints[0].endpoint']);
    expect(pathsOf(withEndpoint({ input_headers: ['a', Symbol('b')] }))).toEqual(['endpoints[0].input_headers[1]']);
  });
});

describe('namespaces', () => {
  test('core ones are read under all their names', () => {
    for (const name of ['proxy', 'github.com/devopsfaith/krakend/proxy', 'github_com/devopsfaith/krakend/proxy']) {
      expect(parseEndpoint({ extra_config: { [name]: { sequential: true } } }).proxy.sequential).toBe(true);
      expect(
        parse(withBackends([{}, { extra_config: { [name]: { shadow: true } } }])).endpoints[0]!.backend[1]!.proxy
          .shadow,
      ).toBe(true);
    }
    for (const name of ['backend/http', 'github.com/devopsfaith/krakend/http', 'github_com/devopsfaith/krakend/http']) {
      expect(parseBackend({ extra_config: { [name]: { return_error_details: 'x' } } }).http.return_error_details).toBe(
        'x',
      );
    }
  });

  test('faults in them stand under the name that was written', () => {
    const input = withEndpoint({ extra_config: { 'github.com/devopsfaith/krakend/proxy': { sequential: 'yes' } } });
    expect(pathsOf(input)).toEqual(['endpoints[0].extra_config["github.com/devopsfaith/krakend/proxy"].sequential']);
  });

  test('G01 two names of one namespace are a fault', () => {
    const input = withEndpoint({ extra_config: { proxy: {}, 'github.com/devopsfaith/krakend/proxy': {} } });
    expect(issuesOf(input)).toEqual([
      {
        path: 'endpoints[0].extra_config.proxy',
        message: 'is given twice, as "proxy" and as "github.com/devopsfaith/krakend/proxy"; keep one of them.',
      },
    ]);
  });

  test.each([
    ['proxy', { extra_config: { proxy: {} } }, 'an endpoint or a backend'],
    ['router', withEndpoint({ extra_config: { router: {} } }), 'the root'],
    ['backend/http', withEndpoint({ extra_config: { 'backend/http': {} } }), 'a backend'],
  ])('G01 %s at the wrong level is a fault', (_, input, home) => {
    const [issue, ...others] = issuesOf(input);
    expect(issue?.message).toBe(`has no meaning here; move it to ${home}.`);
    expect(others).toEqual([]);
  });

  test.each([null, [], 'x', 5, true])('G01 %j is no namespace and no extra_config', (value) => {
    expect(pathsOf(withEndpoint({ extra_config: { proxy: value } }))).toEqual(['endpoints[0].extra_config.proxy']);
    expect(pathsOf({ extra_config: value })).toEqual(['extra_config']);
  });
});

describe('components', () => {
  test('get their namespace, value and place, and come back outermost first', () => {
    const calls: unknown[] = [];
    const config = parse(
      withBackends(
        [{ extra_config: { 'qos/b': { x: 1 }, _note: 1, 'github.com/a': [1] } }],
        { extra_config: { e: true } },
        { extra_config: { s: {} } },
      ),
      {
        resolve(scope, namespace, value, at) {
          calls.push([scope, namespace, value, at]);
          return { component: namespace, config: value, rank: namespace === 'qos/b' ? 2 : 1 };
        },
      },
    );
    expect(calls).toEqual([
      ['service', 's', {}, 'extra_config.s'],
      ['endpoint', 'e', true, 'endpoints[0].extra_config.e'],
      ['backend', 'qos/b', { x: 1 }, 'endpoints[0].backend[0].extra_config["qos/b"]'],
      ['backend', 'github.com/a', [1], 'endpoints[0].backend[0].extra_config["github.com/a"]'],
    ]);
    expect(config.endpoints[0]!.backend[0]!.components).toEqual([
      { component: 'github.com/a', config: [1], rank: 1 },
      { component: 'qos/b', config: { x: 1 }, rank: 2 },
    ]);
  });

  test('their faults join the others', () => {
    const paths = pathsOf(withEndpoint({ timeout: 1, extra_config: { a: {} } }), {
      resolve(_scope, _namespace, _value, at, report) {
        report({ path: `${at}.x`, message: 'is wrong.' });
        report({ path: `${at}.y`, message: 'is wrong.' });
        return undefined;
      },
    });
    expect(paths).toEqual(['endpoints[0].timeout', 'endpoints[0].extra_config.a.x', 'endpoints[0].extra_config.a.y']);
  });

  test('what resolves to nothing is left out', () => {
    expect(parse({ extra_config: { a: {} } }, { resolve: () => undefined }).components).toEqual([]);
  });

  test('G01 one component under two names is a fault', () => {
    const issues = issuesOf(
      { extra_config: { 'security/cors': {}, 'github_com/cors': {} } },
      {
        resolve: () => ({ component: 'cors', config: {}, rank: 0 }),
      },
    );
    expect(issues.map(({ path }) => path)).toEqual(['extra_config["github_com/cors"]']);
    expect(issues[0]!.message).toContain('extra_config["security/cors"]');
  });

  test('G04 a component is given a copy, without prototype', () => {
    const value = { list: [1] };
    let given: unknown;
    parse(
      { extra_config: { a: value } },
      {
        resolve(_scope, _namespace, copy) {
          given = copy;
          return undefined;
        },
      },
    );
    value.list.push(2);
    expect(given).toEqual({ list: [1] });
    expect(Object.getPrototypeOf(given)).toBeNull();
  });
});
