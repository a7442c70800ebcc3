import { describe, expect, test } from 'vitest';
import { parseDirectives, seconds } from '../../../lib/components/http-cache/directives.js';

function read(value: string | string[] | undefined): Record<string, string> {
  return Object.fromEntries(parseDirectives(value));
}

describe('parseDirectives', () => {
  test.each<[string | string[] | undefined, Record<string, string>]>([
    [undefined, {}],
    ['', {}],
    ['public, max-age=60', { public: '', 'max-age': '60' }],
    ['PUBLIC,Max-Age=60', { public: '', 'max-age': '60' }],
    [' no-cache ,, ; no-store', { 'no-cache': '', 'no-store': '' }],
    ['max-age="60"', { 'max-age': '60' }],
    ['max-age = 60', { 'max-age': '60' }],
    [['private', 'max-age=5'], { private: '', 'max-age': '5' }],
    ['no-cache="set-cookie, x", max-age=1', { 'no-cache': 'set-cookie, x', 'max-age': '1' }],
    ['a="\\", private", b', { a: '\\", private', b: '' }],
    ['constructor=1, __proto__=2', { constructor: '1', ['__proto__']: '2' }],
  ])('%j', (value, directives) => {
    expect(parseDirectives(value)).toEqual(new Map(Object.entries(directives)));
  });

  test.each([
    'private',
    'Private',
    'PRIVATE',
    'private=',
    'private=""',
    'private="x"',
    'private=" authorization"',
    '"private"',
    'private="x',
    '=private',
    'a="b",private',
    'x private',
  ])('K01 %s is private', (value) => {
    expect(read(value)).toHaveProperty('private');
    expect(read(`max-age=60, ${value}`)).toHaveProperty('private');
  });

  test('K05 of several lifetimes the shortest counts, and nonsense is the shortest', () => {
    expect(read('max-age=60, max-age=5')).toEqual({ 'max-age': '5' });
    expect(read('max-age=5, max-age=60')).toEqual({ 'max-age': '5' });
    expect(seconds(read('max-age=60, max-age=x')['max-age'])).toBe(0);
    expect(seconds(read('max-age=x, max-age=60')['max-age'])).toBe(0);
  });

  test('K01 never throws and takes no time, whatever the header is', () => {
    let seed = 7;
    const alphabet = ' ,;="\\private-no\t\u00e9*';
    for (let run = 0; run < 20_000; run++) {
      let text = '';
      for (let length = run % 40; length > 0; length--) {
        seed = (seed * 48271) % 2147483647;
        text += alphabet[seed % alphabet.length];
      }
      expect(parseDirectives(text)).toBeInstanceOf(Map);
    }
    const started = performance.now();
    for (const piece of ['="', 'a="\\', ' ', ',', 'a=', '"']) parseDirectives(piece.repeat(16_384 / piece.length));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('seconds', () => {
  test.each<[string | undefined, number]>([
    ['60', 60],
    ['0', 0],
    ['', 0],
    [undefined, 0],
    ['-5', 0],
    ['1e99', 0],
    ['1.5', 0],
    ['0x10', 0],
    ['60s', 0],
  ])('%j is %d', (text, value) => {
    expect(seconds(text)).toBe(value);
  });
});
