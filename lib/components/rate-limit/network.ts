import { isIPv6 } from 'node:net';

const GROUPS = 8;
const GROUP_BITS = 16;

/**
 * Whom an address stands for: an IPv4 address for itself, an IPv6 address for the network of its first `prefix` bits,
 * since whoever has one address of such a network has them all.
 */
export function networkOf(address: string, prefix: number): string {
  if (!isIPv6(address)) return address;
  const groups = expand(address);
  const whole = Math.floor(prefix / GROUP_BITS);
  const rest = prefix % GROUP_BITS;
  const kept = groups.slice(0, whole);
  if (rest > 0) kept.push((groups[whole] as number) & (0xffff << (GROUP_BITS - rest)));
  return `${kept.map((group) => group.toString(16)).join(':')}/${prefix}`;
}

/** The eight groups of an IPv6 address, as numbers. */
function expand(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const before = groupsIn(head);
  if (tail === undefined) return before;
  const after = groupsIn(tail);
  return [...before, ...Array<number>(GROUPS - before.length - after.length).fill(0), ...after];
}

function groupsIn(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return Number.parseInt(part, 16);
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
