const COLON = 58;
const GROUPS = 8;

/** The eight groups of a valid IPv6 address without a zone, as numbers. */
export function groupsOf(address: string): number[] {
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

/** The IPv4 address that stands in two groups. */
export function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function groupsOfIPv4(text: string): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
