import type { z } from 'zod';
import { createPlain } from './copy.js';
import { namespaceName, renamedEntries } from './dialect.js';
import { backendSchema, type RawBackend } from './options/backend.js';
import { endpointSchema, type RawEndpoint } from './options/endpoint.js';
import { httpClientSchema, httpSchema } from './options/http.js';
import { backendProxySchema, endpointProxySchema } from './options/proxy.js';
import { type RawRoot, rootSchema } from './options/root.js';
import { routerSchema } from './options/router.js';
import type { Path } from './path.js';
import { readValue } from './read-value.js';
import type { Report } from './report.js';
import type { ResolvedComponent } from './resolved.js';
import type { Vocabulary } from './vocabulary.js';

type Scope = 'service' | 'endpoint' | 'backend';

/** The namespaces of the core, by scope; all others are components. */
const CORE = {
  service: { router: routerSchema },
  endpoint: { proxy: endpointProxySchema },
  backend: { proxy: backendProxySchema, 'backend/http': httpSchema, 'backend/http/client': httpClientSchema },
} as const;

const CORE_NAMES: ReadonlySet<string> = new Set(Object.values(CORE).flatMap((schemas) => Object.keys(schemas)));

/** The core namespaces of a scope, each with its defaults where it is not given. */
export type CoreNamespaces<S extends Scope> = {
  readonly [N in keyof (typeof CORE)[S]]: z.output<Extract<(typeof CORE)[S][N], z.ZodType>>;
};

export interface ReadBackend {
  readonly path: Path;
  readonly raw: RawBackend;
  readonly core: CoreNamespaces<'backend'>;
  readonly components: readonly ResolvedComponent[];
}

export interface ReadEndpoint {
  readonly path: Path;
  readonly raw: RawEndpoint;
  readonly core: CoreNamespaces<'endpoint'>;
  readonly components: readonly ResolvedComponent[];
  readonly backends: readonly ReadBackend[];
}

export interface ReadRoot {
  readonly raw: RawRoot;
  readonly core: CoreNamespaces<'service'>;
  readonly components: readonly ResolvedComponent[];
  readonly endpoints: readonly ReadEndpoint[];
}

/** Reads every object of the configuration with its schema. Faults are reported; what is faulty takes its default. */
export function readConfig(value: unknown, vocabulary: Vocabulary, report: Report): ReadRoot {
  const raw = readObject(rootSchema, value, [], report, {});
  return {
    raw,
    ...readExtra('service', raw.extra_config, [], vocabulary, report),
    endpoints: raw.endpoints.map((endpoint, index) => readEndpoint(endpoint, ['endpoints', index], vocabulary, report)),
  };
}

function readEndpoint(value: unknown, path: Path, vocabulary: Vocabulary, report: Report): ReadEndpoint {
  const raw = readObject(endpointSchema, value, path, report, { endpoint: '/' });
  return {
    path,
    raw,
    ...readExtra('endpoint', raw.extra_config, path, vocabulary, report),
    backends: (raw.backend ?? []).map((backend, index) =>
      readBackend(backend, [...path, 'backend', index], vocabulary, report),
    ),
  };
}

function readBackend(value: unknown, path: Path, vocabulary: Vocabulary, report: Report): ReadBackend {
  const raw = readObject(backendSchema, value, path, report, {});
  return { path, raw, ...readExtra('backend', raw.extra_config, path, vocabulary, report) };
}

/** One object; where nothing of it can be used, `fallback`, which must satisfy the schema. */
function readObject<S extends z.ZodObject>(
  schema: S,
  value: unknown,
  path: Path,
  report: Report,
  fallback: Readonly<Record<string, unknown>>,
): z.output<S> {
  return readValue(schema, value, path, report, fallback) ?? schema.parse(fallback);
}

interface Extra<S extends Scope> {
  readonly core: CoreNamespaces<S>;
  readonly components: readonly ResolvedComponent[];
}

function readExtra<S extends Scope>(
  scope: S,
  value: Readonly<Record<string, unknown>> = {},
  owner: Path,
  vocabulary: Vocabulary,
  report: Report,
): Extra<S> {
  const path = [...owner, 'extra_config'];
  const schemas: Readonly<Record<string, z.ZodObject>> = CORE[scope];
  const core = createPlain();
  const components: ResolvedComponent[] = [];
  const placeOf = new Map<unknown, string>();

  for (const [name, member] of renamedEntries(value, namespaceName, path, report)) {
    const place = [...path, name];
    const at = report.text(place);
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (schema !== undefined) {
      core[name] = readObject(schema, member, place, report, {});
    } else if (CORE_NAMES.has(name)) {
      report.add(place, `has no meaning here; move it to ${homesOf(name)}.`);
    } else {
      const resolved = vocabulary.resolve(scope, name, member, at, report.take);
      if (resolved === undefined) continue;
      const other = placeOf.get(resolved.component);
      if (other !== undefined)
        report.add(place, `is another name of ${other}, which is given as well; keep one of them.`);
      placeOf.set(resolved.component, at);
      components.push(resolved);
    }
  }
  for (const [name, schema] of Object.entries(schemas)) core[name] ??= schema.parse({});
  // The loop above fills in every name of the scope with the output of its own schema.
  return { core: core as CoreNamespaces<S>, components: components.sort((one, other) => one.rank - other.rank) };
}

const HOMES: Readonly<Record<Scope, string>> = { service: 'the root', endpoint: 'an endpoint', backend: 'a backend' };

function homesOf(name: string): string {
  const scopes = (Object.keys(CORE) as Scope[]).filter((scope) => Object.hasOwn(CORE[scope], name));
  return scopes.map((scope) => HOMES[scope]).join(' or ');
}
