import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { groupsOf, ipv4Of } from '../core/ipv6.js';

/**
 * What network an address belongs to. `shared` is that of providers behind which customers share addresses (RFC 6598).
 * `reserved` is what no service is rightly found at by a redirect: link-local addresses, where clouds keep their metadata,
 * unspecified ones, multicast, broadcast and whatever else is not routed.
 */
export type AddressKind = 'public' | 'private' | 'shared' | 'loopback' | 'reserved';

/** Where clouds keep credentials of the machine, outside of the link-local range. */
const METADATA = ['100.100.100.200/32', '168.63.129.16/32', 'fd00:ec2::/32', 'fd20:ce::254/128'];

/** From the registries of special-purpose addresses (RFC 6890); the first that fits counts. */
const KINDS: readonly (readonly [AddressKind, BlockList])[] = [
  [
    'reserved',
    listOf([
      ...METADATA,
      ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
      // Multicast, what was never given out, and broadcast.
      '224.0.0.0/3',
      // Protocol assignments, tunnels that end at any IPv4 address among them, and documentation.
      ...['2001::/23', '2001:db8::/32', '3fff::/20'],
    ]),
  ],
  ['loopback', listOf(['127.0.0.0/8', '::1/128'])],
  // 198.18.0.0/15 is for benchmarks, and used by proxies and overlay networks.
  ['private', listOf(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15', 'fc00::/7', 'fec0::/10'])],
  ['shared', listOf(['100.64.0.0/10'])],
];

/** The kind of an address in numbers, however it is spelt; `reserved` for what is no address. */
export function kindOf(address: string): AddressKind {
  const zone = address.indexOf('%');
  const text = zone < 0 ? address : address.slice(0, zone);
  if (isIPv4(text)) return kindIn('ipv4', text) ?? 'public';
  return isIPv6(text) ? kindOfIPv6(text) : 'reserved';
}

function kindOfIPv6(address: string): AddressKind {
  const groups = groupsOf(address);
  const listed = kindIn('ipv6', address);
  if (listed !== undefined) return listed;
  const embedded = embeddedIPv4(groups);
  if (embedded !== undefined) return kindOf(embedded);
  // All that is routed so far is 2000::/3.
  return (groups[0] as number) >> 13 === 1 ? 'public' : 'reserved';
}

/** The IPv4 address that an IPv6 address is a way to write, or a way to reach. */
function embeddedIPv4(groups: readonly number[]): string | undefined {
  const [first = 0, second = 0, third = 0, , , , seventh = 0, eighth = 0] = groups;
  if (first === 0x2002) return ipv4Of(second, third);
  const prefix = groups.slice(0, 6).join();
  return IPV4_PREFIXES.has(prefix) ? ipv4Of(seventh, eighth) : undefined;
}

/** Mapped, compatible, translated (RFC 2765) and NAT64 (RFC 6052). */
const IPV4_PREFIXES = new Set(['::ffff:0:0', '::', '::ffff:0:0:0', '64:ff9b::'].map((text) => prefixOf(text)));

function prefixOf(address: string): string {
  return groupsOf(address).slice(0, 6).join();
}

function kindIn(family: 'ipv4' | 'ipv6', address: string): AddressKind | undefined {
  return KINDS.find(([, list]) => list.check(address, family))?.[0];
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}
