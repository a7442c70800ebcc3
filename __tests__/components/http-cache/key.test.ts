import { describe, expect, test } from 'vitest';
import { createKeyMaker, urlOf, variantOf } from '../../../lib/components/http-cache/key.js';
import { backendRequest, headersOf } from '../../support/requests.js';

const URL_A = 'http://a.test/items/1?x=1';

function key(headers: Record<string, string | string[]>, rest = {}, ignored: string[] = []): string {
  return createKeyMaker('space', ignored)(backendRequest({ url: URL_A, headers: headersOf(headers), ...rest }));
}

describe('createKeyMaker', () => {
  test('method, URL, space and the way the body is read tell answers apart', () => {
    const keys = [
      key({}),
      key({}, { url: 'http://a.test/items/1' }),
      key({}, { url: 'http://b.test/items/1?x=1' }),
      key({}, { method: 'HEAD' }),
      key({}, { stream: true }),
      createKeyMaker('other', [])(backendRequest({ url: URL_A })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.map(urlOf)).toContain(URL_A);
    expect(urlOf(key({ authorization: 'a' }))).toBe(URL_A);
  });

  test.each([
    'authorization',
    'cookie',
    'x-api-key',
    'x-user-id',
    'x-tenant',
    'x-jwt-sub',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-http-method-override',
    'x-original-url',
    'accept-version',
  ])('K01 K03 %s is part of it, whatever Vary says', (name) => {
    expect(key({ [name]: 'a' })).not.toBe(key({ [name]: 'b' }));
    expect(key({ [name]: 'a' })).not.toBe(key({}));
    expect(key({ [name]: ['a', 'b'] })).not.toBe(key({ [name]: 'a,b' }));
  });

  test('what only negotiates or traces is not: that is for Vary to say', () => {
    const noise = {
      'user-agent': 'x',
      'x-request-id': '1',
      traceparent: '00-1',
      'sec-fetch-mode': 'cors',
      accept: '*/*',
    };
    expect(key(noise)).toBe(key({}));
    expect(key({ 'x-device': '1' }, {}, ['x-device'])).toBe(key({}));
  });

  test('K01 the parts cannot be shifted into one another, and no value can be read from it', () => {
    expect(key({ 'x-a': '1\nx-b:2' })).not.toBe(key({ 'x-a': '1', 'x-b': '2' }));
    expect(key({ 'x-a': '1', 'x-b': '2' })).toBe(key({ 'x-b': '2', 'x-a': '1' }));
    expect(key({ authorization: 'Bearer verysecret' })).not.toContain('verysecret');
  });
});

describe('variantOf', () => {
  test('takes what Vary names, in one spelling', () => {
    const headers = headersOf({ accept: ' text/html ', 'accept-language': ['de', 'en'] });
    expect(variantOf([], headers)).toBe('');
    expect(variantOf(['accept'], headers)).toBe(variantOf(['accept'], headersOf({ accept: 'text/html' })));
    expect(variantOf(['accept-language'], headers)).toBe(
      variantOf(['accept-language'], headersOf({ 'accept-language': 'de, en' })),
    );
    expect(variantOf(['a', 'b'], headersOf({ a: '1","2' }))).not.toBe(
      variantOf(['a', 'b'], headersOf({ a: '1', b: '2' })),
    );
    expect(variantOf(['a'], headersOf({}))).toBe(variantOf(['a'], headersOf({ a: '' })));
  });
});
