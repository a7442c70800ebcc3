import { groupsOf } from '../../core/ipv6.js';

const GROUP_BITS = 16;

/**
 * What an address counts as: an IPv4 address as itself, an IPv6 address as the network of its first `prefix` bits,
 * since a client that has one address of such a network has them all.
 */
export function networkOf(address: string, prefix: number): string {
  if (!address.includes(':')) return address;
  const groups = groupsOf(address);
  let network = '';
  for (let index = 0; index * GROUP_BITS < prefix; index++) {
    const bits = Math.min(GROUP_BITS, prefix - index * GROUP_BITS);
    const group = (groups[index] as number) & (0xffff << (GROUP_BITS - bits));
    network += `${group.toString(16)}:`;
  }
  return `${network}/${prefix}`;
}
