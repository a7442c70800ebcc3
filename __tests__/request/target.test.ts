import { expect, test } from 'vitest';
import { splitTarget } from '../../lib/request/target.js';

test.each([
  ['/', '/', ''],
  ['/a/b', '/a/b', ''],
  ['/a?b=c?d', '/a', 'b=c?d'],
  ['/a?', '/a', ''],
  ['?a=1', '/', 'a=1'],
  ['', '/', ''],
  ['*', '*', ''],
  ['//evil/a', '//evil/a', ''],
  ['/a?u=http://evil/', '/a', 'u=http://evil/'],
])('splits %s', (url, path, query) => {
  expect(splitTarget(url)).toEqual({ path, query });
});

test.each([
  ['http://evil/a/b?c=1', '/a/b', 'c=1'],
  ['HTTPS://user:pw@evil:80/a', '/a', ''],
  ['http://evil', '/', ''],
  ['http://evil?a=/b', '/', 'a=/b'],
])('U07 of the absolute-form target %s only path and query count', (url, path, query) => {
  expect(splitTarget(url)).toEqual({ path, query });
});
