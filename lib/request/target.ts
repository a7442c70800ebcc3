/** A request target in its parts, both still encoded. */
export interface Target {
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
}

/**
 * Splits `req.url`. Of an absolute-form target (`GET http://host/path`) only path and query count: its authority is the
 * client's claim and identifies nothing here.
 */
export function splitTarget(url: string): Target {
  const start = url.startsWith('/') ? 0 : pathStart(url);
  const mark = url.indexOf('?', start);
  if (mark < 0) return { path: url.slice(start) || '/', query: '' };
  return { path: url.slice(start, mark) || '/', query: url.slice(mark + 1) };
}

function pathStart(url: string): number {
  const scheme = url.indexOf('://');
  const mark = url.indexOf('?');
  if (scheme < 0 || (mark >= 0 && mark < scheme)) return 0;
  const slash = url.indexOf('/', scheme + 3);
  if (slash >= 0 && (mark < 0 || slash < mark)) return slash;
  return mark < 0 ? url.length : mark;
}
