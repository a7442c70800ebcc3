import type { OutgoingHttpHeader, ServerResponse } from 'node:http';

/**
 * Headers that are lists, of which the app, the gateway and a backend can each have a part: one that overwrote another would
 * take away a cache's key, a preload or a policy. Several content security policies all hold.
 */
const LISTS: ReadonlySet<string> = new Set([
  'vary',
  'link',
  'server-timing',
  'via',
  'access-control-expose-headers',
  'content-security-policy',
  'content-security-policy-report-only',
  'reporting-endpoints',
  'clear-site-data',
  'accept-ch',
  'cache-status',
  'preference-applied',
]);
/** Names of headers, in any case. */
const NAMES: ReadonlySet<string> = new Set(['vary', 'access-control-expose-headers', 'accept-ch']);
type Value = string | readonly string[];

/** True for a header whose values are joined. Names in lower case. */
export function isList(name: string): boolean {
  return LISTS.has(name);
}

/** The items of both, each once, in order. `*` in a `Vary` means all. */
export function joinLists(name: string, one: Value, other: Value): string {
  const items = new Map<string, string>();
  for (const item of [...itemsOf(one), ...itemsOf(other)]) {
    const key = NAMES.has(name) ? item.toLowerCase() : item;
    if (!items.has(key)) items.set(key, item);
  }
  return name === 'vary' && items.has('*') ? '*' : [...items.values()].join(', ');
}

/** Joins a value to the list that an answer has under this name, in any case. */
export function addToList(response: ServerResponse, name: string, value: string): void {
  const existing = response.getHeader(name);
  response.setHeader(name, existing === undefined ? value : joinLists(name.toLowerCase(), toValue(existing), value));
}

/** The value of a header as `setHeader` takes it back. */
export function toValue(value: OutgoingHttpHeader): Value {
  return typeof value === 'number' ? String(value) : value;
}

/** Commas in quotes and in the target of a link end no item. One pass, whatever is left open. */
function itemsOf(value: Value): string[] {
  const text = typeof value === 'string' ? value : value.join(',');
  const items: string[] = [];
  let start = 0;
  let closing = ',';
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (closing === '"' && character === '\\') index++;
    else if (character === closing && closing !== ',') closing = ',';
    else if (closing === ',' && character === '"') closing = '"';
    else if (closing === ',' && character === '<') closing = '>';
    else if (closing === ',' && character === ',') {
      items.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  items.push(text.slice(start).trim());
  return items.filter((item) => item !== '');
}
