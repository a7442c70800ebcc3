import { describe, expect, test } from 'vitest';
import type { Component } from '../../lib/components/component.js';
import { builtInComponents } from '../../lib/components/index.js';
import { unsupportedNamespaces } from '../../lib/components/namespaces.js';
import { ConfigError } from '../../lib/errors.js';
import type { GatewayConfig } from '../../lib/gateway.js';
import { createTestGateway } from '../../lib/testing/index.js';

/** Switched off, these would leave something open that the author meant to close. */
const PROTECTION = /^(?:auth|validation|security|qos|modifier|backend|plugin|governance)\//;
const built = new Set<string>(builtInComponents.flatMap(({ namespace, aliases = [] }) => [namespace, ...aliases]));
const missing = [...unsupportedNamespaces].filter(([name]) => !built.has(name));

const LEVELS = ['service', 'endpoint', 'backend'] as const;

/** A configuration that is sound but for one namespace, at one level. */
function withNamespace(name: string, level: (typeof LEVELS)[number], value: unknown): GatewayConfig {
  const extra_config = { [name]: value };
  const backend = { host: ['http://a'], ...(level === 'backend' && { extra_config }) };
  const endpoint = { endpoint: '/x', backend: [backend], ...(level === 'endpoint' && { extra_config }) };
  return { endpoints: [endpoint], ...(level === 'service' && { extra_config }) };
}

function refusalOf(config: GatewayConfig): ConfigError {
  try {
    createTestGateway(config, { backends: {} });
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error(`was accepted: ${JSON.stringify(config)}`);
}

/** Of the free edition, of 1.3, of the edition that is paid for, and what is written wrong. */
const GUARDS = [
  ...missing.map(([name]) => name).filter((name) => PROTECTION.test(name)),
  'plugin/http-server',
  'github_com/devopsfaith/krakend/transport/http/server/handler',
  'github.com/devopsfaith/krakend/transport/http/server/handler',
  'github_com/luraproject/lura/transport/http/server/handler',
  'github_com/devopsfaith/krakend/transport/http/client/executor',
  'github.com/devopsfaith/krakend/proxy/plugin',
  'github_com/devopsfaith/krakend-jose/validator',
  'github_com/devopsfaith/bloomfilter',
  'auth/api-keys',
  'auth/basic',
  'auth/validtor',
  'security/policies',
  'security/anything-new',
  'qos/ratelimit/tiered',
  'qos/ratelimit/anything-new',
  'validation/response-json-schema',
  'plugin/middleware',
  'plugin/anything-new',
];

describe.each(LEVELS)('G01 at %s level', (level) => {
  test.each(GUARDS)('%s is refused where it is not built, whatever its value', (name) => {
    for (const value of [{}, { name: ['ip-filter'] }, null, false]) {
      const { issues } = refusalOf(withNamespace(name, level, value));
      expect(issues).toHaveLength(1);
      expect(issues[0]?.path).toContain(name);
    }
  });

  test('a guard that is built, but not for this level, is refused', () => {
    for (const { namespace, ...hooks } of builtInComponents as readonly Component[]) {
      const has = {
        service: hooks.policy ?? hooks.service,
        endpoint: hooks.policy ?? hooks.admit ?? hooks.endpoint,
        backend: hooks.client ?? hooks.backend ?? hooks.transport,
      };
      if (/^(?:qos|security)\//.test(namespace) && !has[level]) {
        expect(refusalOf(withNamespace(namespace, level, {})).message).toContain('cannot stand at');
      }
    }
  });
});

test('a plug-in of the server says where its work goes', () => {
  expect(refusalOf(withNamespace('plugin/http-server', 'service', { name: ['ip-filter'] })).issues).toEqual([
    {
      path: 'extra_config["plugin/http-server"]',
      message: expect.stringContaining('do their work in a middleware of the host app in front of the gateway'),
    },
  ]);
});

test('what only watches is a warning', () => {
  for (const [name, { isError }] of missing) {
    if (/^(?:telemetry|documentation)\//.test(name)) expect(isError, name).toBe(false);
  }
});

test('every advice is the end of a sentence that begins with the name', () => {
  for (const { advice } of unsupportedNamespaces.values()) expect(advice).toMatch(/^(?:is|has) .*[^.]$/);
});

test('every name of 1.3 has one way to write it, the other is understood', () => {
  for (const name of unsupportedNamespaces.keys()) expect(name).not.toMatch(/^github_com/);
});
