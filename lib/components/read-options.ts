import { z } from 'zod';
import { isPlain } from '../config/copy.js';
import { normalise, withOldNames } from '../config/dialect.js';
import { explain } from '../config/explain.js';
import { suggest } from '../config/nearest.js';
import { pathText } from '../config/path.js';
import { createReport } from '../config/report.js';
import type { ConfigIssue } from '../errors.js';

export type ReadOptions<T> =
  | { readonly config: T; readonly issues?: undefined }
  /** With what is sound of it, where the rest can do without what is not. */
  | { readonly issues: readonly ConfigIssue[]; readonly config?: T | undefined };

/**
 * Reads a namespace's value with the schema of its component, as the core reads its own: comments dropped, 1.3 spellings
 * taken, and unknown options refused with the nearest known name. Paths of issues begin below the namespace.
 */
export function readOptions<S extends z.ZodType>(schema: S, value: unknown): ReadOptions<z.output<S>> {
  const report = createReport();
  const named = normalise(value, schema, [], report);
  const known = new Map<string, readonly string[]>();
  const result = schema.safeParse(named, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
        known.set(pathText(issue.path ?? []), Object.keys(issue.inst.shape));
      }
      return explain(issue);
    },
  });
  if (result.success && report.issues.length === 0) return { config: result.data };

  for (const issue of result.error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') report.add(issue.path, issue.message);
    else {
      const names = withOldNames(known.get(pathText(issue.path)) ?? []);
      for (const key of issue.keys) {
        report.add([...issue.path, key], `is not a known option here.${suggest(key, names)}`);
      }
    }
  }
  const config = readSound(schema, named, result.error?.issues ?? []);
  return { issues: report.issues, ...(config !== undefined && { config }) };
}

function readSound<S extends z.ZodType>(
  schema: S,
  named: unknown,
  issues: readonly z.core.$ZodIssue[],
): z.output<S> | undefined {
  if (!isPlain(named)) return undefined;
  const faulty = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : issue.path.slice(0, 1),
    ),
  );
  const sound = Object.fromEntries(Object.entries(named).filter(([key]) => !faulty.has(key)));
  return schema.safeParse(sound).data;
}
