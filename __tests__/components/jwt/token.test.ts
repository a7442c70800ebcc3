import { describe, expect, test } from 'vitest';
import { createTokenReader, LONGEST_TOKEN, parseToken } from '../../../lib/components/jwt/token.js';
import { encode } from '../../support/jwt.js';

describe('where a token is looked for', () => {
  const usual = createTokenReader('Authorization', 'access_token');
  const own = createTokenReader('X-Token', 'session');

  test.each<[string, Record<string, string>, string | undefined]>([
    ['the header', { authorization: 'Bearer a.b.c' }, 'a.b.c'],
    ['the scheme in any case', { authorization: 'bEARER a.b.c' }, 'a.b.c'],
    ['the header before the cookie', { authorization: 'Bearer a.b.c', cookie: 'access_token=d.e.f' }, 'a.b.c'],
    ['the cookie beside another scheme', { authorization: 'Basic abc', cookie: 'access_token=d.e.f' }, 'd.e.f'],
    ['a cookie among others', { cookie: 'x=access_token; access_token=d.e.f;y=1' }, 'd.e.f'],
    ['a quoted cookie', { cookie: 'access_token="d.e.f"' }, 'd.e.f'],
    ['a cookie that is sent twice', { cookie: 'access_token=d.e.f; access_token=d.e.f' }, 'd.e.f'],
    ['a cookie with another name', { cookie: 'xaccess_token=d.e.f; ACCESS_TOKEN=d' }, undefined],
    ['an empty cookie', { cookie: 'access_token=' }, undefined],
    ['nothing without the scheme', { authorization: 'a.b.c' }, undefined],
    ['nothing after the scheme', { authorization: 'Bearer' }, undefined],
    ['nothing at all', {}, undefined],
  ])('%s', (_title, headers, token) => {
    expect(usual(headers)).toBe(token);
  });

  test('a header of its own, with the scheme or without', () => {
    expect(own({ 'x-token': 'a.b.c' })).toBe('a.b.c');
    expect(own({ 'x-token': 'Bearer a.b.c' })).toBe('a.b.c');
    expect(own({ authorization: 'Bearer a.b.c' })).toBeUndefined();
    expect(own({ 'x-token': '', cookie: 'session=d.e.f' })).toBe('d.e.f');
  });

  test('A06 two that differ are no token', () => {
    const joined = usual({ cookie: 'access_token=a.b.c; access_token=d.e.f' });
    expect(joined).toBeDefined();
    expect(parseToken(joined ?? '')).toBeUndefined();
    expect(parseToken(own({ 'x-token': ['a.b.c', 'd.e.f'] } as never) ?? '')).toBeUndefined();
  });
});

describe('what a token holds', () => {
  const token = (header: string, claims: string) => `${encode(header)}.${encode(claims)}.c2ln`;

  test('is read without being believed', () => {
    expect(parseToken(token('{"alg":"RS256","kid":"k","x5t":"t"}', '{"sub":"u"}'))).toMatchObject({
      alg: 'RS256',
      names: { kid: 'k', x5t: 't' },
      claims: { sub: 'u' },
    });
  });

  test('keeps the digits of whole numbers that would be rounded, and of no others', () => {
    const claims = parseToken(
      token('{}', '{"id":90071992547409931,"small":1.5,"text":"90071992547409931","list":[-90071992547409931]}'),
    )?.claims;
    expect(claims).toEqual({
      id: '90071992547409931',
      small: 1.5,
      text: '90071992547409931',
      list: ['-90071992547409931'],
    });
    expect(parseToken(token('{}', '{"id":1234567890123456}'))?.claims).toEqual({ id: 1234567890123456 });
    expect(parseToken(token('{}', '{"id":00123456789012345678}'))).toBeUndefined();
  });

  test('A07 is not looked at beyond a length', () => {
    const fill = (length: number) => token('{}', JSON.stringify({ a: 'x'.repeat(length) }));
    expect(parseToken(fill(12_000))).toBeDefined();
    const long = fill(13_000);
    expect(long.length).toBeGreaterThan(LONGEST_TOKEN);
    expect(parseToken(long)).toBeUndefined();
  });
});
