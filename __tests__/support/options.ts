import { z } from 'zod';

/** What a schema accepts, without what is made of it; the items of an array. */
export function innermost(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return innermost(schema.unwrap());
  if (schema instanceof z.ZodPipe) return innermost(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return schema instanceof z.ZodArray ? innermost(schema.element) : schema;
}

/** Every option of an object with its schema and path, those of objects inside it included. */
export function optionsOf(schema: z.ZodObject, prefix = ''): [path: string, option: z.ZodType][] {
  return Object.entries(schema.shape).flatMap(([name, option]): [string, z.ZodType][] => {
    const inner = innermost(option);
    const below = inner instanceof z.ZodObject ? optionsOf(inner, `${prefix}${name}.`) : [];
    return [[prefix + name, option as z.ZodType], ...below];
  });
}

/** What a reader misses in an option: a sentence that says what it does, and an example that it accepts itself. */
export function missingIn(option: z.ZodType): string[] {
  const { description = '', examples = [] } = option.meta() ?? {};
  const values = examples as readonly unknown[];
  const missing: string[] = [];
  // Editors show it: they know no place that a link of a page leads to.
  if (!/^["`(A-Z].{4,}[.)]$/s.test(description) || description.includes(']('))
    missing.push(`a sentence: ${description}`);
  if (values.length === 0) missing.push('an example');
  const refused = values.filter((example) => !option.safeParse(example).success);
  return [...missing, ...refused.map((example) => `an example other than ${JSON.stringify(example)}`)];
}
