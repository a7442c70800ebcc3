import { expect, test } from 'vitest';
import { findConflict, isHopByHop, SINGLE_VALUED } from '../../lib/core/http-headers.js';

test('isHopByHop knows the headers of one connection', () => {
  expect(['connection', 'te', 'upgrade', 'proxy-anything', 'transfer-encoding'].every(isHopByHop)).toBe(true);
  expect(['content-type', 'set-cookie', 'tea', 'x-proxy-a'].some(isHopByHop)).toBe(false);
});

test('H05 two different values of what has one are a conflict, the same value twice is none', () => {
  const headers = { etag: ['"a"', '"b"'], location: ['/a', '/a'], 'x-a': ['1', '2'], 'content-type': 'text/plain' };
  expect(findConflict(headers, SINGLE_VALUED)).toBe('etag');
  expect(findConflict(headers, ['location', 'x-a', 'content-type', 'absent'])).toBeUndefined();
});
