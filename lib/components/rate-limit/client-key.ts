import { hash } from 'node:crypto';
import type { Client, ProxyRequest } from '../../proxy.js';
import { networkOf } from './network.js';

/** What a limit per client may know of a request. */
export interface Subject {
  readonly client: Client;
  readonly params: ProxyRequest['params'];
}

/** Tells clients apart; undefined for one that does not identify itself. */
export type ClientKey = (subject: Subject) => string | undefined;

export type Strategy = 'ip' | 'header' | 'param';

export interface ClientKeyOptions {
  readonly strategy: Strategy;
  /** The header, or the param. */
  readonly key: string;
  /** Bits of an IPv6 address that tell clients apart. */
  readonly ipv6Prefix: number;
}

export function createClientKey({ strategy, key, ipv6Prefix }: ClientKeyOptions): ClientKey {
  if (strategy === 'ip') {
    return function addressOf({ client }) {
      return networkOf(client.ip, ipv6Prefix);
    };
  }
  if (strategy === 'header') {
    const name = key.toLowerCase();
    return function headerOf({ client }) {
      const value = client.claimed && name in client.claimed ? client.claimed[name] : client.headers[name];
      return fingerprint(Array.isArray(value) ? value[0] : value);
    };
  }
  return function paramOf({ params }) {
    return fingerprint(params[key]);
  };
}

/** Of one length, however long the value; and no store holds a token of a client. */
function fingerprint(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : hash('sha256', value, 'base64url');
}
