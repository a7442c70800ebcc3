import type { Segment } from '../config/resolved.js';
import { createMatcher } from './matcher.js';

/** The registered spelling of a path that differs in case, slashes or dot segments; `undefined` when there is none. */
export type CanonicalPath = (method: string, path: string) => string | undefined;

/** Where a redirect could be read as the name of another host, none is made. */
const UNFIT = /[\\\s]|%(?:5c|2f|0[0-9a-f]|1[0-9a-f])/i;

/**
 * Finds where a request that matched nothing may be redirected to: to the same path without duplicate slashes and dot
 * segments, in the case the endpoint is written in, with or without a slash at the end.
 */
export function createCanonicalPath(
  routes: readonly { readonly segments: readonly Segment[]; readonly method: string }[],
): CanonicalPath {
  const shapes = new Map<string, { segments: readonly Segment[]; method: string; value: readonly Segment[] }>();
  for (const { segments, method } of routes) {
    const folded = segments.map(foldSegment);
    const key = `${method} ${folded.map((segment) => ('literal' in segment ? `=${segment.literal}` : ':')).join('/')}`;
    if (!shapes.has(key)) shapes.set(key, { segments: folded, method, value: segments });
  }
  const matcher = createMatcher([...shapes.values()]);

  function find(method: string, path: string): string | undefined {
    const match = matcher.match(method, path.toLowerCase());
    if (match === undefined || 'allow' in match) return undefined;
    return rebuild(match.value, path);
  }

  return function canonicalPath(method, path) {
    if (!path.startsWith('/') || UNFIT.test(path)) return undefined;
    const cleaned = cleanPath(path);
    const other = cleaned.length > 1 && cleaned.endsWith('/') ? cleaned.slice(0, -1) : `${cleaned}/`;
    const found = find(method, cleaned) ?? find(method, other);
    return found === path ? undefined : found;
  };
}

function foldSegment(segment: Segment): Segment {
  if ('literal' in segment) return { literal: segment.literal.toLowerCase() };
  // Names do not matter here, and one shape must have one key.
  return 'param' in segment ? { param: 'param' } : segment;
}

function cleanPath(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isFolder = /^\.{0,2}$/.test(segments.at(-1)!);
  return kept.length > 0 && isFolder ? `/${kept.join('/')}/` : `/${kept.join('/')}`;
}

/** Literals as the endpoint has them, everything else as the client sent it. */
function rebuild(segments: readonly Segment[], path: string): string {
  const sent = path.slice(1).split('/');
  const spelled = sent.map((text, index) => {
    const segment = segments[index];
    return segment && 'literal' in segment ? segment.literal : text;
  });
  return `/${spelled.join('/')}`;
}
