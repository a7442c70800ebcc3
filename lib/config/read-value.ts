import { z } from 'zod';
import { isPlain } from './copy.js';
import { normalise, withOldNames } from './dialect.js';
import { explain } from './explain.js';
import { suggest } from './nearest.js';
import { type Path, pathText } from './path.js';
import type { Report } from './report.js';

/**
 * Reads one value of a configuration with its schema: comments dropped, 1.3 spellings taken, and unknown options refused with
 * the nearest known name. Faults are reported below `path`. Where there are some, the sound members are what counts, over
 * `fallback`; undefined where the schema cannot do with those.
 */
export function readValue<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: Path,
  report: Report,
  fallback: Readonly<Record<string, unknown>> = {},
): z.output<S> | undefined {
  const named = normalise(value, schema, path, report);
  const known = new Map<string, readonly string[]>();
  const result = schema.safeParse(named, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
        known.set(pathText(issue.path ?? []), Object.keys(issue.inst.shape));
      }
      return explain(issue);
    },
  });
  if (result.success) return result.data;

  const { issues } = result.error;
  const faulty = new Set<PropertyKey | undefined>();
  // What could not be copied is missing here, and has been reported.
  const isKnown = issues.map(
    (issue) => issue.code !== 'unrecognized_keys' && report.isFaulty([...path, ...issue.path]),
  );
  for (const [index, issue] of issues.entries()) {
    const place = [...path, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      const names = withOldNames(known.get(pathText(issue.path)) ?? []);
      for (const key of issue.keys) {
        report.add([...place, key], `is not a known option here.${suggest(key, names)}`);
        faulty.add(issue.path[0] ?? key);
      }
      continue;
    }
    if (!isKnown[index]) report.add(place, issue.message);
    faulty.add(issue.path[0]);
  }
  if (!isPlain(named)) return undefined;
  const sound = Object.entries(named).filter(([key]) => !faulty.has(key));
  return schema.safeParse({ ...fallback, ...Object.fromEntries(sound) }).data;
}
