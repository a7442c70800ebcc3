import { describe, expect, test } from 'vitest';
import type { Segment } from '../../lib/config/resolved.js';
import { ConfigError } from '../../lib/errors.js';
import { createMatcher, type Route } from '../../lib/router/matcher.js';

function segmentsOf(path: string): Segment[] {
  return path
    .slice(1)
    .split('/')
    .map((text) => {
      if (text === '*') return { wildcard: true };
      return text.startsWith('{') ? { param: text.slice(1, -1) } : { literal: text };
    });
}

/** Routes as `GET /a/{b}`; the value of each is its own text. */
function matcherOf(...routes: string[]) {
  return createMatcher(
    routes.map((text): Route<string> => {
      const [method = '', path = ''] = text.split(' ');
      return { method, segments: segmentsOf(path), value: text };
    }),
  );
}

describe('precedence', () => {
  const routes = ['GET /users/*', 'GET /users/{id}', 'GET /users/me', 'GET /users/{id}/posts', 'GET /users/me/{x}/z'];

  test.each([routes, routes.toReversed()])(
    'static beats param beats wildcard in any order of the routes',
    (...list) => {
      const { match } = matcherOf(...list);
      expect(match('GET', '/users/me')).toEqual({ value: 'GET /users/me', params: {} });
      expect(match('GET', '/users/7')).toEqual({ value: 'GET /users/{id}', params: { id: '7' } });
      expect(match('GET', '/users/7/8')).toEqual({ value: 'GET /users/*', params: { '*': '7/8' } });
    },
  );

  test('goes back when the more special branch leads nowhere', () => {
    const { match } = matcherOf(...routes);
    expect(match('GET', '/users/me/posts')).toEqual({ value: 'GET /users/{id}/posts', params: { id: 'me' } });
    expect(match('GET', '/users/me/a/z')).toEqual({ value: 'GET /users/me/{x}/z', params: { x: 'a' } });
    expect(match('GET', '/users/me/a/y')).toEqual({ value: 'GET /users/*', params: { '*': 'me/a/y' } });
  });

  test('values of a branch that was given up do not stay', () => {
    const { match } = matcherOf('GET /a/{x}/{y}/z', 'GET /{p}/{q}/*');
    expect(match('GET', '/a/1/2/y')).toEqual({ value: 'GET /{p}/{q}/*', params: { p: 'a', q: '1', '*': '2/y' } });
  });

  test('a method that the special route lacks is looked for on the general one', () => {
    const { match } = matcherOf('GET /users/me', 'DELETE /users/{id}');
    expect(match('DELETE', '/users/me')).toEqual({ value: 'DELETE /users/{id}', params: { id: 'me' } });
  });

  test('params at one position may have different names', () => {
    const { match } = matcherOf('GET /{a}/x', 'GET /{b}/y', 'POST /{c}/x');
    expect(match('GET', '/1/x')).toEqual({ value: 'GET /{a}/x', params: { a: '1' } });
    expect(match('GET', '/1/y')).toEqual({ value: 'GET /{b}/y', params: { b: '1' } });
    expect(match('POST', '/1/x')).toEqual({ value: 'POST /{c}/x', params: { c: '1' } });
  });
});

describe('edges of a path', () => {
  test('root', () => {
    expect(matcherOf('GET /').match('GET', '/')).toEqual({ value: 'GET /', params: {} });
    expect(createMatcher([{ segments: [], method: 'GET', value: 1 }]).match('GET', '/')).toEqual({
      value: 1,
      params: {},
    });
  });

  test('a param is one segment and never empty', () => {
    const { match } = matcherOf('GET /a/{b}');
    expect(match('GET', '/a/')).toBeUndefined();
    expect(match('GET', '/a/b/')).toBeUndefined();
    expect(match('GET', '/a//')).toBeUndefined();
  });

  test('a wildcard takes the rest, also an empty one, but not the path without the slash', () => {
    const { match } = matcherOf('GET /svc/*');
    expect(match('GET', '/svc/')).toEqual({ value: 'GET /svc/*', params: { '*': '' } });
    expect(match('GET', '/svc/a/b/')).toEqual({ value: 'GET /svc/*', params: { '*': 'a/b/' } });
    expect(match('GET', '/svc')).toBeUndefined();
  });

  test('a trailing slash in the configuration is part of the path', () => {
    const { match } = matcherOf('GET /a/');
    expect(match('GET', '/a/')).toEqual({ value: 'GET /a/', params: {} });
    expect(match('GET', '/a')).toBeUndefined();
  });

  test('what is no path matches nothing', () => {
    const { match } = matcherOf('GET /{a}', 'GET /');
    expect(match('OPTIONS', '*')).toBeUndefined();
    expect(match('GET', '')).toBeUndefined();
    expect(match('GET', 'a')).toBeUndefined();
  });
});

describe('methods', () => {
  test('a known path with another method names those that are there', () => {
    const { match } = matcherOf('POST /a/{b}', 'GET /a/b', 'DELETE /a/*', 'GET /a/{c}');
    expect(match('PATCH', '/a/b')).toEqual({ allow: ['DELETE', 'GET', 'POST'] });
    expect(match('PATCH', '/a/x')).toEqual({ allow: ['DELETE', 'GET', 'POST'] });
    expect(match('PATCH', '/a')).toBeUndefined();
  });

  test('HEAD is not taken for GET', () => {
    expect(matcherOf('GET /a').match('HEAD', '/a')).toEqual({ allow: ['GET'] });
  });
});

describe('U07 one spelling of a path for every rule', () => {
  const { match } = matcherOf('GET /users/me', 'GET /users/{id}', 'GET /a%20b', 'GET /caf\u00e9');

  test.each(['/users/m%65', '/users/%6d%65', '/%75sers/me', '/users/%6D%65'])('%s is the literal route', (path) => {
    expect(match('GET', path)).toEqual({ value: 'GET /users/me', params: {} });
  });

  test.each(['/users/m%2565', '/users/me%00', '/users/me%2f', '/users/%C3'])(
    '%s is a param, as it was sent',
    (path) => {
      expect(match('GET', path)).toEqual({ value: 'GET /users/{id}', params: { id: path.slice('/users/'.length) } });
    },
  );

  test.each(['/Users/me', '/users/me/', '//users/me', '/users//me', '/users/./me', '/x/../users/me'])(
    '%s is another path',
    (path) => {
      expect(match('GET', path)).toBeUndefined();
    },
  );

  test('literals match however they were written in the configuration', () => {
    expect(match('GET', '/a%20b')).toEqual({ value: 'GET /a%20b', params: {} });
    expect(match('GET', '/caf%C3%A9')).toEqual({ value: 'GET /caf\u00e9', params: {} });
    expect(match('GET', '/caf%c3%a9')).toEqual({ value: 'GET /caf\u00e9', params: {} });
  });
});

test('U08 near misses and endless paths cost time in proportion to their length', () => {
  const words = Array.from({ length: 12 }, (_, index) => `{p${index}}/a`).join('/');
  const { match } = matcherOf(`GET /${words}/end`, `GET /a/${words}/*`, 'GET /{x}/{y}/{z}', 'GET /*');
  const paths = ['/a'.repeat(32_768), '/'.repeat(65_536), `/${'%61'.repeat(21_000)}`, `/${'a/'.repeat(32_000)}%`];
  for (const path of paths) {
    // The best of five: a busy machine says nothing about the matcher.
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      match('GET', path);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(10);
  }
});

test('U09 params named like members of Object.prototype are plain names', () => {
  const { match } = matcherOf('GET /{__proto__}/{constructor}/{toString}');
  const found = match('GET', '/a/b/c');
  if (!found || !('params' in found)) throw new Error('no match');
  expect(Object.getPrototypeOf(found.params)).toBeNull();
  expect(Object.entries(found.params)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['toString', 'c'],
  ]);
  expect(match('GET', '/__proto__')).toBeUndefined();
  expect(matcherOf('GET /a').match('constructor', '/a')).toEqual({ allow: ['GET'] });
});

test.each([
  [['GET /a', 'GET /a']],
  [['GET /a/{x}', 'GET /a/{y}']],
  [['GET /a/*', 'GET /a/*']],
  [['GET /a%62', 'GET /ab']],
])('%j cannot be told apart', (routes) => {
  expect(() => matcherOf(...routes)).toThrow(ConfigError);
});

test('a thousand routes are found one by one', () => {
  const routes = Array.from({ length: 1000 }, (_, index) => `GET /r${index}/{id}/x${index}`);
  const { match } = matcherOf(...routes);
  for (const [index, value] of routes.entries()) {
    expect(match('GET', `/r${index}/7/x${index}`)).toEqual({ value, params: { id: '7' } });
  }
});

test('a static hit is the same object each time', () => {
  const { match } = matcherOf('GET /a/b');
  expect(match('GET', '/a/b')).toBe(match('GET', '/a/b'));
});
