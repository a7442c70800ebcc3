import { describe, expect, test } from 'vitest';
import { builtInComponents } from '../../lib/components/index.js';
import { unsupportedNamespaces } from '../../lib/components/namespaces.js';
import { ConfigError, type GatewayConfig, type Logger } from '../../lib/index.js';
import { createTestGateway } from '../../lib/testing/index.js';
import { integration } from './support/integration.js';

function load(config: unknown): { warnings: string[] } {
  const warnings: string[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (fields) => warnings.push((fields as { at: string }).at),
    error() {},
  };
  createTestGateway(config as GatewayConfig, { backends: {}, logger });
  return { warnings };
}

function faultsOf(config: unknown): readonly { path: string; message: string }[] {
  try {
    load(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

/** The same without the namespaces that are not built. */
function withoutUnsupported(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUnsupported);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => BUILT.has(key) || !unsupportedNamespaces.get(key)?.isError);
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutUnsupported(member)]));
}

const BUILT: ReadonlySet<string> = new Set(builtInComponents.map(({ namespace }) => namespace));

describe('a file of the shape of integration tests', () => {
  test('has no fault but namespaces that are not built', () => {
    const others = faultsOf(integration).filter(({ message }) => !/^"[^"]+" is not supported/.test(message));
    expect(others).toEqual([]);
    expect(faultsOf(withoutUnsupported(integration))).toEqual([]);
  });

  test('is warned of what does nothing, one line for each kind', () => {
    const { warnings } = load(withoutUnsupported(integration));
    expect(warnings.sort()).toEqual([
      'endpoints[10].extra_config.proxy.sequential_propagated_params[1]',
      'endpoints[11].extra_config.proxy.sequential_propagated_params[0]',
      'endpoints[20].cache_ttl',
      'endpoints[20].extra_config["documentation/openapi"]',
      'endpoints[3].backend[0].extra_config.proxy.flatmap_filter',
      'endpoints[3].backend[0].extra_config["backend/http"].return_error_code',
      'endpoints[3].backend[0].group, endpoints[4].backend[0].group',
      'endpoints[3].backend[0].is_collection',
      'endpoints[3].backend[0].mapping',
      'endpoints[3].backend[0].target',
      'endpoints[3].extra_config.proxy.sequential',
      'endpoints[3].extra_config.proxy.static',
      'endpoints[4].backend[0].extra_config["backend/http"].return_error_details',
      'extra_config.router.logger_skip_paths',
      'extra_config["telemetry/logging"]',
      'extra_config["telemetry/metrics"]',
      'max_idle_connections',
      'port',
      'read_timeout',
    ]);
  });
});
