import { type LookupAddress, lookup } from 'node:dns';
import { isIP } from 'node:net';
import { type AddressKind, kindOf } from './address-kind.js';

/** The code of the error for an address that a redirect may not lead to. */
export const REFUSED_ADDRESS = 'REFUSED_ADDRESS';

/** Whether a redirect of a backend at an address of this kind may lead to that address. */
export function mayLeadTo(address: string, from: AddressKind): boolean {
  const kind = kindOf(address);
  return kind === 'public' || (kind === from && kind !== 'reserved');
}

/** An entry of what a look-up finds. */
interface Found {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Looks all addresses of a name up, for sockets of Node and for axios. */
export type RedirectLookup = (
  hostname: string,
  options: object,
  callback: (error: NodeJS.ErrnoException | null, found: Found[]) => void,
) => void;

/**
 * Finds addresses as Node does, without those that a redirect may not lead to. Nothing else is connected to, so a name cannot
 * mean one address when it is judged and for another when it is called.
 */
export function createRedirectLookup(from: AddressKind): RedirectLookup {
  return function lookUpAllowed(hostname, options, callback) {
    lookup(hostname, { ...options, all: true }, function onFound(error, found) {
      if (error) {
        callback(error, []);
        return;
      }
      const allowed = found.filter(({ address }) => mayLeadTo(address, from)).map(toFound);
      callback(allowed.length > 0 ? null : refusedAddress(), allowed);
    });
  };
}

function toFound({ address, family }: LookupAddress): Found {
  return { address, family: family === 6 ? 6 : 4 };
}

export function refusedAddress(): NodeJS.ErrnoException {
  return Object.assign(new Error('A redirect may not lead to this address.'), { code: REFUSED_ADDRESS });
}

/** The address that a URL itself tells; undefined for a name that has to be looked up. */
export function addressIn(url: string): string | undefined {
  const { hostname } = new URL(url);
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(host) !== 0) return host;
  return /(?:^|\.)localhost\.?$/.test(host) ? '127.0.0.1' : undefined;
}
