// Everything that is written from the schemas of the options: types, JSON Schema, tables.
import { describeOptions } from './json-schema.mjs';
import { writeSchema } from './schema-file.mjs';
import { fillTables, tableOf } from './tables.mjs';
import { writeComponentTypes, writeCoreTypes } from './typescript.mjs';

export { loadLibrary } from './library.mjs';
export { readPages } from './pages.mjs';

/** Objects of the core: the name of their table, of their type, and what it says of them. */
const CORE = [
  { table: 'router', name: 'RouterInput', schema: 'routerSchema', text: 'The `router` namespace of the root.' },
  {
    table: 'endpoint-proxy',
    name: 'EndpointProxyInput',
    schema: 'endpointProxySchema',
    text: 'The `proxy` namespace of an endpoint.',
  },
  {
    table: 'backend-proxy',
    name: 'BackendProxyInput',
    schema: 'backendProxySchema',
    text: 'The `proxy` namespace of a backend.',
  },
  {
    table: 'backend/http',
    name: 'HttpInput',
    schema: 'httpSchema',
    text: 'The `backend/http` namespace of a backend.',
  },
  {
    table: 'backend/http/client',
    name: 'HttpClientInput',
    schema: 'httpClientSchema',
    text: 'The `backend/http/client` namespace of a backend.',
  },
  { table: 'client_tls', name: 'ClientTlsInput', schema: 'clientTlsSchema', text: 'TLS towards backends.' },
  {
    table: 'backend',
    name: 'BackendInput',
    schema: 'backendSchema',
    text: 'One backend of an endpoint.',
    isGeneric: true,
  },
  { table: 'endpoint', name: 'EndpointInput', schema: 'endpointSchema', text: 'One route.', isGeneric: true },
  {
    table: 'root',
    name: 'GatewayConfig',
    schema: 'rootSchema',
    text: "A gateway's configuration: KrakenD's, 1.3 or 2.x. `Extra` types the `extra_config` of each level; left out, any namespace is accepted by the compiler and checked at start.",
    isGeneric: true,
  },
];

/** The namespaces of the core, level by level. */
const NAMESPACES = {
  service: { text: '`extra_config` of the root.', members: { router: 'RouterInput' } },
  endpoint: { text: '`extra_config` of an endpoint.', members: { proxy: 'EndpointProxyInput' } },
  backend: {
    text: '`extra_config` of a backend.',
    members: { proxy: 'BackendProxyInput', 'backend/http': 'HttpInput', 'backend/http/client': 'HttpClientInput' },
  },
};

/** A namespace and every other way to write it: a long name of 1.3 has two spellings. */
function namesOf(namespace, longNames) {
  return [namespace, ...longNames.flatMap((name) => [name, name.replace(/^github\.com/, 'github_com')])];
}

/**
 * @param library the schemas of the core by name, the components, and what the generators need of lib
 * @param {Record<string, string>} pages the pages of docs by path
 * @returns {Record<string, string>} files by path
 */
export function generate(library, pages) {
  const describe = (schema) => describeOptions(schema, library.showDuration);
  const oldNames = (name) => library.withOldNames([name]).slice(1);
  const core = CORE.map((object) => ({ ...object, json: describe(library.schemas[object.schema]) }));
  const components = library.components.map((component) => ({
    namespace: component.namespace,
    names: namesOf(component.namespace, component.aliases ?? []),
    levels: Object.keys(library.HOOKS).filter((level) => library.HOOKS[level].some((hook) => component[hook])),
    json: describe(component.schema),
  }));

  const levels = Object.entries(NAMESPACES).map(([level, { text, members }]) => ({
    level,
    text,
    members: Object.entries(members).map(([namespace, input]) => {
      return { namespace, input, names: namesOf(namespace, library.longNamesOf(namespace)) };
    }),
  }));
  const clientKeys = Object.keys(library.schemas.clientShape);
  const root = core.find(({ table }) => table === 'root').json;
  const backend = core.find(({ table }) => table === 'backend').json;
  const tables = new Map([
    ...core.map(({ table, json }) => [table, () => tableOf(json)]),
    ...components.map(({ namespace, json }) => [namespace, () => tableOf(json)]),
    ['root', () => tableOf(root, { without: clientKeys })],
    ['client', () => tableOf(root, { only: clientKeys })],
    ['retry-and-ejection', () => tableOf(backend, { only: ['retry', 'ejection'], inner: true })],
  ]);
  const docs = Object.entries(pages).map(([path, page]) => [path, fillTables(page, (name) => tables.get(name)?.())]);
  return {
    'lib/config/input.ts': writeCoreTypes(core, levels, oldNames),
    'lib/components/extra-config.ts': writeComponentTypes(components),
    'docs/schema.json': writeSchema(core, levels, components, oldNames),
    ...Object.fromEntries(docs),
  };
}
