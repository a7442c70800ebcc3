import type { ServerResponse } from 'node:http';
import { isHopByHop } from '../core/http-headers.js';
import { isList, joinLists, toValue } from '../core/list-header.js';
import type { Headers } from '../proxy.js';
import { nominated } from '../request/headers.js';
import { setHeader } from './header-value.js';

/** What an earlier middleware had set, under the names of the headers that were set since. */
export type Earlier = Record<string, ReturnType<ServerResponse['getHeader']>>;

/**
 * Sets the headers that are meant for the client. Cookies and lists join those that an earlier middleware has set; other
 * headers take their place.
 */
export function setHeaders(
  response: ServerResponse,
  headers: Headers,
  skipped: ReadonlySet<string>,
  earlier: Earlier,
): void {
  const dropped = nominated(headers['connection']);
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || isHopByHop(name) || skipped.has(name) || dropped.includes(name)) continue;
    const existing = response.getHeader(name);
    earlier[name] = Array.isArray(existing) ? [...existing] : existing;
    if (name === 'set-cookie') response.appendHeader(name, value);
    else if (existing !== undefined && isList(name))
      setHeader(response, name, joinLists(name, toValue(existing), value));
    else setHeader(response, name, value);
  }
}

/** An error answer has what the app has set, and nothing of a backend. */
export function undo(response: ServerResponse, earlier: Earlier): void {
  if (response.headersSent) return;
  for (const name in earlier) {
    const value = earlier[name];
    if (value === undefined) response.removeHeader(name);
    else setHeader(response, name, toValue(value));
  }
}
