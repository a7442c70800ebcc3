import { describe, expect, test } from 'vitest';
import {
  compileUrlPattern,
  encodeLiteral,
  isHostileSegment,
  PatternSyntaxError,
  UrlPatternError,
} from '../../lib/config/url-pattern.js';
import { GatewayError } from '../../lib/errors.js';

function resolve(pattern: string, params: Record<string, string> = {}): string {
  return compileUrlPattern(pattern).resolve(params);
}

function refusal(pattern: string, params: Record<string, string>): UrlPatternError {
  try {
    resolve(pattern, params);
  } catch (error) {
    if (error instanceof UrlPatternError) return error;
    throw error;
  }
  throw new Error(`${pattern} was resolved`);
}

describe('compileUrlPattern', () => {
  test.each([
    ['', '/'],
    ['/', '/'],
    ['users', '/users'],
    ['/users', '/users'],
    ['/users/', '/users/'],
    ['?a=1', '/?a=1'],
    ['/users?', '/users'],
    ['/users?a=1&b', '/users?a=1&b'],
    ['/users?a=?', '/users?a=?'],
    ["/a-._~!$&'()*+,;=:@b", "/a-._~!$&'()*+,;=:@b"],
    ['/projects/group%2Fname', '/projects/group%2Fname'],
    ['/café/§', '/caf%C3%A9/%C2%A7'],
    ['/😀', '/%F0%9F%98%80'],
    ['/a[0]|b', '/a%5B0%5D%7Cb'],
    ['/a*b/c', '/a*b/c'],
  ])('%j without params is the constant %j', (pattern, url) => {
    const compiled = compileUrlPattern(pattern);
    expect(compiled.params).toEqual([]);
    expect(compiled.resolve({})).toBe(url);
    expect(compiled.resolve({})).toBe(compiled.resolve({ id: 'ignored' }));
  });

  test('values stand where their names stood', () => {
    expect(resolve('/users/{id}', { id: '7' })).toBe('/users/7');
    expect(resolve('/{a}/x/{b}/{a}', { a: '1', b: '2' })).toBe('/1/x/2/1');
    expect(resolve('/users/{resp0_user.id}?by={JWT.sub}', { 'resp0_user.id': '9', 'JWT.sub': 'u7' })).toBe(
      '/users/9?by=u7',
    );
    expect(resolve('/u/{a/b:c.d-e}', { 'a/b:c.d-e': 'v' })).toBe('/u/v');
    expect(resolve('/u/v{major}.{minor}.json', { major: '1', minor: '2' })).toBe('/u/v1.2.json');
    expect(resolve('/s?q=a-{x}-b&q={x}', { x: '1 2' })).toBe('/s?q=a-1%202-b&q=1%202');
  });

  test('placeholders are listed once, in order, and the text is kept', () => {
    const compiled = compileUrlPattern('u/{b}/{a}?x={b}&y={c}');
    expect(compiled.params).toEqual(['b', 'a', 'c']);
    expect(compiled.text).toBe('/u/{b}/{a}?x={b}&y={c}');
  });

  test('the text has no dangling question mark, so that its query can be told from it', () => {
    expect(compileUrlPattern('/users?').text).toBe('/users');
    expect(compileUrlPattern('?').text).toBe('/');
  });

  test("names of the pattern's own query are known decoded", () => {
    const { queryNames } = compileUrlPattern('/s?a=1&b%20c=2&d+e&&=x&a={v}');
    expect([...queryNames]).toEqual(['a', 'b c', 'd e', '']);
    expect(compileUrlPattern('/s').queryNames.size).toBe(0);
  });

  test('a wildcard takes the rest, segment by segment', () => {
    const { resolve: resolveRest, params } = compileUrlPattern('/files/{user}/*?v=1');
    expect(params).toEqual(['user', '*']);
    expect(resolveRest({ user: 'u', '*': 'a/b c/d.txt' })).toBe('/files/u/a/b%20c/d.txt?v=1');
    expect(resolveRest({ user: 'u', '*': '' })).toBe('/files/u/?v=1');
    expect(resolveRest({ user: 'u', '*': 'a/' })).toBe('/files/u/a/?v=1');
    expect(resolve('/*', { '*': 'x' })).toBe('/x');
  });

  test.each([
    ['//evil.test/x', 'another host'],
    ['/\\evil.test/x', 'another host'],
    ['\\\\evil.test', '"/"'],
    ['http://evil.test/x', 'begins with "/"'],
    ['javascript:alert(1)', 'begins with "/"'],
    ['@evil.test/x', 'begins with "/"'],
    ['.evil.test/x', 'begins with "/"'],
    [':80/x', 'begins with "/"'],
    ['/a//b', 'empty segment'],
    ['/a/../b', '".."'],
    ['/..', '".."'],
    ['/a/./b', '"."'],
    ['/a/%2e%2E/b', '".."'],
    ['/a/..;x/b', '".."'],
    ['/a/..;{x}/b', '".."'],
    ['/a/%{x}2e', '%25'],
    ['/a b', 'spaces'],
    ['/a\r\nX: y', 'control'],
    ['/a#b', '#'],
    ['/a\u0000', 'control'],
    ['/\ud800', 'control'],
    ['/a%', '%25'],
    ['/a%zz', '%25'],
    ['/a%2', '%25'],
    ['/{', 'brace'],
    ['/}', 'brace'],
    ['/{}', 'brace'],
    ['/{a b}', 'spaces'],
    ['/{{a}}', 'brace'],
    ['/{a', 'brace'],
    ['/?{a}=1', 'name of a query'],
    ['/?%ff=1', 'UTF-8'],
    ['/?a={b', 'brace'],
  ])('U05 %j is refused', (pattern, reason) => {
    expect(() => compileUrlPattern(pattern)).toThrow(PatternSyntaxError);
    expect(() => compileUrlPattern(pattern)).toThrow(reason);
  });

  test('U05 a placeholder that stands first cannot name a host', () => {
    for (const id of ['/evil.test', '\\evil.test', '/', '']) expect(refusal('/{id}/x', { id }).reason).toBe('hostile');
    expect(resolve('{id}/x', { id: '@evil.test' })).toBe('/@evil.test/x');
    expect(resolve('/{id}', { id: ':80' })).toBe('/:80');
  });

  test('encoded literals stay as they are', () => {
    expect(encodeLiteral('/a%20b/ü')).toBe('/a%20b/%C3%BC');
  });
});

describe('missing and hostile values', () => {
  test.each([
    ['/u/{id}', {}],
    ['/u/{constructor}', {}],
    ['/u/{toString}', {}],
    ['/u?x={id}', {}],
    ['/u/*', {}],
    ['/u/{id}', { id: undefined as unknown as string }],
    ['/u/{id}', { id: null as unknown as string }],
    ['/u/{id}', { id: 7 as unknown as string }],
  ])('U06 %s without its value is not resolved', (pattern, params) => {
    const error = refusal(pattern, params);
    expect([error.reason, error.code]).toEqual(['missing', 'ERR_BACKEND_URL']);
    expect(error).toBeInstanceOf(GatewayError);
  });

  const DOTS = ['.', '..', '..;', '.;', '..;a=b'];
  const SEPARATORS = ['a/b', '/', 'a\\b', '..\\', '../', '../admin', '..\\admin', '/..', 'a/..', './', '\\'];
  const ENCODED = [
    '%2e',
    '%2e%2e',
    '%2E%2E%2F',
    '%2f',
    '%5c',
    '%',
    '100%',
    '%00',
    '%252e',
    '%u002e',
    '..%00',
    '%c0%ae',
  ];
  const CONTROLS = ['\u0000', 'a\r\nb', '\t', '\u001f', '\u007f', '\u0080', '\u009f', 'a\u0000.json'];
  const HOSTILE = [...DOTS, ...SEPARATORS, ...ENCODED, ...CONTROLS, '', 'a?b', '?', 'a#b', '#', '\ud800', 'a\udfff'];

  test.each(HOSTILE)('U02 %j is refused wherever a path has a placeholder', (value) => {
    expect(isHostileSegment(value)).toBe(true);
    for (const pattern of ['/{v}', '/{v}/b', '/a/{v}/b', '/a/{v}']) {
      const error = refusal(pattern, { v: value });
      expect([error.param, error.reason]).toEqual(['v', 'hostile']);
    }
    // Beside a letter, dots move nothing.
    if (!DOTS.includes(value)) {
      for (const pattern of ['/a/x{v}', '/a/{v}x']) expect(refusal(pattern, { v: value }).reason).toBe('hostile');
    }
    // Of the rest, only "nothing", one slash at the end and several segments are sound.
    if (value !== '' && value !== 'a/b') expect(refusal('/a/*', { '*': value }).param).toBe('*');
  });

  test.each([
    ['/{a}{b}', '.', '.'],
    ['/x/{a}{b}/y', '.', '.;x'],
    ['/x/{a}{b}', '..', ';'],
    ['/.{a}', '.', ''],
    ['/.{a}/y', ';x', ''],
    ['/..{a}', ';x', ''],
    ['/%2e{a}', '.', ''],
    ['/{a}.', '.', ''],
    ['/{a}.;v={b}', '.', '1'],
    ['/{a};v={b}', '..', '1'],
    ['/{a};v={b}?q=1', '.', '1'],
  ])('U02 %s with %j and %j would become a dot segment', (pattern, a, b) => {
    expect(refusal(pattern, { a, b }).reason).toBe('hostile');
  });

  test.each([
    ['/{a}.{b}', '.', '.', '/...'],
    ['/{a}.{b}', 'report', 'pdf', '/report.pdf'],
    ['/.{a}/x', 'git', '', '/.git/x'],
    ['/..{a}', '.', '', '/...'],
    ['/v{a}', '..', '', '/v..'],
    ['/{a}x', '.', '', '/.x'],
    ['/{a}{b}', '.', 'x', '/.x'],
    ['/{a};v={b}', 'x', '..', '/x;v=..'],
  ])('%s with %j and %j is judged as a whole segment', (pattern, a, b, url) => {
    expect(resolve(pattern, { a, b })).toBe(url);
  });

  test('a value of a path keeps what RFC 3986 allows in a segment; one of the query does not', () => {
    const v = "-._~!$&'()*+,;=:@";
    expect(resolve('/v1/{v}', { v })).toBe(`/v1/${v}`);
    expect(resolve('/v1/places:{v}.json', { v })).toBe(`/v1/places:${v}.json`);
    expect(resolve('/v1/*', { '*': `${v}/${v}` })).toBe(`/v1/${v}/${v}`);
    expect(resolve('/v1/{v}', { v: '[]|^`<>"{} é' })).toBe('/v1/%5B%5D%7C%5E%60%3C%3E%22%7B%7D%20%C3%A9');
    expect(resolve('/v1?q={v}', { v })).toBe("/v1?q=-._~!%24%26'()*%2B%2C%3B%3D%3A%40");
  });

  test.each(['a//b', '/a', '//', 'a/../b', 'a/%2e/b', 'a/..', '../a', 'a/b//', 'a/b/.'])(
    'U02 the rest %j is refused',
    (rest) => {
      expect(refusal('/a/*', { '*': rest }).reason).toBe('hostile');
    },
  );

  test('U03 a value in the query may be anything but controls', () => {
    expect(resolve('/s?q={v}', { v: '' })).toBe('/s?q=');
    expect(resolve('/s?q={v}', { v: 'a&b=c#d?e/../f%20+\\' })).toBe('/s?q=a%26b%3Dc%23d%3Fe%2F..%2Ff%2520%2B%5C');
    for (const v of CONTROLS) expect(refusal('/s?q={v}', { v }).reason).toBe('hostile');
    expect(refusal('/s?q={v}', { v: '\udc00' }).reason).toBe('hostile');
  });

  test('E01 the message names the placeholder, never the value', () => {
    const error = refusal('/u/{id}', { id: '../canary' });
    expect(error.message).toContain('{id}');
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain('canary');
  });

  test('U06 values are never expanded again', () => {
    expect(resolve('/{a}/{b}', { a: '{b}', b: '1' })).toBe('/%7Bb%7D/1');
    expect(resolve('/{a}', { a: '{{.Resp0_secret}}', resp0_secret: 's' })).toBe('/%7B%7B.Resp0_secret%7D%7D');
    expect(resolve('/{a}', { a: '$&$1' })).toBe('/$&$1');
  });

  test.each([
    'a',
    'A-Z_0.9~',
    '.hidden',
    '...',
    'a..b',
    'a b',
    'é',
    '😀',
    'a;b',
    'a&b=c',
    '+',
    '"',
    "'",
    '{x}',
    'undefined',
  ])('%j is no hostile segment', (value) => {
    expect(isHostileSegment(value)).toBe(false);
    expect(decodeURIComponent(resolve('/{v}', { v: value }).slice(1))).toBe(value);
  });
});

/** A generator of our own, so that a failure can be repeated. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return function random(limit) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** RFC 3986 appendix B, by hand: nothing is folded or repaired, unlike in `new URL`. */
function dissect(url: string): {
  authority: string | undefined;
  segments: string[];
  keys: string[];
  fragment: string | undefined;
} {
  const [, , , , authority, path = '', , query, , fragment] =
    /^(([^:/?#]+):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?$/s.exec(url)!;
  const keys = query === undefined ? [] : query.split('&').map((pair) => pair.split('=')[0]!);
  return { authority, segments: path.split('/'), keys, fragment };
}

const SPELLINGS = [
  '/',
  '\\',
  '..',
  '.',
  '%2e',
  '%2f',
  '%5c',
  '%',
  '?',
  '#',
  '&',
  '=',
  '+',
  ' ',
  ';',
  ':',
  '@',
  '//',
  'http://evil.test',
  '\r\n',
  '\u0000',
  '\u0085',
  '{a}',
  '{{.A}}',
  '\ud800',
  'é',
  '😀',
  'a',
  'Z',
  '0',
  '-',
  '_',
  '~',
  '$&',
  '<',
  '>',
  '"',
  '|',
  '^',
  '`',
];

describe('property', () => {
  const PATTERNS = [
    '/{a}',
    '/x/{a}',
    '/x/{a}/y',
    '/x/{a}/{b}',
    '/x?q={a}',
    '/x/{a}?q={b}&fixed=1',
    '/v{a}.json?{z}'.replace('{z}', 'z={b}'),
    '/{a}{b}',
    '/x?q={a}-{b}&r',
  ];

  test('U03 U05 U06 whatever the values, the URL has the shape of its template or there is none', () => {
    const seed = 20_260_101;
    const random = createRandom(seed);
    const value = (): string => Array.from({ length: random(5) }, () => SPELLINGS[random(SPELLINGS.length)]!).join('');
    let resolved = 0;
    for (let turn = 0; turn < 40_000; turn += 1) {
      const pattern = PATTERNS[random(PATTERNS.length)]!;
      const params = { a: value(), b: value() };
      let url: string;
      try {
        url = resolve(pattern, params);
      } catch (error) {
        expect(error).toBeInstanceOf(UrlPatternError);
        continue;
      }
      resolved += 1;
      const template = dissect(pattern.replaceAll('{a}', 'A').replaceAll('{b}', 'B'));
      const host = 'http://good.test:8080';
      const parts = dissect(host + url);
      const seen = JSON.stringify({ seed, turn, pattern, params, url });
      if (
        parts.authority !== 'good.test:8080' ||
        parts.segments.length !== template.segments.length ||
        parts.keys.join() !== template.keys.join() ||
        parts.fragment !== undefined ||
        !/^[\x21-\x7e]*$/.test(url) ||
        /[{}\\]/.test(url)
      ) {
        throw new Error(`shape changed: ${seen}`);
      }
      // The parser of the platform, which folds dot segments, sees the same host and path.
      const folded = new URL(host + url);
      if (folded.origin !== host || folded.pathname + folded.search !== url) throw new Error(`folded: ${seen}`);
      const [path = '', query] = pattern.split('?');
      const fill = (text: string, encode: (value: string) => string): string =>
        text.replace(/\{(\w)\}/g, (_, name: 'a' | 'b') => encode(params[name]));
      // Of what `encodeURI` keeps, `/`, `?` and `#` are refused in a path.
      const wanted = fill(path, encodeURI) + (query === undefined ? '' : `?${fill(query, encodeURIComponent)}`);
      if (url !== wanted) throw new Error(`not the values: ${seen}`);
    }
    expect(resolved).toBeGreaterThan(5_000);
  });

  test('U03 every byte, alone and inside, keeps the shape or is refused', () => {
    for (let code = 0; code < 256; code += 1) {
      for (const value of [String.fromCharCode(code), `a${String.fromCharCode(code)}b`]) {
        for (const pattern of ['/x/{v}/y', '/x?q={v}&r=1']) {
          let url: string;
          try {
            url = resolve(pattern, { v: value });
          } catch {
            continue;
          }
          const parts = dissect(url);
          expect([parts.segments.length, parts.keys.length, parts.fragment]).toEqual([
            pattern.startsWith('/x/') ? 4 : 2,
            pattern.startsWith('/x/') ? 0 : 2,
            undefined,
          ]);
        }
      }
    }
  });
});
