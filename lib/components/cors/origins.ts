/** Whether a page of that origin, in the spelling of its `Origin` header, may read answers. */
export type IsAllowedOrigin = (origin: string) => boolean;

/** An origin as browsers send it. Anything else is compared whole and never with a pattern. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/(?:[a-z\d._~%-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/;
/** No origin is longer: a scheme, a name of 253 characters and a port. */
const LONGEST = 512;

/** Entries are exact origins, or have one `*` that stands for any text; undefined where one of them is `*`: all are allowed. */
export function createOriginCheck(entries: readonly string[]): IsAllowedOrigin | undefined {
  if (entries.includes('*')) return undefined;
  const folded = entries.map((entry) => entry.toLowerCase());
  const exact = new Set(folded.filter((entry) => !entry.includes('*')));
  const patterns = folded
    .filter((entry) => entry.includes('*'))
    .map((entry) => {
      const star = entry.indexOf('*');
      return { start: entry.slice(0, star), end: entry.slice(star + 1) };
    });

  return function isAllowedOrigin(origin) {
    if (exact.has(origin)) return true;
    if (origin.length > LONGEST) return false;
    const text = origin.toLowerCase();
    if (exact.has(text)) return true;
    if (patterns.length === 0 || !ORIGIN.test(text)) return false;
    return patterns.some(
      ({ start, end }) => text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end),
    );
  };
}

const SPELLING = 'write scheme and host without a slash at the end, such as "https://shop.example"';

/** What an entry lets in beside what was meant, or why no page has such an origin; undefined where all is well. */
export function adviceOnOrigin(entry: string): string | undefined {
  const text = entry.toLowerCase();
  if (text === '*' || text === 'null' || ORIGIN.test(text)) return undefined;
  const star = text.indexOf('*');
  if (star < 0) return `is the origin of no page: ${SPELLING}`;
  const [start, end] = [text.slice(0, star), text.slice(star + 1)];
  if (!FILLINGS.some((filling) => ORIGIN.test(`${start}${filling}${end}`))) {
    return `is the origin of no page, whatever the "*" stands for: ${SPELLING}`;
  }
  // What stands before a "*" at the end: of a host "https://shop.example", nothing else, or a part of the port.
  if (end === '' && !/(?:^|:\/\/|:\d*)$/.test(start)) {
    return 'allows hosts of other owners too, such as "…shop.example.attacker.example": write the host to its end';
  }
  if (/(?:^|:\/\/)$/.test(start) && /^(?:[a-z\d]|-[^.]*\.[^.]*$)/.test(end)) {
    return 'allows hosts of other owners too, such as "attacker-shop.example" for "*shop.example": write a "." behind the "*"';
  }
  return undefined;
}

/** What a "*" may stand for. */
const FILLINGS = ['x', '1', '', 'https', 'https://x'];
