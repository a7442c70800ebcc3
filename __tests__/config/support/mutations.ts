import { z } from 'zod';
import { pathText } from '../../../lib/config/path.js';
import * as namespaces from './schemas.js';
import { backendSchema, endpointSchema, rootSchema } from './schemas.js';

type Plain = Record<string, unknown>;
type Step = string | number;

/** One wrong configuration, and where its fault is. */
export interface Mutation {
  readonly level: string;
  readonly field: string;
  /** What was done to the field. */
  readonly change: string;
  readonly input: Plain;
  readonly path: string;
  /** Changes a configuration in the same way, so that faults can be combined. */
  apply(input: Plain): void;
}

/** A sound configuration, new each time. */
export function soundConfig(): Plain {
  return {
    version: 3,
    host: ['http://api.internal'],
    timeout: '2s',
    endpoints: [{ endpoint: '/users/{id}', backend: [{ url_pattern: '/u/{id}' }, { url_pattern: '/o/{id}' }] }],
  };
}

interface Level {
  readonly name: string;
  readonly schema: z.ZodObject;
  readonly at: readonly Step[];
}

const ENDPOINT: readonly Step[] = ['endpoints', 0];
const BACKEND: readonly Step[] = [...ENDPOINT, 'backend', 0];

const LEVELS: readonly Level[] = [
  { name: 'root', schema: rootSchema, at: [] },
  { name: 'endpoint', schema: endpointSchema, at: ENDPOINT },
  { name: 'backend', schema: backendSchema, at: BACKEND },
  { name: 'router', schema: namespaces.routerSchema, at: ['extra_config', 'router'] },
  { name: 'proxy (endpoint)', schema: namespaces.endpointProxySchema, at: [...ENDPOINT, 'extra_config', 'proxy'] },
  { name: 'proxy (backend)', schema: namespaces.backendProxySchema, at: [...BACKEND, 'extra_config', 'proxy'] },
  { name: 'backend/http', schema: namespaces.httpSchema, at: [...BACKEND, 'extra_config', 'backend/http'] },
  {
    name: 'backend/http/client',
    schema: namespaces.httpClientSchema,
    at: [...BACKEND, 'extra_config', 'backend/http/client'],
  },
];

/** Sets a value deep inside; containers on the way are made when they are missing. */
function setAt(input: Plain, path: readonly Step[], value: unknown): void {
  let node: Record<Step, unknown> = input;
  path.slice(0, -1).forEach((step, index) => {
    node[step] ??= typeof path[index + 1] === 'number' ? [] : {};
    node = node[step] as Record<Step, unknown>;
  });
  node[path.at(-1)!] = value;
}

function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return bare(schema.unwrap());
  if (schema instanceof z.ZodPipe) return bare(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return schema;
}

interface Field {
  readonly level: string;
  readonly path: readonly Step[];
  readonly example: unknown;
  /** Puts in place what the field needs around it. */
  prepare(input: Plain): void;
}

/** Objects inside a level, with an example that is complete. */
const COMPLETE: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['output_headers', [{ name: 'X-A', keep: 'first' }]],
  ['retry', { attempts: 1 }],
  ['ejection', { min_samples: 5 }],
]);

function fieldsOf({ name, schema, at }: Level, prepare: Field['prepare'] = () => {}): Field[] {
  return Object.entries(schema.shape).flatMap(([key, option]): Field[] => {
    const { examples } = (option as z.ZodType).meta() ?? {};
    const [example] = examples as unknown[];
    const path = [...at, key];
    const own: Field = { level: name, path, example, prepare };
    const inside = bare(option);
    const isList = inside instanceof z.ZodArray;
    const inner = isList ? bare(inside.element) : inside;
    if (!(inner instanceof z.ZodObject)) return [own];
    const complete = COMPLETE.get(key) ?? example;
    const below = fieldsOf({ name: `${name} ${key}`, schema: inner, at: isList ? [...path, 0] : path }, (input) => {
      prepare(input);
      setAt(input, path, structuredClone(complete));
    });
    return [own, ...below];
  });
}

const FIELDS: readonly Field[] = LEVELS.flatMap((level) => fieldsOf(level));

/** Where zero is a value with a written meaning. */
const ZERO =
  /(?:^|\.)(?:port|max_header_bytes|max_idle_connections|max_idle_connections_per_host|concurrent_calls|max_multipart_memory)$/;
const ZERO_DURATION =
  /(?:^|\.)(?:timeout|connect_timeout|shadow_timeout|dns_cache_ttl|cache_ttl|backoff|idle_connection_timeout|connection_rest|dialer_\w+|response_header_timeout|read_timeout|read_header_timeout|write_timeout|idle_timeout|max_shutdown_wait_time|expect_continue_timeout)$/;
/** What takes any JSON. */
const FREE = /(?:^|\.)(?:error_body\["40\d"\]|data|tls|plugin|extra_config)$/;
const IS_DURATION = /^\d+(?:ms|s|m)$/;

const NUMBERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  0.5,
  1.5,
  2 ** 53,
  '5',
  '',
  '10 mb',
  null,
  true,
  [],
  {},
];
const DURATIONS = [
  5,
  Number.NaN,
  '5',
  '',
  ' ',
  '-1s',
  '1 s',
  '1d',
  's',
  '1e3s',
  'Infinitys',
  '1S',
  null,
  true,
  [],
  {},
  '9999999h',
];
const BOOLEANS = ['true', 'false', '', 0, 1, null, [], {}];
const STRINGS = [5, 0, Number.NaN, null, true, [], {}];
const LISTS = ['x', '', 5, null, true, {}];
const OBJECTS = ['x', '', 5, null, true, []];

function wrongValues(place: string, { example }: Field): readonly unknown[] {
  if (typeof example === 'boolean') return BOOLEANS;
  if (typeof example === 'number') {
    if (place.endsWith('failure_ratio')) return [...NUMBERS.filter((value) => value !== 0.5), 0, 1.01];
    return ZERO.test(place) ? NUMBERS : [...NUMBERS, 0];
  }
  if (typeof example === 'string') {
    if (!IS_DURATION.test(example)) return STRINGS;
    return ZERO_DURATION.test(place) ? DURATIONS : [...DURATIONS, 0, '0s'];
  }
  return Array.isArray(example) ? LISTS : OBJECTS;
}

export function isLimit({ field }: Mutation): boolean {
  const { example } = FIELDS.find(({ path }) => pathText(path) === field)!;
  return typeof example === 'number' || (typeof example === 'string' && IS_DURATION.test(example));
}

function mutation(level: string, field: string, change: string, path: string, apply: Mutation['apply']): Mutation {
  const input = soundConfig();
  apply(input);
  return { level, field, change, input, path, apply };
}

/** Every field with every wrong value of its kind. */
export function wrongTypes(): Mutation[] {
  return FIELDS.flatMap((field) => {
    const place = pathText(field.path);
    if (/error_body\["40\d"\]$/.test(place)) return [];
    return wrongValues(place, field).map((value) =>
      mutation(field.level, place, `= ${typeof value === 'number' ? value : JSON.stringify(value)}`, place, (input) => {
        field.prepare(input);
        setAt(input, field.path, structuredClone(value));
      }),
    );
  });
}

/** Every list with an item of a wrong type. */
export function wrongItems(): Mutation[] {
  return FIELDS.filter(({ example, path }) => Array.isArray(example) && path.at(-1) !== 'async_agent').flatMap(
    (field) => {
      const items = typeof (field.example as unknown[])[0] === 'number' ? ['5', null, {}] : [5, null, true];
      return items.map((item) =>
        mutation(
          field.level,
          pathText(field.path),
          `[0] = ${JSON.stringify(item)}`,
          `${pathText(field.path)}[0]`,
          (input) => {
            field.prepare(input);
            setAt(input, field.path, [item]);
          },
        ),
      );
    },
  );
}

/** Every field under a name with one letter missing. */
export function typos(): Mutation[] {
  const known = new Set(FIELDS.map(({ path }) => pathText(path)));
  return FIELDS.flatMap((field) => {
    const name = String(field.path.at(-1));
    const wrong = name.slice(0, 1) + name.slice(2);
    const path = [...field.path.slice(0, -1), wrong];
    if (name.length < 4 || known.has(pathText(path)) || FREE.test(pathText(path))) return [];
    return mutation(field.level, pathText(field.path), `called ${wrong}`, pathText(path), (input) => {
      field.prepare(input);
      setAt(input, path, field.example);
    });
  });
}

/** Every field given once more, in camelCase. */
export function duplicates(): Mutation[] {
  return FIELDS.flatMap((field) => {
    const name = String(field.path.at(-1));
    const camel = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    if (camel === name) return [];
    return mutation(field.level, pathText(field.path), `and ${camel}`, pathText(field.path), (input) => {
      field.prepare(input);
      setAt(input, field.path, field.example);
      setAt(input, [...field.path.slice(0, -1), camel], field.example);
    });
  });
}

/** Every field with what is no JSON. */
export function noData(): Mutation[] {
  const values: readonly (readonly [string, () => unknown])[] = [
    ['a function', () => () => 1],
    ['a date', () => new Date(0)],
    ['a bigint', () => 1n],
  ];
  return FIELDS.flatMap((field) =>
    values.map(([change, make]) =>
      mutation(field.level, pathText(field.path), `= ${change}`, pathText(field.path), (input) => {
        field.prepare(input);
        setAt(input, field.path, make());
      }),
    ),
  );
}
