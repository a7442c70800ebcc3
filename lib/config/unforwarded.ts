const CONNECTION = 'belongs to one connection and never passes; remove it.';
const WRITTEN = 'is written by the gateway itself and never passes; remove it.';
const BODY = 'describes the body of the backend, not the answer, and never passes; remove it.';

const OF_CONNECTIONS: readonly (readonly [string, string])[] = [
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'alt-svc',
].map((name) => [name, CONNECTION]);

const REQUEST: ReadonlyMap<string, string> = new Map([
  ...OF_CONNECTIONS,
  ['host', 'never passes: a backend gets its own; the one of the client is in "X-Forwarded-Host". Remove it.'],
  ['proxy', 'never passes, since many programs take it for the address of a proxy; remove it.'],
  ['expect', 'never passes: the app answers it; remove it.'],
  ['content-length', WRITTEN],
  ['x-forwarded-for', WRITTEN],
  ['x-forwarded-host', WRITTEN],
  ['x-forwarded-via', WRITTEN],
]);

const RESPONSE: ReadonlyMap<string, string> = new Map([
  ...OF_CONNECTIONS,
  ['content-length', BODY],
  ['content-type', BODY],
  ['content-encoding', BODY],
  ['content-range', BODY],
  ['content-md5', BODY],
]);

/** Why a header that `input_headers` names reaches no backend; undefined for one that does. The name in lower case. */
export function whyNotSent(name: string): string | undefined {
  const plain = name.replaceAll('_', '-');
  return REQUEST.get(plain) ?? (plain.startsWith('proxy-') ? CONNECTION : undefined);
}

/** Why a header that `output_headers` names reaches no client; undefined for one that does. The name in lower case. */
export function whyNotReturned(name: string): string | undefined {
  return RESPONSE.get(name) ?? (name.startsWith('proxy-') ? CONNECTION : undefined);
}
