import { expect, test } from 'vitest';
import { isHopByHop } from '../lib/http-headers.js';

test('isHopByHop knows the headers of one connection', () => {
  expect(['connection', 'te', 'upgrade', 'proxy-anything', 'transfer-encoding'].every(isHopByHop)).toBe(true);
  expect(['content-type', 'set-cookie', 'tea', 'x-proxy-a'].some(isHopByHop)).toBe(false);
});
