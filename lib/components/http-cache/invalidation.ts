import type { BackendResponse } from '../../transport/transport.js';

/**
 * The URLs that an answer to an unsafe method makes stale, by RFC 9111 §4.4: that of the request, and those that the answer
 * names in `Location` and `Content-Location` as far as they are of the same origin. None where it failed.
 */
export function changedUrls(url: string, { status, headers }: BackendResponse): readonly string[] {
  if (status >= 400) return [];
  const { location, 'content-location': contentLocation } = headers;
  if (location === undefined && contentLocation === undefined) return [url];
  const named = [location, contentLocation].flatMap((reference) => resolve(reference, url) ?? []);
  return [...new Set([url, ...named])];
}

/** As backends' URLs are written: the origin of `url` as it is written there, then path and query. */
function resolve(reference: string | readonly string[] | undefined, url: string): string | undefined {
  if (typeof reference !== 'string' || !URL.canParse(reference, url)) return undefined;
  const base = new URL(url);
  const target = new URL(reference, base);
  return target.origin === base.origin ? `${originIn(url)}${target.pathname}${target.search}` : undefined;
}

function originIn(url: string): string {
  const end = url.slice(url.indexOf('://') + 3).search(/[/?#]/);
  return end < 0 ? url : url.slice(0, url.indexOf('://') + 3 + end);
}
