import { expect, test } from 'vitest';
import { builtInComponents } from '../../lib/components/index.js';
import { unsupportedNamespaces } from '../../lib/components/namespaces.js';
import { createTestGateway } from '../../lib/testing/index.js';

/** Switched off, these would leave something open that the author meant to close. */
const PROTECTION = /^(?:auth|validation|security|qos|modifier|backend)\//;
const built = new Set<string>(builtInComponents.flatMap(({ namespace, aliases = [] }) => [namespace, ...aliases]));
const missing = [...unsupportedNamespaces].filter(([name]) => !built.has(name));

test('G01 protection that is not built is an error, wherever it is asked for', () => {
  const names = missing.map(([name]) => name).filter((name) => PROTECTION.test(name));
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    expect(unsupportedNamespaces.get(name)?.isError, name).toBe(true);
    const extra_config = { [name]: {} };
    const config = { endpoints: [{ endpoint: '/x', extra_config, backend: [{ host: ['http://a'] }] }] };
    expect(() => createTestGateway(config, { backends: {} }), name).toThrow(name);
  }
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
