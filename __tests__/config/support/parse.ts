import type { Vocabulary } from '../../../lib/config/parse.js';
import { parseConfig } from '../../../lib/config/parse.js';
import type { BackendConfig, Config, EndpointConfig } from '../../../lib/config/resolved.js';
import { ConfigError, type ConfigIssue } from '../../../lib/errors.js';

export interface Told {
  readonly at: string;
  readonly message: string;
}

/** A vocabulary that takes every component as it is. */
export function createVocabulary(changes: Partial<Vocabulary> = {}): Vocabulary & { readonly warnings: Told[] } {
  const warnings: Told[] = [];
  return {
    decoders: new Set(['json', 'safejson', 'string', 'xml']),
    encoders: new Set(['json', 'json-collection', 'negotiate', 'string', 'xml']),
    passthrough: new Set(['no-op']),
    faultOf: () => undefined,
    combiners: new Set(['deep', 'shallow', 'concat']),
    subscribers: new Set(['static', 'dns', 'consul']),
    balancers: new Set(['round_robin', 'random']),
    hasOwnTransport: false,
    resolve: (scope, namespace, value) => ({
      component: `${scope} ${namespace}`,
      config: value,
      rank: 0,
      ...(/pubsub|amqp|lambda/.test(namespace) && { replacesWire: true }),
      ...(/validator/.test(namespace) && { addsParams: true }),
    }),
    warn(at, message) {
      warnings.push({ at, message });
    },
    warnings,
    ...changes,
  };
}

export function parse(input: unknown, changes: Partial<Vocabulary> = {}): Config {
  return parseConfig(input, createVocabulary(changes));
}

/** The faults of a configuration; none when it is accepted. */
export function issuesOf(input: unknown, changes: Partial<Vocabulary> = {}): readonly ConfigIssue[] {
  try {
    parse(input, changes);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

export function pathsOf(input: unknown, changes: Partial<Vocabulary> = {}): string[] {
  return issuesOf(input, changes).map(({ path }) => path);
}

export function warningsOf(input: unknown): readonly Told[] {
  const vocabulary = createVocabulary();
  parseConfig(input, vocabulary);
  return vocabulary.warnings;
}

/** A configuration around one endpoint. */
export function withEndpoint(endpoint: object, root: object = {}): object {
  return {
    host: ['http://api.internal'],
    ...root,
    endpoints: [{ endpoint: '/', backend: [{}], ...endpoint }],
  };
}

/** A configuration around backends of one endpoint. */
export function withBackends(backends: readonly unknown[], endpoint: object = {}, root: object = {}): object {
  return withEndpoint({ ...endpoint, backend: backends }, root);
}

export function parseEndpoint(endpoint: object, root: object = {}): EndpointConfig {
  return parse(withEndpoint(endpoint, root)).endpoints[0]!;
}

export function parseBackend(backend: object, endpoint: object = {}, root: object = {}): BackendConfig {
  return parse(withBackends([backend], endpoint, root)).endpoints[0]!.backend[0]!;
}
