import { BlockList, isIP } from 'node:net';
import { groupsOf, ipv4Of } from './ipv6.js';

/** Addresses and networks of both families. */
export interface AddressList {
  /** Whether an address is in the list; false for text that is none. */
  has(address: string): boolean;
}

/** An entry as it is compared: an IPv4 network that is written as IPv6 is one of IPv4. */
interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Bits in front of the IPv4 address in `::ffff:1.2.3.4`. */
const MAPPED = 96;

/** True for `10.0.0.1`, `10.0.0.0/8`, `::1`, `2001:db8::/32`. */
export function isNetwork(entry: string): boolean {
  return readNetwork(entry) !== undefined;
}

/** Entries that are no networks are left out: `isNetwork` tells. */
export function createAddressList(entries: readonly string[]): AddressList {
  // One list for both would find each IPv4 address in `::/0`.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of entries) {
    const network = readNetwork(entry);
    if (network) lists[network.family].addSubnet(network.address, network.prefix, network.family);
  }
  return {
    has(address) {
      const network = address.includes('/') ? undefined : readNetwork(address);
      return network !== undefined && lists[network.family].check(network.address, network.family);
    },
  };
}

function readNetwork(entry: string): Network | undefined {
  const slash = entry.indexOf('/');
  const address = slash < 0 ? entry : entry.slice(0, slash);
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = slash < 0 ? bits : readPrefix(entry.slice(slash + 1), bits);
  if (prefix === undefined) return undefined;
  if (version === 4) return { address, prefix, family: 'ipv4' };
  const mapped = prefix >= MAPPED ? mappedIPv4(address) : undefined;
  if (mapped !== undefined) return { address: mapped, prefix: prefix - MAPPED, family: 'ipv4' };
  return { address, prefix, family: 'ipv6' };
}

function readPrefix(text: string, max: number): number | undefined {
  return /^\d{1,3}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}

function mappedIPv4(address: string): string | undefined {
  const [first, second, third, fourth, fifth, sixth, high = 0, low = 0] = groupsOf(address);
  if (first || second || third || fourth || fifth || sixth !== 0xffff) return undefined;
  return ipv4Of(high, low);
}
