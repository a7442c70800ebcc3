import type { EndpointConfig } from '../config/resolved.js';

/**
 * The param of an endpoint that an option names, or `undefined` when its path has none. KrakenD capitalises the first
 * letter of params, so its configurations may spell them either way.
 */
export function findParam(name: string, { segments, proxy }: EndpointConfig): string | undefined {
  const known = new Set(segments.flatMap((segment) => ('param' in segment ? segment.param : [])));
  const found = [name, lowerFirst(name), upperFirst(name)].find((candidate) => known.has(candidate));
  if (found !== undefined) return found;
  return proxy.sequential && /^resp\d+(_|$)/i.test(name) ? lowerFirst(name) : undefined;
}

export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
