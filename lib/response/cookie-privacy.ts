import type { ServerResponse } from 'node:http';

const SHARED = /^(?:public|s-maxage)\b/i;
const UNSHARED = /^(?:private|no-store)$/i;

/** Called by Node when it writes the head; not part of its public interface. */
interface Writing {
  _storeHeader?: (...args: unknown[]) => unknown;
}

/** An answer that sets a cookie is not for shared caches, whatever its `Cache-Control` says: takes `public` out of it. */
export function keepCookiesPrivate(response: ServerResponse): void {
  if (!response.hasHeader('cache-control')) return;
  if (response.hasHeader('set-cookie')) makePrivate(response);
  // Sessions set their cookie in a `writeHead` of their own, when the head is written.
  else if (Object.hasOwn(response, 'writeHead')) watch(response);
}

function watch(response: ServerResponse): void {
  const writing: Writing = response as unknown as Writing;
  const store = writing._storeHeader;
  if (store === undefined) return;
  writing._storeHeader = function storePrivate(...args) {
    if (response.hasHeader('set-cookie')) makePrivate(response);
    return Reflect.apply(store, response, args);
  };
}

function makePrivate(response: ServerResponse): void {
  const directives = String(response.getHeader('cache-control') ?? '')
    .split(',')
    .map((directive) => directive.trim());
  const kept = directives.filter((directive) => directive !== '' && !SHARED.test(directive));
  if (kept.length === directives.length) return;
  if (!kept.some((directive) => UNSHARED.test(directive))) kept.unshift('private');
  response.setHeader('Cache-Control', kept.join(', '));
}
