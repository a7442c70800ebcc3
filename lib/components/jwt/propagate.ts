import type { EndpointConfig } from '../../config/resolved.js';
import type { Client, Headers, RequestHead } from '../../proxy.js';
import { createClaimReader, toText } from './claims.js';
import type { ValidatorOptions } from './options.js';
import type { Claims } from './token.js';

type HeaderValue = string | readonly string[] | undefined;
/** What the claims of one token fill, worked out once for each token. */
export interface Filled {
  readonly claims: Claims;
  readonly params: Readonly<Record<string, string>> | undefined;
  /** In the order of the options; undefined where the claim is missing. */
  readonly headers: readonly HeaderValue[];
  readonly claimed: Client['claimed'];
}

/** Puts claims into what an endpoint and its backends see. */
export interface Propagation {
  /** Undefined where a claim cannot stand in a header. */
  fill(claims: Claims): Filled | undefined;
  apply(head: RequestHead, filled: Filled): RequestHead;
}

const CLAIM = /^JWT\.(.+)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: beyond ASCII is what it looks for
const BEYOND_ASCII = /[^\u0000-\u007f]/;

export function createPropagation(endpoint: EndpointConfig, options: ValidatorOptions): Propagation {
  const { propagate_claims: pairs, propagate_claims_preserve_array: keepsArrays } = options;
  const placeholders = new Set(endpoint.backend.flatMap(({ url_pattern: { params } }) => params));
  const params = [...placeholders].flatMap((param) => {
    const claim = CLAIM.exec(param)?.[1];
    return claim === undefined ? [] : [{ param, read: createClaimReader(claim, true) }];
  });
  const headers = pairs.map(([claim, name]) => ({
    name: name.toLowerCase(),
    isForwarded: isLetIn(name.toLowerCase(), endpoint),
    read: createClaimReader(claim, true),
  }));
  const names = new Set(headers.map(({ name }) => name.replaceAll('_', '-')));
  const personal = headers.filter(({ isForwarded }) => isForwarded).map(({ name }) => name);

  function fillParams(claims: Claims): Filled['params'] {
    if (params.length === 0) return undefined;
    const filled: Record<string, string> = Object.create(null);
    for (const { param, read } of params) {
      const text = toText(read(claims));
      if (text !== undefined) filled[param] = text;
    }
    return filled;
  }

  /** What the client sent under these names, or under names that servers take for them, is not passed on. */
  function withClaims(sent: Headers, values: readonly HeaderValue[]): Headers {
    const all: Record<string, string | readonly string[]> = Object.create(null);
    for (const name in sent) {
      if (!names.has(name.includes('_') ? name.replaceAll('_', '-') : name)) all[name] = sent[name]!;
    }
    for (let index = 0; index < headers.length; index++) {
      const { name, isForwarded } = headers[index]!;
      const value = values[index];
      if (isForwarded && value !== undefined) all[name] = value;
    }
    return all;
  }

  /** For limits, which look at all headers. */
  function claimedBy(values: readonly HeaderValue[]): NonNullable<Client['claimed']> {
    const claimed: Record<string, string | undefined> = Object.create(null);
    headers.forEach(({ name }, index) => {
      const value = values[index];
      claimed[name] = typeof value === 'object' ? value.join(',') : value;
    });
    return claimed;
  }

  return {
    fill(claims) {
      const values = headers.map(({ read }) => toHeader(read(claims), keepsArrays));
      if (values.includes(null)) return undefined;
      const sound = values as HeaderValue[];
      return { claims, params: fillParams(claims), headers: sound, claimed: claimedBy(sound) };
    },
    apply(head, { claims, params: added, headers: values, claimed }) {
      const hasHeaders = headers.length > 0;
      return {
        method: head.method,
        path: head.path,
        params: added ? Object.assign(Object.create(null), head.params, added) : head.params,
        query: head.query,
        headers: hasHeaders ? withClaims(head.headers, values) : head.headers,
        signal: head.signal,
        client: hasHeaders ? { ip: head.client.ip, headers: head.client.headers, claimed } : head.client,
        held: head.held,
        user: claims,
        personal,
      };
    },
  };
}

/** Whether what stands in a header of the request reaches backends. */
export function isLetIn(name: string, { input_headers: names }: EndpointConfig): boolean {
  return names.includes('*') || names.includes(name);
}

/** Null for what cannot stand in a header. */
function toHeader(claim: unknown, keepsArrays: boolean): HeaderValue | null {
  if (keepsArrays && Array.isArray(claim)) {
    const lines = claim.map((entry) => toLine(toText(entry) ?? ''));
    return lines.includes(null) ? null : (lines as string[]);
  }
  const text = toText(claim);
  return text === undefined ? undefined : toLine(text);
}

/** On the wire it is UTF-8, as KrakenD sends it; Node writes one byte for each character. */
function toLine(text: string): string | null {
  if (CONTROL.test(text)) return null;
  return BEYOND_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
