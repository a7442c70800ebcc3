import { z } from 'zod';
import { createPlain, isPlain } from './copy.js';
import type { Path } from './path.js';
import type { Report } from './report.js';

/** The 1.3 names of options. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['headers_to_pass', 'input_headers'],
  ['querystring_params', 'input_query_strings'],
  ['whitelist', 'allow'],
  ['blacklist', 'deny'],
]);

/** The long names of the namespaces that belong to the core; `github_com/…` is the same as `github.com/…`. */
const LONG_NAMES: ReadonlyMap<string, string> = new Map([
  ['github.com/devopsfaith/krakend/proxy', 'proxy'],
  ['github.com/luraproject/lura/proxy', 'proxy'],
  ['github.com/devopsfaith/krakend/http', 'backend/http'],
  ['github.com/luraproject/lura/http', 'backend/http'],
  ['github.com/luraproject/lura/router/gin', 'router'],
]);

/** The 2.x name of a core namespace; any other name comes back as it is. */
export function namespaceName(written: string): string {
  return LONG_NAMES.get(written.replace(/^github_com\//, 'github.com/')) ?? written;
}

/** The long names of a core namespace, as `github.com/…`. */
export function longNamesOf(namespace: string): readonly string[] {
  return [...LONG_NAMES].flatMap(([long, name]) => (name === namespace ? long : []));
}

export function isComment(key: string): boolean {
  return /^[@$#_]/.test(key);
}

function snakeCase(key: string): string {
  return key
    .replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll('-', '_')
    .toLowerCase();
}

/** The option a key means, if the key is another spelling of one. */
function optionName(written: string, options: Readonly<Record<string, unknown>>): string {
  if (Object.hasOwn(options, written)) return written;
  const snake = snakeCase(written);
  const name = RENAMED.get(snake) ?? snake;
  return Object.hasOwn(options, name) ? name : written;
}

/** The given names of options and those that 1.3 had for them. */
export function withOldNames(names: readonly string[]): readonly string[] {
  return [...names, ...[...RENAMED].flatMap(([old, name]) => (names.includes(name) ? old : []))];
}

/** What a schema accepts, without what is made of it. */
function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrap(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return schema;
}

/**
 * One object of the configuration in the names of its schema: comments dropped, other spellings renamed, here and in the
 * objects below that the schema knows. Free-form data is not touched.
 */
export function normalise(value: unknown, schema: unknown, path: Path, report: Report): unknown {
  const known = unwrap(schema);
  if (known instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) => normalise(item, known.element, [...path, index], report));
  }
  if (!(known instanceof z.ZodObject) || !isPlain(value)) return value;
  const result = createPlain();
  for (const [written, member] of renamedEntries(value, (key) => optionName(key, known.shape), path, report)) {
    result[written] = normalise(member, known.shape[written], [...path, written], report);
  }
  return result;
}

/** The members that are no comments, under their names of today. A name that is given twice is a fault. */
export function renamedEntries(
  value: Readonly<Record<string, unknown>>,
  nameOf: (written: string) => string,
  path: Path,
  report: Report,
): [name: string, member: unknown][] {
  const writtenAs = new Map<string, string>();
  const entries: [string, unknown][] = [];
  for (const [written, member] of Object.entries(value)) {
    if (isComment(written)) continue;
    const name = nameOf(written);
    const other = writtenAs.get(name);
    if (other !== undefined) {
      report.add([...path, name], `is given twice, as "${other}" and as "${written}"; keep one of them.`);
      continue;
    }
    writtenAs.set(name, written);
    if (name !== written) report.spell([...path, name], written);
    entries.push([name, member]);
  }
  return entries;
}
