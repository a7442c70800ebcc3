import { sanitizeHost } from '../config/hosts.js';

const BASE_PATH = /^(?:\/[\w.~-]+)*\/?$/;
const DOTS = /\/\.\.?(?:\/|$)/;

/**
 * The origin of a discovered name and port; `undefined` when they are not what they seem, such as a number that a URL
 * would read as an address.
 */
export function hostOf(scheme: string, name: string, port: number): string | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const literal = name.includes(':') ? `[${name}]` : name.replace(/\.$/, '').toLowerCase();
  const text = `${scheme}://${literal}:${port}`;
  const origin = sanitizeHost(text);
  return origin !== undefined && hasName(origin, literal) ? origin : undefined;
}

/** A host that a registry holds as text: an origin, or `name:port` to which the scheme is added, with or without a base path. */
export function hostOfText(scheme: string, text: string): string | undefined {
  const value = text.trim();
  const full = /^https?:\/\//i.test(value) ? value : `${scheme}://${value}`;
  const slash = full.indexOf('/', full.indexOf('//') + 2);
  const path = slash < 0 ? '' : full.slice(slash);
  const origin = sanitizeHost(slash < 0 ? full : full.slice(0, slash));
  if (origin === undefined || !BASE_PATH.test(path) || DOTS.test(path)) return undefined;
  const authority = full.slice(full.indexOf('//') + 2, slash < 0 ? undefined : slash);
  return hasName(origin, authority.replace(/:\d+$/, '').toLowerCase()) ? origin + path.replace(/\/$/, '') : undefined;
}

/** Whether the URL still has the name that was written: `http://2130706433` has `127.0.0.1`. IPv6 has many spellings. */
function hasName(origin: string, name: string): boolean {
  return name.startsWith('[') || new URL(origin).hostname === name;
}
