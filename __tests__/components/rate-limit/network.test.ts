import { describe, expect, test } from 'vitest';
import { networkOf } from '../../../lib/components/rate-limit/network.js';

test('L01 an IPv4 address stands for itself', () => {
  expect(networkOf('192.0.2.7', 64)).toBe('192.0.2.7');
  expect(networkOf('', 64)).toBe('');
});

describe('L01 an IPv6 address stands for its network', () => {
  test.each([
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2:/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', 64, '2001:db8:1:2:/64'],
    ['2001:db8::1', 64, '2001:db8:0:0:/64'],
    ['2001:db8:1::', 64, '2001:db8:1:0:/64'],
    ['::1', 64, '0:0:0:0:/64'],
    ['::', 48, '0:0:0:/48'],
    ['2001:db8:1:2ff::1', 56, '2001:db8:1:200:/56'],
    ['2001:db8:1:200::1', 56, '2001:db8:1:200:/56'],
    ['2001:db8:1:300::1', 56, '2001:db8:1:300:/56'],
    ['64:ff9b::192.0.2.33', 128, '64:ff9b:0:0:0:0:c000:221:/128'],
    ['::192.0.2.33', 112, '0:0:0:0:0:0:c000:/112'],
    ['2001:0DB8:0001:0002::1', 64, '2001:db8:1:2:/64'],
    ['fe80::1:2:3:4', 63, 'fe80:0:0:0:/63'],
  ])('%s by %i bits: %s', (address, prefix, network) => {
    expect(networkOf(address, prefix)).toBe(network);
  });

  test('however it is abbreviated', () => {
    for (let from = 0; from <= 8; from++) {
      for (let length = 1; from + length <= 8; length++) {
        const groups = Array.from({ length: 8 }, (_, index) =>
          index >= from && index < from + length ? 0 : index + 1,
        );
        const [head, tail] = [groups.slice(0, from), groups.slice(from + length)];
        const short = `${head.join(':')}::${tail.join(':')}`;
        expect(networkOf(short, 128), short).toBe(`${groups.join(':')}:/128`);
      }
    }
  });

  test('all its spellings are one', () => {
    const spellings = ['2001:db8::5:0:0:9', '2001:db8:0:0:5::9', '2001:0db8:0:0:0005:0:0:0009'];
    expect(new Set(spellings.map((address) => networkOf(address, 128))).size).toBe(1);
  });
});
