/** The directives of a `Cache-Control` header: names in lower case, values without quotes, empty where there is none. */
export type Directives = ReadonlyMap<string, string>;

type HeaderValue = string | readonly string[] | undefined;

const NONE: Directives = new Map();
/** A name and, after `=`, a quoted or a plain value. What fits neither is passed over. */
const DIRECTIVE = /([^\s,;="]+)"?(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]*)))?/g;
/** Of several values of these the shortest counts. */
const SHORTEST = new Set(['max-age', 's-maxage', 'stale-if-error']);

/**
 * Reads a header in any spelling: case, repeats, quotes that do not close. In doubt a directive is there: `private=` and
 * `"private"` are `private`, for what is wrongly kept back costs a call, and what is wrongly stored is the data of one client.
 */
export function parseDirectives(value: HeaderValue): Directives {
  if (value === undefined || value.length === 0) return NONE;
  const directives = new Map<string, string>();
  for (const [, rawName = '', quoted, plain] of listOf(value).matchAll(DIRECTIVE)) {
    const name = rawName.toLowerCase();
    const text = quoted ?? plain ?? '';
    const present = directives.get(name);
    if (present === undefined || !SHORTEST.has(name) || !(seconds(present) < seconds(text))) directives.set(name, text);
  }
  return directives;
}

/** Whole seconds; 0 for what is no number, so that nonsense is never fresh. */
export function seconds(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}

/** Header lines of one name as the one list they mean. */
export function listOf(value: HeaderValue): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : value.join(', ');
}
