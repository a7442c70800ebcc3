import type { OutputHeader } from '../config/resolved.js';
import type { Headers } from '../proxy.js';
import type { Outcome } from './outcome.js';

/** The headers of several answers as one set, in declared order. */
export type HeaderMerge = (outcomes: readonly Outcome[]) => Headers;

/** `rules` has the `output_headers` of each backend; undefined when no backend lets any header out. */
export function createHeaderMerge(rules: readonly (readonly OutputHeader[])[]): HeaderMerge | undefined {
  if (rules.every((list) => list.length === 0)) return undefined;

  return function mergeHeaders(outcomes) {
    const merged: Record<string, string | readonly string[]> = Object.create(null);
    for (const [index, outcome] of outcomes.entries()) {
      if ('error' in outcome) continue;
      const { headers } = outcome.response.metadata;
      for (const { name, keep } of rules[index] ?? []) {
        const value = headers[name];
        if (value === undefined) continue;
        merged[name] = join(merged[name], value, name === 'set-cookie' ? 'append' : keep);
      }
    }
    return merged;
  };
}

type Lines = string | readonly string[];

function join(earlier: Lines | undefined, later: Lines, keep: OutputHeader['keep']): Lines {
  if (earlier === undefined || keep === 'last') return later;
  return keep === 'first' ? earlier : [earlier, later].flat();
}
