// Everything that is written from the schemas of the options: types, JSON Schema, tables.
import { describeOptions } from './json-schema.mjs';
import { writeSchema } from './schema-file.mjs';
import { fillTables, tableOf } from './tables.mjs';
import { writeComponentTypes, writeCoreTypes } from './typescript.mjs';

export { loadLibrary } from './library.mjs';
export { readPages } from './pages.mjs';

const HOOKS = {
  service: ['policy', 'service'],
  endpoint: ['policy', 'admit', 'endpoint'],
  backend: ['client', 'backend', 'transport'],
};

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

const PROXY = ['github.com/devopsfaith/krakend/proxy', 'github_com/devopsfaith/krakend/proxy'];
const HTTP = ['github.com/devopsfaith/krakend/http', 'github_com/devopsfaith/krakend/http'];
const NAMESPACES = {
  service: {
    type: 'ServiceExtra',
    text: '`extra_config` of the root.',
    members: [{ namespace: 'router', input: 'RouterInput', old: [] }],
  },
  endpoint: {
    type: 'EndpointExtra',
    text: '`extra_config` of an endpoint.',
    members: [{ namespace: 'proxy', input: 'EndpointProxyInput', old: PROXY }],
  },
  backend: {
    type: 'BackendExtra',
    text: '`extra_config` of a backend.',
    members: [
      { namespace: 'proxy', input: 'BackendProxyInput', old: PROXY },
      { namespace: 'backend/http', input: 'HttpInput', old: HTTP },
      { namespace: 'backend/http/client', input: 'HttpClientInput', old: [] },
    ],
  },
};

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
    aliases: component.aliases ?? [],
    levels: Object.keys(HOOKS).filter((level) => HOOKS[level].some((hook) => component[hook])),
    json: describe(component.schema),
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
    'lib/config/input.ts': writeCoreTypes(core, NAMESPACES, oldNames),
    'lib/components/extra-config.ts': writeComponentTypes(components),
    'docs/schema.json': writeSchema(core, components, oldNames),
    ...Object.fromEntries(docs),
  };
}
