// The options of one object as JSON Schema: what zod makes of it, with what the fields say for editors and tables beside it.
import { z } from 'zod';

/** What fields say beside JSON Schema: see lib/config/fields.ts. */
const HINTS = ['label', 'ts', 'json', 'more', 'shownDefault', 'isIdle', 'isRequired', 'isOrName', 'orEmpty'];

/** Comments stand in every object that the gateway reads. */
const COMMENTS = { '^[@$#_]': {} };

/**
 * @param {import('zod').ZodType} schema
 * @param {(milliseconds: number) => string} showDuration
 * @returns JSON Schema of what may be written, hints included
 */
export function describeOptions(schema, showDuration) {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema: json }) {
      // zod leaves both out where a transform follows; here they are written as the input is.
      const { examples, default: said } = zodSchema.meta?.() ?? {};
      if (examples) json.examples = examples;
      const standard = defaultOf(zodSchema) ?? said;
      if (standard !== undefined) json.default = standard;
      if (json.json !== undefined) {
        if (json.json.anyOf) {
          delete json.type;
          delete json.pattern;
        }
        Object.assign(json, json.json);
        delete json.json;
      }
      if (json.label === 'duration' && typeof json.default === 'number') json.default = showDuration(json.default);
      if (json.isOrName) {
        const { isOrName: __, ...object } = { ...json };
        for (const key of Object.keys(json)) if (!['description', 'examples'].includes(key)) delete json[key];
        json.anyOf = [{ type: 'string', minLength: 1 }, object];
      }
      // Formats are no part of JSON Schema proper: strict validators want them installed.
      delete json.format;
      if (json.properties && json.additionalProperties === false) json.patternProperties = COMMENTS;
    },
  });
  return described;
}

/** The default inside of what is made of it. */
function defaultOf(schema) {
  if (schema instanceof z.ZodDefault) return schema.def.defaultValue;
  if (schema instanceof z.ZodOptional) return defaultOf(schema.unwrap());
  if (schema instanceof z.ZodPipe) return defaultOf(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return undefined;
}

/** The default as people read it; undefined where there is none. */
export function defaultText({ shownDefault, default: standard, label }) {
  if (shownDefault) return shownDefault === '–' ? undefined : shownDefault;
  if (standard === undefined || standard === '') return undefined;
  if (label === 'bytes') return sizeText(standard);
  return `\`${typeof standard === 'string' ? standard : valueText(standard)}\``;
}

function valueText(value) {
  return Array.isArray(value) ? `[${value.map(valueText).join(', ')}]` : JSON.stringify(value);
}

function sizeText(bytes) {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MiB`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10} KiB` : String(bytes);
}

/** Without the hints, which JSON Schema knows nothing of. */
export function withoutHints(json) {
  if (Array.isArray(json)) return json.map(withoutHints);
  if (typeof json !== 'object' || json === null) return json;
  const isProperties = (key) => key === 'properties' || key === 'patternProperties' || key === '$defs';
  const plain = {};
  for (const [key, value] of Object.entries(json)) {
    if (HINTS.includes(key)) continue;
    if (key === 'examples' || key === 'default' || key === 'enum' || key === 'const') plain[key] = value;
    else if (isProperties(key)) {
      plain[key] = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutHints(member)]));
    } else plain[key] = withoutHints(value);
  }
  return json.orEmpty ? orEmptyText(plain) : plain;
}

/** An empty string means the default, as in KrakenD. */
function orEmptyText({ description, examples, default: standard, ...rest }) {
  const outer = {
    ...(description && { description }),
    ...(standard !== undefined && { default: standard }),
    ...(examples && { examples }),
  };
  return { ...outer, anyOf: [{ const: '' }, rest] };
}
