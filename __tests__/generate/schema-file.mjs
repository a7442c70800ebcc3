// schema.json: JSON Schema 2020-12 of a whole configuration, in the names of both generations.
import { withoutHints } from './json-schema.mjs';

/** Every spelling of a namespace of 1.3. */
function spellings(names) {
  return names.flatMap((name) =>
    name.startsWith('github.com/') ? [name, name.replace('github.com', 'github_com')] : [name],
  );
}

/** `extra_config` of a level. Namespaces that are not listed may be components of the app. */
function extraConfig(description, entries) {
  const properties = Object.fromEntries(
    entries.flatMap(({ names, ref }) => spellings(names).map((name) => [name, { $ref: `#/$defs/${ref}` }])),
  );
  return { description, type: 'object', properties };
}

const LONG = {
  proxy: ['github.com/devopsfaith/krakend/proxy', 'github.com/luraproject/lura/proxy'],
  http: ['github.com/devopsfaith/krakend/http', 'github.com/luraproject/lura/http'],
  router: ['github.com/luraproject/lura/router/gin'],
};

export function writeSchema(core, components, oldNames) {
  const objects = Object.fromEntries(core.map(({ name, json }) => [name, withOldNames(withoutHints(json), oldNames)]));
  const { GatewayConfig: root, EndpointInput: endpoint, BackendInput: backend, ...others } = objects;
  const at = (level) =>
    components
      .filter(({ levels }) => levels.includes(level))
      .map(({ namespace, aliases }) => ({ names: [namespace, ...aliases], ref: namespace.replaceAll('/', '.') }));

  root.properties.endpoints = { ...root.properties.endpoints, items: { $ref: '#/$defs/endpoint' } };
  endpoint.properties.backend = { ...endpoint.properties.backend, items: { $ref: '#/$defs/backend' } };
  endpoint.required = [...(endpoint.required ?? []), 'backend'];
  const tls = { $ref: '#/$defs/ClientTlsInput' };
  root.properties.client_tls = tls;
  others.HttpClientInput.properties.client_tls = tls;
  root.properties.extra_config = extraConfig(root.properties.extra_config.description, [
    { names: ['router', ...LONG.router], ref: 'RouterInput' },
    ...at('service'),
  ]);
  endpoint.properties.extra_config = extraConfig(endpoint.properties.extra_config.description, [
    { names: ['proxy', ...LONG.proxy], ref: 'EndpointProxyInput' },
    ...at('endpoint'),
  ]);
  backend.properties.extra_config = extraConfig(backend.properties.extra_config.description, [
    { names: ['proxy', ...LONG.proxy], ref: 'BackendProxyInput' },
    { names: ['backend/http', ...LONG.http], ref: 'HttpInput' },
    { names: ['backend/http/client'], ref: 'HttpClientInput' },
    ...at('backend'),
  ]);
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of express-tributary',
    ...root,
    $defs: {
      endpoint,
      backend,
      ...others,
      ...Object.fromEntries(
        components.map(({ namespace, json }) => [namespace.replaceAll('/', '.'), withoutHints(json)]),
      ),
    },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function withOldNames(json, oldNames) {
  const entries = Object.entries(json.properties).flatMap(([name, member]) => [
    [name, member],
    ...oldNames(name).map((old) => [old, { ...member, deprecated: true }]),
  ]);
  return { ...json, properties: Object.fromEntries(entries) };
}
