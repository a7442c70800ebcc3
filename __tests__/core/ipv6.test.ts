import { expect, test } from 'vitest';
import { groupsOf, ipv4Of } from '../../lib/core/ipv6.js';

test.each([
  ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
  ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
  ['fe80::', [0xfe80, 0, 0, 0, 0, 0, 0, 0]],
  ['2001:DB8::7:8', [0x2001, 0xdb8, 0, 0, 0, 0, 7, 8]],
  ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['::ffff:192.0.2.33', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x221]],
  ['64:ff9b::127.0.0.1', [0x64, 0xff9b, 0, 0, 0, 0, 0x7f00, 1]],
])('the groups of %s', (address, groups) => {
  expect(groupsOf(address)).toEqual(groups);
});

test('two groups are an IPv4 address', () => {
  expect([ipv4Of(0xc0a8, 0x0102), ipv4Of(0, 1), ipv4Of(0xffff, 0xffff)]).toEqual([
    '192.168.1.2',
    '0.0.0.1',
    '255.255.255.255',
  ]);
});
