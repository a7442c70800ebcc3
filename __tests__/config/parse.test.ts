import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../lib/errors.js';
import { newDialect, oldDialect } from './support/appendix.js';
import { issuesOf, parse, pathsOf, warningsOf, withBackends } from './support/parse.js';

describe('both dialects', () => {
  test('a configuration of 1.3 loads as it is', () => {
    const config = parse(oldDialect);
    expect(config.components).toHaveLength(3);
    const [endpoint] = config.endpoints;
    expect(endpoint).toMatchObject({
      timeout: 3_000,
      cache_ttl: 120,
      output_encoding: 'negotiate',
      concurrent_calls: 2,
      input_headers: ['authorization', 'content-type'],
      input_query_strings: ['lang'],
      proxy: { sequential: true, static: { strategy: 'incomplete', data: { stale: true } } },
    });
    expect(endpoint!.components).toHaveLength(3);
    expect(endpoint!.backend.map(({ name }) => name)).toEqual([
      'backend[0] GET /titles/{isbn}',
      'backend[1] GET /authors/{resp0_title.id}?reader={JWT.sub}',
      'backend[2] GET /trial/{isbn}',
    ]);
    expect(endpoint!.backend[0]).toMatchObject({
      target: 'data',
      allow: ['id', 'author.ref'],
      group: 'title',
      http: { return_error_details: 'title' },
      host: ['http://books.internal:8000'],
    });
    expect(endpoint!.backend[1]).toMatchObject({ is_collection: true, mapping: { collection: 'authors' } });
    expect(endpoint!.backend[2]!.proxy.shadow).toBe(true);
    expect(warningsOf(oldDialect).map(({ at }) => at)).toEqual(['endpoints[0].cache_ttl']);
  });

  test('a configuration of 2.x loads as it is', () => {
    const config = parse(newDialect);
    expect(config.router).toMatchObject({ return_error_msg: true, error_body: { '404': { error: 'nothing here' } } });
    expect(config.endpoints.map(({ method, endpoint }) => `${method} ${endpoint}`)).toEqual([
      'GET /books/{isbn}',
      'POST /loans',
      'GET /fees/{id}',
    ]);
    const [books, loans] = config.endpoints;
    expect(books!.proxy.sequential_propagated_params).toEqual(['resp0_title.id']);
    expect(books!.backend[0]!.http.return_error_code).toBe(true);
    expect(books!.backend[1]).toMatchObject({ encoding: 'safejson', input_headers: ['authorization'] });
    expect(books!.backend[1]!.proxy.flatmap_filter).toHaveLength(2);
    expect(loans!.backend[0]).toMatchObject({ host: ['kafka://'], method: 'POST' });
    expect(warningsOf(newDialect).map(({ at }) => at)).toEqual(['endpoints[0].cache_ttl']);
  });

  test('the same options under the names of either are the same configuration', () => {
    const one = {
      headers_to_pass: ['A'],
      querystring_params: ['q'],
      backend: [{ whitelist: ['a'] }, { blacklist: ['b'] }],
    };
    const other = { input_headers: ['A'], input_query_strings: ['q'], backend: [{ allow: ['a'] }, { deny: ['b'] }] };
    function plain(endpoint: object): string {
      return JSON.stringify(parse({ host: ['a'], endpoints: [{ endpoint: '/', ...endpoint }] }));
    }
    expect(plain(one)).toBe(plain(other));
  });
});

describe('what is parsed', () => {
  test('G04 is not touched by later changes of the input', () => {
    const input = structuredClone(newDialect);
    const before = JSON.stringify(parse(input));
    const config = parse(input);
    input.host[0] = 'http://evil.test';
    Object.assign(input.endpoints[0]!.backend[0]!, { url_pattern: '/evil' });
    input.endpoints.length = 0;
    expect(JSON.stringify(config)).toBe(before);
  });

  test('G04 is frozen at every depth', () => {
    const config = parse(oldDialect);
    const seen: string[] = [];
    function visit(value: unknown, path: string): void {
      if (typeof value !== 'object' || value === null || value instanceof Set || path.endsWith('.config')) return;
      if (!Object.isFrozen(value)) seen.push(path);
      for (const [key, member] of Object.entries(value)) visit(member, `${path}.${key}`);
    }
    visit(config, 'config');
    expect(seen).toEqual([]);
    expect(() => Object.assign(config, { name: 'other' })).toThrow(TypeError);
  });

  test('G04 does not freeze or change the input', () => {
    const input = structuredClone(oldDialect);
    parse(input);
    expect(input).toEqual(oldDialect);
    expect(Object.isFrozen(input.endpoints[0]!.backend)).toBe(false);
  });
});

describe('what is refused', () => {
  test('is a ConfigError with all issues in its message', () => {
    const input = { timout: '2s', endpoints: [{ endpoint: '/a', backend: [{ url_pattern: '/{x}' }] }] };
    expect(() => parse(input)).toThrow(ConfigError);
    expect(() => parse(input)).toThrow(/3 faults/);
    expect(issuesOf(input)).toEqual([
      { path: 'timout', message: 'is not a known option here. Did you mean "timeout"?' },
      {
        path: 'endpoints[0].backend[0].host',
        message: 'is missing; give the backend a host, or the root one for all.',
      },
      {
        path: 'endpoints[0].backend[0].url_pattern',
        message: 'has the unknown placeholder {x}. The endpoint has no params.',
      },
    ]);
  });

  test('G01 paths and patterns are told with what is wrong with them', () => {
    const input = {
      host: ['a'],
      endpoints: [{ endpoint: '/a/{x}.json', backend: [{ url_pattern: '//evil/{y}' }] }],
    };
    expect(issuesOf(input)).toEqual([
      {
        path: 'endpoints[0].endpoint',
        message:
          '"/a/{x}.json" has a brace inside a segment; a {param} of letters, digits, "_" and "-" takes a whole one.',
      },
      {
        path: 'endpoints[0].backend[0].url_pattern',
        message: '"//evil/{y}" must not begin with "//", which would name another host.',
      },
    ]);
  });

  test.each([0, 1, 4, '3', '2', null, true, 2.5])('G01 version %j', (version) => {
    expect(pathsOf({ version })).toEqual(['version']);
  });

  test('the version may be left out', () => {
    expect([{}, { version: 2 }, { version: 3 }].map((input) => pathsOf(input))).toEqual([[], [], []]);
  });

  test('async agents, which would silently not run', () => {
    expect(pathsOf({ async_agent: [{ name: 'a' }] })).toEqual(['async_agent']);
    expect(pathsOf({ async_agent: [] })).toEqual([]);
  });

  test('warnings are kept for configurations that start', () => {
    const told: string[] = [];
    const warn = (at: string) => told.push(at);
    expect(pathsOf({ port: 8080, nonsense: 1 }, { warn })).toEqual(['nonsense']);
    expect(told).toEqual([]);
    expect(pathsOf({ port: 8080 }, { warn })).toEqual([]);
    expect(told).toEqual(['port']);
  });
});

test('a thousand endpoints are read in no time', () => {
  const endpoints = Array.from({ length: 1_000 }, (_, index) => ({
    endpoint: `/e${index}/{id}`,
    backend: [{ url_pattern: '/{id}' }, { url_pattern: '/x/{id}', group: 'x' }],
  }));
  const start = performance.now();
  expect(parse({ host: ['http://a'], endpoints }).endpoints).toHaveLength(1_000);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('names of backends never hold a host', () => {
  const { endpoints } = parse(withBackends([{ host: ['http://canary.internal'] }]));
  expect(endpoints[0]!.backend[0]!.name).not.toContain('canary');
});
