import { expect, test } from 'vitest';
import { changedUrls } from '../../../lib/components/http-cache/invalidation.js';
import { headersOf } from '../../support/requests.js';

const URL_A = 'http://a.test:80/items?x=1';

test.each<[string, Record<string, string | string[]>, string[]]>([
  ['nothing else', {}, []],
  ['a path', { location: '/items/7' }, ['http://a.test:80/items/7']],
  ['a relative reference', { location: 'items/7?y=1#top' }, ['http://a.test:80/items/7?y=1']],
  ['a URL of this origin', { 'content-location': 'http://a.test/items/8' }, ['http://a.test:80/items/8']],
  ['both', { location: '/b', 'content-location': '/c' }, ['http://a.test:80/b', 'http://a.test:80/c']],
  ['the same one twice', { location: '/b', 'content-location': '/b' }, ['http://a.test:80/b']],
  ['itself', { location: '/items?x=1' }, []],
  ['another host', { location: 'http://b.test/items/7' }, []],
  ['another port', { location: 'http://a.test:81/items/7' }, []],
  ['another scheme', { location: 'https://a.test/items/7' }, []],
  ['no URL', { location: 'http://' }, []],
  ['two of them', { location: ['/b', '/c'] }, []],
])('a change names %s', (_what, headers, others) => {
  const response = { status: 201, headers: headersOf(headers as Record<string, string>), body: Buffer.alloc(0) };
  expect(changedUrls(URL_A, response)).toEqual([URL_A, ...others]);
});

test('a backend without a path', () => {
  const response = { status: 201, headers: headersOf({ location: '/b' }), body: Buffer.alloc(0) };
  expect(changedUrls('http://a.test', response)).toEqual(['http://a.test', 'http://a.test/b']);
});

test.each([400, 404, 409, 500, 503])('one that failed with %d changes nothing', (status) => {
  expect(changedUrls(URL_A, { status, headers: headersOf({ location: '/b' }), body: Buffer.alloc(0) })).toEqual([]);
});
