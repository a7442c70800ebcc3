import { isHopByHop } from '../core/http-headers.js';

const CONNECTION = 'belongs to one connection and never passes; remove it.';
const WRITTEN = 'is written by the gateway itself and never passes; remove it.';
const BODY = 'describes the body of the backend, not the answer, and never passes; remove it.';

const REQUEST: ReadonlyMap<string, string> = new Map([
  ['host', 'never passes: a backend gets its own; the one of the client is in "X-Forwarded-Host". Remove it.'],
  ['proxy', 'never passes, since many programs take it for the address of a proxy; remove it.'],
  ['expect', 'never passes: the app answers it; remove it.'],
  ['content-length', WRITTEN],
  ['x-forwarded-for', WRITTEN],
  ['x-forwarded-host', WRITTEN],
  ['x-forwarded-via', WRITTEN],
]);

const RESPONSE: ReadonlyMap<string, string> = new Map([
  ['content-length', BODY],
  ['content-type', BODY],
  ['content-encoding', BODY],
  ['content-range', BODY],
  ['content-md5', BODY],
]);

/** Why a header that `input_headers` names reaches no backend; undefined for one that does. The name in lower case. */
export function whyNotSent(name: string): string | undefined {
  const plain = name.replaceAll('_', '-');
  return isHopByHop(plain) ? CONNECTION : REQUEST.get(plain);
}

/** Why a header that `output_headers` names reaches no client; undefined for one that does. The name in lower case. */
export function whyNotReturned(name: string): string | undefined {
  return isHopByHop(name) ? CONNECTION : RESPONSE.get(name);
}
