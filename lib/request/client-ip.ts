import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import { show } from '../config/explain.js';
import { type AddressList, createAddressList, isNetwork } from '../core/address-list.js';
import { trustsProxies } from '../core/host-app.js';
import { ipv4Of } from '../core/ipv6.js';
import { ConfigError, type ConfigIssue } from '../errors.js';

/** The client's address, as far as it can be believed; empty when there is none, as on a Unix socket. */
export type ClientIp = (request: IncomingMessage) => string;

export interface ClientIpOptions {
  /** Addresses and CIDR ranges of the proxies whose forwarding headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** The same from the `router` namespace; both lists count. */
  readonly trusted_proxies?: readonly string[] | undefined;
  /** The headers that these proxies write, first come first served. Default: `X-Forwarded-For`, `X-Real-IP`. */
  readonly remote_ip_headers?: readonly string[] | undefined;
  /** False: only the socket counts, whatever else is set. Default: true. */
  readonly forwarded_by_client_ip?: boolean | undefined;
}

const DEFAULT_HEADERS = ['x-forwarded-for', 'x-real-ip'];
/** No real chain is longer; more is not looked at. */
const MAX_HOPS = 32;
/** The longest spelling of an address, with brackets, zone and port. */
const MAX_ADDRESS = 100;

/**
 * Decides whose address a request carries: of `trustedProxies` when there are any, else Express' own `req.ip` when the
 * app has set `trust proxy`, else of the socket.
 *
 * @throws {ConfigError} for an entry of `trustedProxies` that is neither an address nor a CIDR range.
 */
export function createClientIp(options: ClientIpOptions = {}): ClientIp {
  const { trustedProxies = [], trusted_proxies: configured = [], remote_ip_headers: listed = [] } = options;
  const trusted = createTrustList([...trustedProxies, ...configured]);
  if (options.forwarded_by_client_ip === false) return socketAddress;
  if (trusted === undefined) return expressAddress;
  const headers = (listed.length > 0 ? listed : DEFAULT_HEADERS).map((name) => name.toLowerCase());

  return function forwardedAddress(request) {
    const address = socketAddress(request);
    if (address === '' || !trusted.has(address)) return address;
    for (const name of headers) {
      const value = request.headers[name];
      if (typeof value === 'string' && value !== '') return walk(trusted, value) ?? address;
    }
    return address;
  };
}

function socketAddress(request: IncomingMessage): string {
  return parseAddress(request.socket?.remoteAddress ?? '') ?? '';
}

/** Express looks into the headers only when the app has told it which proxies to trust. */
function expressAddress(request: IncomingMessage & { readonly ip?: unknown }): string {
  if (!trustsProxies(request)) return socketAddress(request);
  const { ip } = request;
  return (typeof ip === 'string' ? parseAddress(ip) : undefined) ?? socketAddress(request);
}

/** From right to left: each proxy confirms the entry it has appended, until one of them is not trusted. */
function walk(trusted: AddressList, chain: string): string | undefined {
  let nearest: string | undefined;
  let end = chain.length;
  for (let hop = 0; hop < MAX_HOPS && end >= 0; hop++) {
    const comma = chain.lastIndexOf(',', end - 1);
    // Cut before it is copied: an entry can be as long as all headers together.
    const entry = chain.slice(Math.max(comma + 1, end - MAX_ADDRESS), end);
    const address = end - comma > MAX_ADDRESS ? undefined : parseAddress(entry.trim());
    // Invalid text ends what can be believed: nothing in front of it is trusted either.
    if (address === undefined) return undefined;
    nearest = address;
    if (!trusted.has(address)) return address;
    end = comma;
  }
  return nearest;
}

/** `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]`, `[::1]:5`; without port, brackets and zone, IPv4 never written as IPv6. */
function parseAddress(text: string): string | undefined {
  let address = text;
  if (address.startsWith('[')) {
    const bracket = address.indexOf(']');
    if (bracket < 0 || !/^(?::\d{1,5})?$/.test(address.slice(bracket + 1))) return undefined;
    address = address.slice(1, bracket);
    if (isIPv4(address)) return undefined;
  } else if (address.includes('.') && /^[\d.]+:\d{1,5}$/.test(address)) {
    address = address.slice(0, address.indexOf(':'));
  }
  const family = isIP(address);
  if (family === 0) return undefined;
  return family === 4 ? address : normalizeIPv6(address);
}

function normalizeIPv6(text: string): string {
  const zone = text.indexOf('%');
  const address = (zone < 0 ? text : text.slice(0, zone)).toLowerCase();
  if (!address.startsWith('::ffff:')) return address;
  const mapped = address.slice('::ffff:'.length);
  if (isIPv4(mapped)) return mapped;
  const groups = mapped.split(':').map((group) => Number.parseInt(group, 16));
  const [high, low] = groups;
  if (groups.length !== 2 || high === undefined || low === undefined) return address;
  return ipv4Of(high, low);
}

function createTrustList(entries: readonly string[]): AddressList | undefined {
  if (entries.length === 0) return undefined;
  const issues = faultsOfProxies(entries, 'options.trustedProxies');
  if (issues.length > 0) throw new ConfigError(issues);
  return createAddressList(entries);
}

/** What is wrong with a list of trusted proxies, entry by entry. */
export function faultsOfProxies(entries: readonly unknown[], path: string): readonly ConfigIssue[] {
  return entries.flatMap((entry, index) => {
    if (typeof entry === 'string' && isNetwork(entry)) return [];
    const message = `${show(entry)} is neither an IP address nor a CIDR range such as 10.0.0.0/8.`;
    return [{ path: `${path}[${index}]`, message }];
  });
}
