const COLON = 58;
const GROUPS = 8;
const GROUP_BITS = 16;

/**
 * Whom an address stands for: an IPv4 address for itself, an IPv6 address for the network of its first `prefix` bits,
 * since whoever has one address of such a network has them all.
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

/** The eight groups of a valid IPv6 address, as numbers. */
function groupsOf(address: string): number[] {
  const dot = address.indexOf('.');
  const groups: number[] = [];
  let gap = -1;
  let start = 0;
  for (let index = 0; index <= address.length; index++) {
    if (index < address.length && address.charCodeAt(index) !== COLON) continue;
    if (index > start) {
      if (dot > start && dot < index) groups.push(...groupsOfIPv4(address.slice(start)));
      else groups.push(Number.parseInt(address.slice(start, index), 16));
    } else if (index > 0 && index < address.length) {
      gap = groups.length;
    }
    start = index + 1;
  }
  if (gap >= 0) groups.splice(gap, 0, ...Array<number>(GROUPS - groups.length).fill(0));
  return groups;
}

function groupsOfIPv4(text: string): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
