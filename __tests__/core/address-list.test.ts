import { describe, expect, test } from 'vitest';
import { createAddressList, isNetwork } from '../../lib/core/address-list.js';

describe('H07 an address is in', () => {
  test.each<[entry: string, address: string, isIn: boolean]>([
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    // The bits behind the prefix say nothing.
    ['192.168.1.77/24', '192.168.1.1', true],
    ['192.168.1.77/24', '192.168.2.77', false],
    ['192.168.1.1/32', '192.168.1.1', true],
    ['192.168.1.1/32', '192.168.1.2', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '203.0.113.9', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:DB8::/32', '2001:db8:1::1', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
    ['::1', '::1', true],
    ['::1', '127.0.0.1', false],
    // IPv4 that is written as IPv6, on either side.
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::FFFF:0a01:0203', true],
    ['10.0.0.0/8', '0:0:0:0:0:ffff:a01:203', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['::ffff:10.1.2.3', '10.1.2.3', true],
    ['::ffff:0:0/96', '203.0.113.9', true],
    ['10.0.0.0/8', '64:ff9b::10.1.2.3', false],
    // What is no address is in no list.
    ['0.0.0.0/0', '', false],
    ['0.0.0.0/0', 'localhost', false],
    ['0.0.0.0/0', '10.0.0.1/32', false],
    ['0.0.0.0/0', '010.0.0.1', false],
    ['0.0.0.0/0', '167772161', false],
    ['::/0', 'fe80::1%eth0', false],
  ])('%s: %s %s', (entry, address, isIn) => {
    expect(createAddressList([entry]).has(address)).toBe(isIn);
    // Beside others it is the same.
    expect(createAddressList(['198.51.100.7', '2001:db8:ffff::7', entry]).has(address)).toBe(isIn);
  });
});

test('an empty list holds nothing', () => {
  expect(createAddressList([]).has('10.0.0.1')).toBe(false);
});

test.each<[string, boolean]>([
  ['10.0.0.1', true],
  ['10.0.0.0/0', true],
  ['10.0.0.0/32', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/-1', false],
  ['10.0.0.0/8.0', false],
  ['10.0.0.0/0x8', false],
  ['10.0.0.0/255.0.0.0', false],
  ['10.0.0', false],
  ['10.0.0.*', false],
  ['', false],
  ['localhost', false],
  [' 10.0.0.1', false],
  ['::/0', true],
  ['::/128', true],
  ['::/129', false],
  ['fe80::1%eth0', false],
  ['fe80::%eth0/10', false],
  ['[::1]', false],
])('%j is a network: %s', (entry, expected) => {
  expect(isNetwork(entry)).toBe(expected);
});
