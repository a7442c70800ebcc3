// schema.json: JSON Schema 2020-12 of a whole configuration, in the names of both generations.
import { withoutHints } from './json-schema.mjs';

/** `extra_config` of a level. Namespaces that are not listed may be components of the app. */
function extraConfig(description, entries) {
  const properties = Object.fromEntries(
    entries.flatMap(({ names, ref }) => names.map((name) => [name, { $ref: `#/$defs/${ref}` }])),
  );
  return { description, type: 'object', properties };
}

export function writeSchema(core, levels, components, oldNames) {
  const objects = Object.fromEntries(core.map(({ name, json }) => [name, withOldNames(withoutHints(json), oldNames)]));
  const { GatewayConfig: root, EndpointInput: endpoint, BackendInput: backend, ...others } = objects;
  root.properties.endpoints = { ...root.properties.endpoints, items: { $ref: '#/$defs/endpoint' } };
  endpoint.properties.backend = { ...endpoint.properties.backend, items: { $ref: '#/$defs/backend' } };
  endpoint.required = [...(endpoint.required ?? []), 'backend'];
  const tls = { $ref: '#/$defs/ClientTlsInput' };
  root.properties.client_tls = tls;
  others.HttpClientInput.properties.client_tls = tls;
  const owners = { service: root, endpoint, backend };
  for (const { level, members } of levels) {
    const { properties } = owners[level];
    const own = members.map(({ names, input }) => ({ names, ref: input }));
    const others = components.filter((component) => component.levels.includes(level));
    properties.extra_config = extraConfig(properties.extra_config.description, [
      ...own,
      ...others.map(({ namespace, names }) => ({ names, ref: refOf(namespace) })),
    ]);
  }
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of express-tributary',
    ...root,
    $defs: {
      endpoint,
      backend,
      ...others,
      ...Object.fromEntries(components.map(({ namespace, json }) => [refOf(namespace), withoutHints(json)])),
    },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** What a namespace is called among the definitions: a slash would be a step of a path. */
function refOf(namespace) {
  return namespace.replaceAll('/', '.');
}

function withOldNames(json, oldNames) {
  const entries = Object.entries(json.properties).flatMap(([name, member]) => [
    [name, member],
    ...oldNames(name).map((old) => [old, { ...member, deprecated: true }]),
  ]);
  return { ...json, properties: Object.fromEntries(entries) };
}
